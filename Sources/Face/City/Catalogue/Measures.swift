/// A vital sign or a laboratory test: its code, its unit, usual values and reference ranges.
struct Measure: Sendable {
    let key: String
    let decimals: Int
    let scale: Double
    let male: Spread
    let female: Spread
    let ranges: [ReferenceRange]
    /// `,"category":…,"code":…`
    let head: [UInt8]
    /// `"code":…` of a component.
    let componentHead: [UInt8]
    /// `,"unit":…,"system":…,"code":…}`
    let unit: [UInt8]

    struct Spread: Sendable {
        let mean: Double
        let deviation: Double
    }

    /// Limits of what is usual, in units of the last digit, for a sex and for ages in months.
    struct ReferenceRange: Sendable {
        let sex: Sex?
        let fromMonths: Int
        let belowMonths: Int
        let low: Int
        let high: Int
        /// `,"referenceRange":[…]`
        let text: [UInt8]
    }

    func range(for sex: Sex, ageMonths: Int) -> ReferenceRange? {
        for range in ranges
        where (range.sex == nil || range.sex == sex) && ageMonths >= range.fromMonths && ageMonths < range.belowMonths {
            return range
        }
        return nil
    }
}

/// All measures, by index; keys are resolved once.
struct Measures: Sendable {
    let all: [Measure]
    private let indices: [String: Int]
    let panels: [String: [Int]]
    /// State → measure index → what the state adds.
    let shifts: [String: [Int: Measure.Spread]]

    subscript(index: Int) -> Measure { all[index] }

    func index(_ key: String) throws(CityError) -> Int {
        guard let index = indices[key] else { throw .resource("measures.tsv", reason: "no measure \(key)") }
        return index
    }

    init() throws(CityError) {
        var all: [Measure] = []
        var indices: [String: Int] = [:]
        for row in try Table(named: "measures.tsv").rows {
            let measure = try Measure(row)
            indices[measure.key] = all.count
            all.append(measure)
        }
        self.all = all
        self.indices = indices
        var panels: [String: [Int]] = [:]
        for row in try Table(named: "panels.tsv").rows {
            var members: [Int] = []
            for key in try row.text("measures").parts(",") where key != "influenza" {
                guard let index = indices[key] else { throw row.fault("measures", "a list of measures") }
                members.append(index)
            }
            panels[try row.text("key")] = members
        }
        self.panels = panels
        var shifts: [String: [Int: Measure.Spread]] = [:]
        for row in try Table(named: "shifts.tsv").rows {
            guard let index = indices[try row.text("measure")] else { throw row.fault("measure", "a measure") }
            shifts[try row.text("state"), default: [:]][index] = Measure.Spread(
                mean: try row.number("mean"), deviation: try row.number("sd"))
        }
        self.shifts = shifts
    }
}

extension Measure {
    init(_ row: Table.Row) throws(CityError) {
        key = try row.text("key")
        decimals = try row.integer("decimals")
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        self.scale = scale
        male = Spread(mean: try row.number("male_mean"), deviation: try row.number("male_sd"))
        female = Spread(mean: try row.number("female_mean"), deviation: try row.number("female_sd"))
        let (loinc, name) = (try row.text("loinc"), try row.text("name"))
        let (ucum, printed) = (try row.text("ucum"), try row.text("unit"))
        let category = try row.text("category")
        let isVital = category == "vital"
        let code = fragment { text in
            text.put(#""code":{"coding":[{"system":"http://loinc.org","code":""#)
            text.put(plain: loinc)
            text.put(#"","display":"#)
            text.put(quoted: name)
            text.put(#"}],"text":"#)
            text.put(quoted: name)
            text.put("}")
        }
        componentHead = code
        head = Measure.category(isVital: isVital) + [0x2C] + code
        unit = fragment { text in
            text.put(#","unit":"#)
            text.put(quoted: printed)
            text.put(#","system":"http://unitsofmeasure.org","code":"#)
            text.put(quoted: ucum)
            text.put("}")
        }
        var ranges: [ReferenceRange] = []
        for part in try row.text("ranges").parts(";") {
            let fields = part.parts(":")
            guard fields.count == 3 else { throw row.fault("ranges", "sex:ages:limits") }
            let ages = fields[1].parts("-").compactMap(Double.init)
            let limits = fields[2].parts("-").compactMap(Double.init)
            guard ages.count == 2, limits.count == 2 else { throw row.fault("ranges", "sex:ages:limits") }
            let low = Int((limits[0] * scale).rounded())
            let high = Int((limits[1] * scale).rounded())
            let (decimals, unit) = (decimals, unit)
            ranges.append(
                ReferenceRange(
                    sex: fields[0] == "*" ? nil : fields[0] == "male" ? .male : .female,
                    fromMonths: Int(ages[0] * 12), belowMonths: Int(ages[1] * 12), low: low, high: high,
                    text: fragment { text in
                        text.put(#","referenceRange":[{"low":{"value":"#)
                        text.put(scaled: low, decimals: decimals)
                        text.put(unit)
                        text.put(#","high":{"value":"#)
                        text.put(scaled: high, decimals: decimals)
                        text.put(unit)
                        text.put("}]")
                    }))
        }
        self.ranges = ranges
    }

    static func category(isVital: Bool) -> [UInt8] {
        fragment { text in
            text.put(
                #","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","#)
            text.put(
                isVital
                    ? #""code":"vital-signs","display":"生命体征"}]}]"# : #""code":"laboratory","display":"检验"}]}]"#)
        }
    }
}
