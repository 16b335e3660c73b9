/// The city, its districts and streets.
struct Places: Sendable {
    let cityID: String
    /// GB/T 2260 code of the city, as `330100`.
    let cityCode: String
    let cityName: String
    let province: String
    let areaCode: String
    let districts: [District]
    let streets: [Street]
    let communities: [String]
    /// Chooses a district by its population.
    let districtChoice: WeightedChoice

    struct District: Sendable {
        let code: String
        let name: String
        let population: Int
        /// Indices into `streets`.
        let streets: [Int]
        /// `"city":…,"district":…,"state":…,"country":"CN","extension":…` of an address.
        let addressTail: [UInt8]
    }

    struct Street: Sendable {
        /// Nine-digit code of the street or township.
        let code: String
        let name: String
        let district: Int
    }

    init(city: String) throws(CityError) {
        cityID = city
        let rows = try Table(named: "cities.tsv").rows
        var found: (code: String, name: String, province: String, area: String)?
        for row in rows where try row.text("id") == city {
            found = (try row.text("code"), try row.text("name"), try row.text("province"), try row.text("areacode"))
        }
        guard let found else { throw .unknownCity(city, known: CityResources.cities) }
        (cityCode, cityName, province, areaCode) = (found.code, found.name, found.province, found.area)
        var districts: [District] = []
        var streets: [Street] = []
        let streetRows = try Table(named: "streets.tsv").rows
        for entry in try CityResources.districts(city: city) {
            var own: [Int] = []
            for row in streetRows where try row.text("district") == entry.code {
                own.append(streets.count)
                streets.append(
                    Street(code: try row.text("code"), name: try row.text("name"), district: districts.count))
            }
            guard !own.isEmpty else { throw .resource("streets.tsv", reason: "no street in \(entry.code)") }
            districts.append(
                District(
                    code: entry.code, name: entry.name, population: entry.population, streets: own,
                    addressTail: Places.addressTail(
                        city: found.name, district: entry.name, province: found.province, code: entry.code)))
        }
        guard !districts.isEmpty else { throw .resource("districts.tsv", reason: "no district in \(city)") }
        self.districts = districts
        self.streets = streets
        var communities: [String] = []
        for row in try Table(named: "communities.tsv").rows { communities.append(try row.text("name")) }
        self.communities = communities
        districtChoice = WeightedChoice(districts.map { Double($0.population) })
    }

    static func addressTail(city: String, district: String, province: String, code: String) -> [UInt8] {
        fragment { text in
            text.put(#","city":"#)
            text.put(quoted: city)
            if !district.isEmpty {
                text.put(#","district":"#)
                text.put(quoted: district)
            }
            text.put(#","state":"#)
            text.put(quoted: province)
            text.put(#","country":"CN","extension":[{"url":"#)
            text.put(quoted: Codes.house + "/StructureDefinition/division")
            text.put(#","valueCode":"#)
            text.put(quoted: code)
            text.put("}]")
        }
    }
}

/// Where a household lives from a day on.
struct Home: Sendable {
    let from: CivilDay
    let street: Int
    /// As 桂花苑3幢2单元501室.
    let building: String

    init(from: CivilDay, in places: Places, avoiding street: Int? = nil, _ random: inout SeededGenerator) {
        self.from = from
        var chosen = Home.street(in: places, &random)
        // A move goes to another street.
        while chosen == street, places.streets.count > 1 { chosen = Home.street(in: places, &random) }
        self.street = chosen
        let community = places.communities[random.below(places.communities.count)]
        let floor = random.within(1...17)
        building =
            "\(community)\(random.within(1...28))幢\(random.within(1...4))单元\(floor)0\(random.within(1...4))室"
    }

    private static func street(in places: Places, _ random: inout SeededGenerator) -> Int {
        let district = places.districts[places.districtChoice.pick(&random)]
        return district.streets[random.below(district.streets.count)]
    }
}
