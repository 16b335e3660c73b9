/// The institutions of the city and who works there.
struct Network: Sendable {
    let institutions: [Institution]
    let practitioners: [Practitioner]
    /// For each street, the community centre that serves it.
    let centreOfStreet: [Int]
    /// For each community centre, its stations.
    let stationsOfCentre: [Int: [Int]]
    /// For each district, its hospital.
    let hospitalOfDistrict: [Int]
    /// Hospitals of the city, the general ones first.
    let generalHospitals: [Int]
    let maternityHospital: Int

    enum Kind: String, Sendable {
        case hospital, station, cdc, commission
        case communityCentre = "community-centre"

        var name: String {
            switch self {
            case .hospital: "医院"
            case .communityCentre: "社区卫生服务中心"
            case .station: "社区卫生服务站"
            case .cdc: "疾病预防控制中心"
            case .commission: "卫生健康委员会"
            }
        }
    }

    struct Institution: Sendable {
        let key: UInt64
        let id: ResourceID
        let kind: Kind
        let level: String
        let name: String
        let code: String
        /// nil for an institution of the whole city.
        let district: Int?
        let street: Int
        let parent: Int?
        /// `{"reference":"Organization/…","display":…}`
        let reference: [UInt8]
        /// Department → indices of its practitioners.
        var staff: [Int: [Int]]

        var isHospital: Bool { kind == .hospital }
    }

    struct Practitioner: Sendable {
        let id: ResourceID
        let key: UInt64
        let name: PersonName
        let sex: Sex
        let number: String
        let institution: Int
        /// nil for those who work in an office.
        let department: Int?
        let post: Post?
        let title: String
        /// `{"reference":"Practitioner/…","display":…}`
        let reference: [UInt8]
    }

    /// What somebody does in an office.
    enum Post: String, Sendable, CaseIterable {
        case epidemiologist, manager
        case systemOperator = "operator"

        var name: String {
            switch self {
            case .epidemiologist: "流行病学调查员"
            case .manager: "卫生管理人员"
            case .systemOperator: "信息系统运维人员"
            }
        }
    }

    /// A practitioner of a department; where the institution lacks it, one of its general practice.
    func practitioner(
        at institution: Int, department: Int, general: Int, _ random: inout SeededGenerator
    ) -> [UInt8] {
        let staff = institutions[institution].staff
        let here = staff[department] ?? staff[general] ?? []
        return here.isEmpty ? [] : practitioners[here[random.below(here.count)]].reference
    }
}

/// Builds the network of a city: more residents, more centres and stations, never fewer than a small real set.
struct NetworkBuilder {
    let places: Places
    let departments: Departments
    let names: Names
    let residents: Int
    let seed: UInt64

    private var institutions: [Network.Institution] = []
    private var practitioners: [Network.Practitioner] = []
    private var random: SeededGenerator

    init(places: Places, departments: Departments, names: Names, residents: Int, seed: UInt64) {
        self.places = places
        self.departments = departments
        self.names = names
        self.residents = residents
        self.seed = seed
        random = SeededGenerator(seed: seed, purpose: .institutions)
    }

    mutating func build() throws(CityError) -> Network {
        let bySize = places.districts.indices.sorted {
            (places.districts[$0].population, $1) > (places.districts[$1].population, $0)
        }
        let people = Double(places.districts.reduce(0) { $0 + $1.population })
        let commission = add(.commission, level: "市级", name: "\(places.cityName)卫生健康委员会", in: nil, parent: nil)
        _ = add(.cdc, level: "市级", name: "\(places.cityName)疾病预防控制中心", in: nil, parent: commission)

        // Hospitals of the city, in its largest districts.
        let city = places.cityName
        var tertiary = ["\(city)中心医院", "\(city)第二中心医院", "\(city)妇幼保健院", "\(city)中西医结合医院"]
        for number in stride(from: 60_000, through: min(residents, 240_000), by: 60_000) {
            tertiary.append("\(city)第\(["三", "四", "五", "六"][number / 60_000 - 1])中心医院")
        }
        var general: [Int] = []
        var maternity = 0
        let women = Set(["obstetrics", "gynaecology", "paediatrics", "prevention", "check", "emergency", "general"])
        for (number, name) in tertiary.enumerated() {
            let isMaternity = number == 2
            let wanted = departments.all.indices.filter {
                let department = departments[$0]
                return isMaternity ? women.contains(department.key) : department.inTertiary
            }
            let hospital = add(
                .hospital, level: "三级甲等", name: name, in: bySize[number % bySize.count], parent: commission,
                departments: wanted, staffEach: 3)
            if isMaternity { maternity = hospital } else { general.append(hospital) }
        }

        var hospitals: [Int] = []
        var centreOfStreet = [Int](repeating: 0, count: places.streets.count)
        var stationsOfCentre: [Int: [Int]] = [:]
        for (index, district) in places.districts.enumerated() {
            let office = add(
                .commission, level: "县级", name: "\(district.name)卫生健康局", in: index, parent: commission)
            _ = add(.cdc, level: "县级", name: "\(district.name)疾病预防控制中心", in: index, parent: office)
            hospitals.append(
                add(
                    .hospital, level: "二级甲等", name: "\(district.name)人民医院", in: index, parent: office,
                    departments: departments.all.indices.filter { departments[$0].inCounty }, staffEach: 2))
            let share = Double(residents) * Double(district.population) / people
            let wanted = min(max(2, Int(share / 700)), district.streets.count)
            let centres = try addCentres(wanted, in: index, parent: office)
            for (place, street) in district.streets.enumerated() { centreOfStreet[street] = centres[place % wanted] }
            for centre in centres { stationsOfCentre[centre] = try addStations(of: centre, in: index, people: share) }
        }
        addOffices()
        return Network(
            institutions: institutions, practitioners: practitioners, centreOfStreet: centreOfStreet,
            stationsOfCentre: stationsOfCentre, hospitalOfDistrict: hospitals, generalHospitals: general,
            maternityHospital: maternity)
    }

