/// A medicine with its usual dose, as one prescription line.
struct Medicine: Sendable {
    let days: Int
    let fromYears: Int
    let belowYears: Int
    /// `,"medicationCodeableConcept":…`
    let concept: [UInt8]
    /// `,"dosageInstruction":…,"dispenseRequest":…`
    let dosage: [UInt8]
}

/// All medicines, by index.
struct Medicines: Sendable {
    let all: [Medicine]
    private let indices: [String: Int]

    subscript(index: Int) -> Medicine { all[index] }

    func index(_ key: String) throws(CityError) -> Int {
        guard let index = indices[key] else { throw .resource("medicines.tsv", reason: "no medicine \(key)") }
        return index
    }

    init() throws(CityError) {
        var all: [Medicine] = []
        var indices: [String: Int] = [:]
        for row in try Table(named: "medicines.tsv").rows {
            indices[try row.text("key")] = all.count
            all.append(try Medicine(row))
        }
        self.all = all
        self.indices = indices
    }
}

extension Medicine {
    /// Route → what a prescription calls it and the code of HL7's RouteOfAdministration.
    static let routes: [String: (name: String, code: String)] = [
        "PO": ("口服", "PO"), "SC": ("皮下注射", "SQ"), "IM": ("肌内注射", "IM"), "ID": ("皮内注射", "IDINJ"),
        "IV": ("静脉滴注", "IV"), "INH": ("吸入", "IPINHL"), "TOP": ("外用", "TOPICAL"), "NAS": ("喷鼻", "NASINHL"),
        "OPH": ("滴眼", "OPTHALTA"), "VAG": ("阴道给药", "VAGINSI"),
    ]

    /// Unit of the table → what a prescription prints.
    static let printedUnits = ["ug": "μg", "[IU]": "IU"]

    init(_ row: Table.Row) throws(CityError) {
        let days = try row.integer("days")
        self.days = days
        fromYears = try row.integer("age_from")
        belowYears = try row.integer("age_below")
        concept =
            fragment { $0.put(#","medicationCodeableConcept":"#) }
            + Codes.concept(
                system: "http://www.whocc.no/atc", code: try row.text("atc"), display: try row.text("name"))
        let (dose, unit) = (try row.text("dose"), try row.text("unit"))
        let timesADay = try row.integer("times_a_day")
        guard let route = Medicine.routes[try row.text("route")] else { throw row.fault("route", "a known route") }
        let printed = Medicine.printedUnits[unit] ?? unit
        dosage = fragment { text in
            text.put(#","dosageInstruction":[{"text":"#)
            text.put(quoted: "\(route.name),每次 \(dose) \(printed),每日 \(timesADay) 次")
            text.put(#","timing":{"repeat":{"frequency":"#)
            text.put(timesADay)
            text.put(#","period":1,"periodUnit":"d"}},"route":{"text":"#)
            text.put(quoted: route.name)
            text.put(#"},"doseAndRate":[{"doseQuantity":{"value":"#)
            text.put(plain: dose)
            text.put(#","unit":"#)
            text.put(quoted: printed)
            text.put(#","system":"http://unitsofmeasure.org","code":"#)
            text.put(quoted: unit)
            text.put(#"}}]}],"dispenseRequest":{"expectedSupplyDuration":{"value":"#)
            text.put(days)
            text.put(#","unit":"天","system":"http://unitsofmeasure.org","code":"d"}}"#)
        }
    }
}
