/// The departments of hospitals and of community centres.
struct Departments: Sendable {
    struct Department: Sendable {
        let key: String
        let name: String
        let inTertiary: Bool
        let inCounty: Bool
        /// `,"serviceType":…` in a hospital.
        let hospitalService: [UInt8]
        /// `,"serviceType":…` in a community centre.
        let communityService: [UInt8]
    }

    let all: [Department]
    private let indices: [String: Int]

    subscript(index: Int) -> Department { all[index] }

    func index(_ key: String) throws(CityError) -> Int {
        guard let index = indices[key] else { throw .resource("departments.tsv", reason: "no department \(key)") }
        return index
    }

    init() throws(CityError) {
        var all: [Department] = []
        var indices: [String: Int] = [:]
        for row in try Table(named: "departments.tsv").rows {
            let (key, name) = (try row.text("key"), try row.text("name"))
            let community = try row.text("community_name")
            func service(_ display: String) -> [UInt8] {
                fragment { $0.put(#","serviceType":"#) }
                    + Codes.concept(system: Codes.house + "/CodeSystem/department", code: key, display: display)
            }
            indices[key] = all.count
            all.append(
                Department(
                    key: key, name: name, inTertiary: try row.integer("tertiary") == 1,
                    inCounty: try row.integer("county") == 1, hospitalService: service(name),
                    communityService: service(community)))
        }
        self.all = all
        self.indices = indices
    }
}