    private mutating func addCentres(_ count: Int, in district: Int, parent: Int) throws(CityError) -> [Int] {
        let wanted = try ["general", "prevention", "publichealth", "paediatrics", "obstetrics", "stomatology"].map {
            key throws(CityError) in try departments.index(key)
        }
        return places.districts[district].streets.prefix(count).map { street in
            let name = places.streets[street].name
            let short = ["街道", "镇", "乡"].first { name.hasSuffix($0) }
            let isRural = short == "镇" || short == "乡"
            return add(
                .communityCentre, level: "基层",
                name: isRural ? "\(name)卫生院" : "\(name)社区卫生服务中心", in: district, street: street, parent: parent,
                departments: wanted, staffEach: 2)
        }
    }

    private mutating func addStations(
        of centre: Int, in district: Int, people: Double
    ) throws(CityError) -> [Int] {
        let general = try departments.index("general")
        let count = people > 2_000 ? 3 : 1
        let street = institutions[centre].street
        let start = random.below(places.communities.count)
        return (0..<count).map { number in
            let community = places.communities[(start + number) % places.communities.count]
            return add(
                .station, level: "基层", name: "\(places.streets[street].name)\(community)社区卫生服务站", in: district,
                street: street, parent: centre, departments: [general], staffEach: 1)
        }
    }

    private mutating func add(
        _ kind: Network.Kind, level: String, name: String, in district: Int?, street: Int? = nil, parent: Int?,
        departments wanted: [Int] = [], staffEach: Int = 0
    ) -> Int {
        let index = institutions.count
        let key = CityModel.key(seed: seed, institution: index)
        let id = ResourceID(owner: key, serial: 0)
        let own = places.districts[district ?? 0]
        var staff: [Int: [Int]] = [:]
        for department in wanted {
            for _ in 0..<staffEach {
                staff[department, default: []].append(practitioners.count)
                addPractitioner(at: index, department: department)
            }
        }
        institutions.append(
            Network.Institution(
                key: key, id: id, kind: kind, level: level, name: name,
                code: code(kind, division: district == nil ? places.cityCode : own.code), district: district,
                street: street ?? own.streets[random.below(own.streets.count)], parent: parent,
                reference: NetworkBuilder.reference("Organization", id, display: name), staff: staff))
        return index
    }

    private mutating func addPractitioner(at institution: Int, department: Int) {
        let (sex, name) = somebody(&random)
        let titles = ["主任医师", "副主任医师", "主治医师", "主治医师", "医师"]
        append(sex, name, at: institution, department: department, title: titles[random.below(titles.count)])
    }

    /// The staff of centres for disease control and of health commissions. They come after all others and by numbers of
    /// their own, so that hospitals keep their people.
    private mutating func addOffices() {
        var random = SeededGenerator(seed: seed, purpose: .offices)
        for (index, institution) in institutions.enumerated() {
            let posts: [Network.Post] =
                switch institution.kind {
                case .cdc: [.epidemiologist, .epidemiologist]
                case .commission: [.manager, .systemOperator]
                default: []
                }
            for post in posts {
                let (sex, name) = somebody(&random)
                append(sex, name, at: index, post: post, title: post.name)
            }
        }
    }

    private func somebody(_ random: inout SeededGenerator) -> (Sex, PersonName) {
        let sex: Sex = random.percent(47) ? .male : .female
        return (
            sex,
            PersonName(
                family: names.surname(&random), given: names.given(sex, bornIn: random.within(1965...1996), &random))
        )
    }

    private mutating func append(
        _ sex: Sex, _ name: PersonName, at institution: Int, department: Int? = nil, post: Network.Post? = nil,
        title: String
    ) {
        let key = CityModel.key(seed: seed, practitioner: practitioners.count)
        let id = ResourceID(owner: key, serial: 0)
        practitioners.append(
            Network.Practitioner(
                id: id, key: key, name: name, sex: sex, number: "\(330_000_000 + practitioners.count)",
                institution: institution, department: department, post: post, title: title,
                reference: NetworkBuilder.reference("Practitioner", id, display: name.text)))
    }

    /// Twenty-two characters after WS 218-2002: organisation code, division, economic type, class, management class.
    private mutating func code(_ kind: Network.Kind, division: String) -> String {
        let weights = [3, 7, 9, 10, 5, 8, 4, 2]
        let digits = weights.map { _ in random.below(10) }
        let sum = zip(weights, digits).reduce(0) { $0 + $1.0 * $1.1 }
        let check = ["0", "X", "9", "8", "7", "6", "5", "4", "3", "2", "1"][sum % 11]
        let kindCode =
            switch kind {
            case .hospital: "A100"
            case .communityCentre: "B100"
            case .station: "B200"
            case .cdc: "J100"
            case .commission: "P900"
            }
        return digits.map(String.init).joined() + check + division + "11" + kindCode + "1"
    }

    static func reference(_ type: StaticString, _ id: ResourceID, display: String) -> [UInt8] {
        fragment { text in
            text.put(#"{"reference":""#)
            text.put(type)
            text.put("/")
            text.put(id)
            text.put(#"","display":"#)
            text.put(quoted: display)
            text.put("}")
        }
    }
}
