public import Calendar
import JSON
public import Syndromes

/// The rules of emergency reporting that count within one unit (同一学校、幼儿园、村、社区、工地 …), as data: `unit-clusters.json`.
public struct UnitClusters: Sendable {
    /// So many within so many days.
    public struct Rule: Sendable, Hashable {
        /// The item of the standard.
        public let id: String
        /// The disease.
        public let disease: WatchedCondition
        /// Of these subtypes alone; empty for all.
        public let subtypes: Set<String>
        /// The kinds of unit.
        public let units: Set<String>
        /// Persons, at least.
        public let cases: Int
        /// Within so many days of onset.
        public let days: Int
        /// Or so many who died; nil where deaths alone make no event.
        public let deaths: Int?
    }

    /// One reported person.
    public struct Case: Sendable, Hashable {
        /// The person.
        public let person: String
        /// The disease's number.
        public let disease: Int
        /// The subtype; empty for none.
        public let subtype: String
        /// The unit, as ``UnitClusters/key(_:)`` writes it.
        public let unit: String
        /// The day of onset.
        public let onset: CivilDay
        /// Whether the person has died.
        public let hasDied: Bool
        /// GB/T 2260 code of the district.
        public let district: Int

        /// A case.
        public init(
            person: String, disease: Int, subtype: String = "", unit: String, onset: CivilDay, hasDied: Bool = false,
            district: Int = 0
        ) {
            self.person = person
            self.disease = disease
            self.subtype = subtype
            self.unit = unit
            self.onset = onset
            self.hasDied = hasDied
            self.district = district
        }
    }

    /// A rule that a unit has met.
    public struct Event: Sendable, Hashable {
        /// The rule.
        public let rule: Rule
        /// The unit.
        public let unit: String
        /// The persons of the fullest window, who fired it.
        public let persons: [String]
        /// How many of them died.
        public let deaths: Int
        /// The days of onset of the fullest window.
        public let window: ClosedRange<CivilDay>
        /// Where most of them live.
        public let district: Int
    }

    /// The rules.
    public let rules: [Rule]
    /// Where they come from.
    public let source: String
    private let kinds: [(id: String, words: [String])]

    /// The rules of the house.
    /// - Throws: `DefinitionFault` for the first thing that is wrong with them.
    public init(_ list: WatchList) throws(DefinitionFault) {
        try self.init(DefinitionFile(house: "unit-clusters.json", in: .module), list)
    }

    /// Rules given as a file of the same form.
    public init(_ bytes: [UInt8], _ list: WatchList) throws(DefinitionFault) {
        try self.init(DefinitionFile("unit-clusters.json", bytes), list)
    }

    private init(_ file: DefinitionFile, _ list: WatchList) throws(DefinitionFault) {
        source = try file.required(file.root, "source", "$")
        var kinds: [(String, [String])] = []
        for (index, node) in file.root.list("units").enumerated() {
            kinds.append((try file.required(node, "id", "units[\(index)]"), node.texts("words")))
        }
        self.kinds = kinds
        let known = Set(kinds.map(\.0)).union(["other"])
        var rules: [Rule] = []
        for (index, node) in file.root.list("rules").enumerated() {
            let path = "rules[\(index)]"
            let id = try file.required(node, "disease", path)
            guard let disease = list[id] else { throw file.fault("\(path).disease", "\(id) isn't watched") }
            let units = Set(node.texts("units"))
            for unit in units.subtracting(known) {
                throw file.fault("\(path).units", "\(unit) is no kind of unit; add it to units")
            }
            rules.append(
                Rule(
                    id: try file.required(node, "id", path), disease: disease, subtypes: Set(node.texts("subtypes")),
                    units: units, cases: try file.number(node, "cases", path),
                    days: try file.number(node, "days", path),
                    deaths: node["deaths"] == nil ? nil : try file.number(node, "deaths", path)))
        }
        self.rules = rules
    }

    /// The longest window of any rule, in days.
    public var daysMax: Int { rules.map(\.days).max() ?? 0 }

    /// A unit's name without blanks, so that cards that write it alike meet; capitals and full-width forms aside.
    public static func key(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.compactMap { scalar in
                    if scalar.properties.isWhitespace { return nil }
                    // Full-width forms of ASCII.
                    return (0xFF01...0xFF5E).contains(scalar.value) ? UnicodeScalar(scalar.value - 0xFEE0) : scalar
                })
        ).lowercased()
    }

    /// The kind of a unit by its words: of several kinds that whose word stands last; `other` where no word tells.
    public func kind(of unit: String) -> String {
        var best: (id: String, end: String.Index, length: Int)?
        for kind in kinds {
            for word in kind.words {
                guard let place = unit.ranges(of: word).last else { continue }
                if best.map({ (place.upperBound, word.count) > ($0.end, $0.length) }) ?? true {
                    best = (kind.id, place.upperBound, word.count)
                }
            }
        }
        return best?.id ?? "other"
    }

    /// The rules that cases meet, each unit and rule once, by the window of onsets that holds the most.
    public func events(_ cases: [Case]) -> [Event] {
        struct Place: Hashable {
            let disease: Int
            let unit: String
        }
        let groups = Dictionary(grouping: cases.filter { !$0.unit.isEmpty }) {
            Place(disease: $0.disease, unit: $0.unit)
        }
        return rules.flatMap { rule in
            groups.filter { $0.key.disease == rule.disease.number && rule.units.contains(kind(of: $0.key.unit)) }
                .sorted { $0.key.unit < $1.key.unit }.compactMap { event(rule, $0.key.unit, $0.value) }
        }
    }

    private func event(_ rule: Rule, _ unit: String, _ cases: [Case]) -> Event? {
        var first: [String: Case] = [:]
        for one in cases where rule.subtypes.isEmpty || rule.subtypes.contains(one.subtype) {
            if first[one.person].map({ one.onset < $0.onset }) ?? true { first[one.person] = one }
        }
        let persons = first.values.sorted { ($0.onset, $0.person) < ($1.onset, $1.person) }
        var best: ArraySlice<Case> = []
        for start in persons.indices {
            let last = persons[start].onset.advanced(by: rule.days - 1)
            let window = persons[start...].prefix { $0.onset <= last }
            let isDeadlier = window.count { $0.hasDied } > best.count { $0.hasDied }
            if window.count > best.count || (window.count == best.count && isDeadlier) { best = window }
            if let deaths = rule.deaths, best.count < rule.cases, window.count(where: \.hasDied) >= deaths {
                best = window
            }
        }
        let deaths = best.count { $0.hasDied }
        guard let from = best.first?.onset, let until = best.last?.onset,
            best.count >= rule.cases || rule.deaths.map({ deaths >= $0 }) ?? false
        else { return nil }
        let districts = Dictionary(grouping: best, by: \.district).mapValues(\.count)
        let district = districts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0
        return Event(
            rule: rule, unit: unit, persons: best.map(\.person), deaths: deaths, window: from...until,
            district: district)
    }
}
