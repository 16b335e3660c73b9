/// One dose of the national immunisation programme, as `vaccines.tsv` has it.
struct VaccineDose: Sendable {
    let code: String
    let dose: Int
    /// Scheduled age: the minimum, in completed months.
    let minMonths: Int
    /// Least interval to the dose before.
    let intervalDays: Int
    let intervalMonths: Int
    let isLiveInjected: Bool
    let sex: Sex?
    let bornFrom: CivilDay?
    let bornBefore: CivilDay?
    let dueFrom: CivilDay?
    let dueBefore: CivilDay?
    /// The vaccine whose last dose the interval counts from, when it is another one.
    let after: String?
    /// `,"vaccineCode":…`
    let vaccineCode: [UInt8]
    /// `,"route":…`
    let route: [UInt8]

    /// The programme, in the order of age.
    static func programme() throws(CityError) -> [VaccineDose] {
        var doses: [VaccineDose] = []
        for row in try Table(named: "vaccines.tsv").rows { doses.append(try VaccineDose(row)) }
        return doses.sorted { ($0.minMonths, $0.code, $0.dose) < ($1.minMonths, $1.code, $1.dose) }
    }

    init(_ row: Table.Row) throws(CityError) {
        code = try row.text("code")
        dose = try row.integer("dose")
        minMonths = try row.integer("min_months")
        intervalDays = try row.integer("min_interval_days")
        intervalMonths = try row.integer("min_interval_months")
        let routeKey = try row.text("route")
        isLiveInjected = try row.integer("live") == 1 && routeKey != "PO"
        sex = try row.textIfAny("sex").map { $0 == "male" ? .male : .female }
        bornFrom = try row.dayIfAny("born_from")
        bornBefore = try row.dayIfAny("born_before")
        dueFrom = try row.dayIfAny("due_from")
        dueBefore = try row.dayIfAny("due_before")
        after = try row.textIfAny("after")
        vaccineCode = VaccineDose.code(
            try row.text("code"), name: try row.text("name"), cvx: try row.textIfAny("cvx"))
        guard let route = Medicine.routes[routeKey] else { throw row.fault("route", "a known route") }
        self.route = VaccineDose.route(route)
    }

    static func code(_ code: String, name: String, cvx: String?) -> [UInt8] {
        fragment { text in
            text.put(#","vaccineCode":{"coding":[{"system":"#)
            text.put(quoted: Codes.house + "/CodeSystem/immunisation-programme")
            text.put(#","code":"#)
            text.put(quoted: code)
            text.put(#","display":"#)
            text.put(quoted: name)
            text.put("}")
            if let cvx {
                text.put(#",{"system":"http://hl7.org/fhir/sid/cvx","code":"#)
                text.put(quoted: cvx)
                text.put("}")
            }
            text.put(#"],"text":"#)
            text.put(quoted: name)
            text.put("}")
        }
    }

    static func route(_ route: (name: String, code: String)) -> [UInt8] {
        fragment { text in
            text.put(
                #","route":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration","#)
            text.put(#""code":"#)
            text.put(quoted: route.code)
            text.put(#"}],"text":"#)
            text.put(quoted: route.name)
            text.put("}")
        }
    }
}
