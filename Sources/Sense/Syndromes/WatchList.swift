import Access
public import JSON

/// The conditions that are watched, and how a record tells them: notifiable diseases (`diseases.json`), syndromes
/// (`syndromes.json`), the words of complaints (`findings.json`), and streams that tell nothing about single persons (`streams.json`). What
/// the monitoring of the population warns of (`population.json`) has an id too, so that signals can tell it; no record speaks for it.
public struct WatchList: Sendable {
    /// In the order of their numbers.
    public let conditions: [WatchedCondition]
    /// Reads complaints.
    public let reader: ComplaintReader
    /// Changes with any of the definitions.
    public let fingerprint: Int

    private let byID: [String: WatchedCondition]
    private let byNumber: [Int: WatchedCondition]
    private let byLOINC: [String: String]
    private let syndromes: [Syndrome]
    private let streams: [String: WatchedStream]
    /// What each syndrome covers, by ids, those that it covers by way of others among them.
    private let covered: [String: Set<String>]

    private struct Syndrome: Sendable {
        let id: String
        let anyOf: [Set<String>]
        let icd10: [ClosedRange<String>]
    }

    /// The definitions of the house.
    /// - Throws: ``DefinitionFault`` for the first thing that is wrong with them.
    public init() throws(DefinitionFault) {
        try self.init(
            diseases: DefinitionFile(house: "diseases.json"), syndromes: DefinitionFile(house: "syndromes.json"),
            findings: DefinitionFile(house: "findings.json"), streams: DefinitionFile(house: "streams.json"),
            population: DefinitionFile(house: "population.json"))
    }

    /// Definitions given as files of the same form as those of the house.
    /// - Parameter streams: nil for none.
    public init(
        diseases: [UInt8], syndromes: [UInt8], findings: [UInt8], streams: [UInt8]? = nil
    ) throws(DefinitionFault) {
        try self.init(
            diseases: DefinitionFile("diseases.json", diseases), syndromes: DefinitionFile("syndromes.json", syndromes),
            findings: DefinitionFile("findings.json", findings),
            streams: DefinitionFile("streams.json", streams ?? Array("{}".utf8)),
            population: DefinitionFile("population.json", Array("{}".utf8)))
    }

    private init(
        diseases: DefinitionFile, syndromes: DefinitionFile, findings: DefinitionFile, streams: DefinitionFile,
        population: DefinitionFile
    ) throws(DefinitionFault) {
        let words = try ComplaintWords(findings)
        reader = ComplaintReader(words)
        var (conditions, codes, rules): ([WatchedCondition], [String: String], [Syndrome]) = ([], [:], [])
        let source = diseases.root["source"]?.string ?? ""
        let sources = (source, diseases.root["sourceZh"]?.string ?? source)
        for (index, node) in diseases.root.list("diseases").enumerated() {
            let path = "diseases[\(index)]"
            let event = try Self.event(node["event"], diseases, path)
            let duty = WatchedCondition.Duty(
                legalClass: try diseases.required(node, "class", path),
                management: try diseases.required(node, "management", path),
                hours: try diseases.number(node, "hours", path), cardCode: node["code"]?.string)
            let condition = try Self.condition(node, diseases, path, duty, event, sources)
            conditions.append(condition)
            for code in node.texts("loinc") { codes[code] = condition.id }
        }
        for (index, node) in syndromes.root.list("syndromes").enumerated() {
            let path = "syndromes[\(index)]"
            let source = try syndromes.required(node, "source", path)
            let condition = try Self.condition(
                node, syndromes, path, nil, nil, (source, node["sourceZh"]?.string ?? source))
            let anyOf = node.list("anyOf").map { Set($0.elements.compactMap(\.string)) }
            for finding in anyOf.joined() where !words.ids.contains(finding) {
                throw syndromes.fault("\(path).anyOf", "there is no finding \(finding); add it to findings.json")
            }
            rules.append(Syndrome(id: condition.id, anyOf: anyOf, icd10: node.texts("icd10").map { $0...$0 }))
            conditions.append(condition)
        }
        conditions.sort { $0.number < $1.number }
        for (one, next) in zip(conditions, conditions.dropFirst()) where one.number == next.number {
            throw syndromes.fault("number", "\(one.id) and \(next.id) have the number \(one.number); give each its own")
        }
        var others: [WatchedCondition] = []
        for (index, node) in population.root.list("conditions").enumerated() {
            let path = "conditions[\(index)]"
            let source = try population.required(node, "source", path)
            others.append(
                try Self.condition(node, population, path, nil, nil, (source, node["sourceZh"]?.string ?? source)))
        }
        covered = try Self.covered(syndromes, Set(conditions.map(\.id)))
        self.conditions = conditions
        byID = Dictionary((conditions + others).map { ($0.id, $0) }) { first, _ in first }
        byNumber = Dictionary(conditions.map { ($0.number, $0) }) { first, _ in first }
        byLOINC = codes
        self.syndromes = rules
        self.streams = try WatchedStreams(streams, Set(conditions.map(\.id))).byCode
        fingerprint = [diseases, syndromes, findings, streams].reduce(into: 5_381) { hash, file in
            for byte in file.root.rawText { hash = (hash &* 33 &+ Int(byte)) & 0x7FFF_FFFF }
        }
    }

    private static func condition(
        _ node: JSONNode, _ file: DefinitionFile, _ path: String, _ duty: WatchedCondition.Duty?,
        _ event: WatchedCondition.EventRule?, _ source: (en: String, zh: String)
    ) throws(DefinitionFault) -> WatchedCondition {
        WatchedCondition(
            id: try file.required(node, "id", path), number: try file.number(node, "number", path),
            nameZh: try file.required(node, "zh", path), nameEn: try file.required(node, "en", path), duty: duty,
            event: event, source: source.en, sourceZh: source.zh, isCounted: node["isCounted"]?.bool ?? true)
    }

    /// What the syndromes of a file cover, and what those cover in turn.
    /// - Throws: ``DefinitionFault`` for something that isn't watched, and where a syndrome comes to cover itself.
    private static func covered(
        _ file: DefinitionFile, _ conditions: Set<String>
    ) throws(DefinitionFault) -> [String: Set<String>] {
        var direct: [String: Set<String>] = [:]
        for (index, node) in file.root.list("syndromes").enumerated() {
            let ids = Set(node.texts("covers"))
            if let unknown = ids.subtracting(conditions).min() {
                throw file.fault("syndromes[\(index)].covers", "\(unknown) isn't watched; name one of the conditions")
            }
            direct[try file.required(node, "id", "syndromes[\(index)]")] = ids
        }
        var all: [String: Set<String>] = [:]
        for (index, node) in file.root.list("syndromes").enumerated() {
            guard let id = node["id"]?.string else { continue }
            var reached: Set<String> = []
            var open = direct[id] ?? []
            while let next = open.popFirst() {
                if reached.insert(next).inserted { open.formUnion(direct[next] ?? []) }
            }
            if reached.contains(id) {
                throw file.fault("syndromes[\(index)].covers", "\(id) comes to cover itself; take one step back out")
            }
            all[id] = reached
        }
        return all
    }

    private static func event(
        _ node: JSONNode?, _ file: DefinitionFile, _ path: String
    ) throws(DefinitionFault) -> WatchedCondition.EventRule? {
        guard let node else { return nil }
        let days = node["days"] == nil ? nil : try file.number(node, "days", "\(path).event")
        return WatchedCondition.EventRule(cases: try file.number(node, "cases", "\(path).event"), days: days)
    }

    /// A condition by its id.
    public subscript(_ id: String) -> WatchedCondition? { byID[id] }

    /// A condition by its number.
    public func condition(numbered number: Int) -> WatchedCondition? { byNumber[number] }

    /// Whether the persons of one condition are, as a rule, those of the other: one is a syndrome that covers the other.
    public func areRelated(_ one: WatchedCondition, _ other: WatchedCondition) -> Bool {
        covered[one.id]?.contains(other.id) == true || covered[other.id]?.contains(one.id) == true
    }

    /// How many conditions one covers: 0 for a disease, more the less it says.
    public func breadth(of condition: WatchedCondition) -> Int { covered[condition.id]?.count ?? 0 }

    /// The conditions that a diagnosis means.
    /// - Parameter system: the code system; any but ICD-10 and its national editions means none.
    public func conditions(system: String, code: String) -> Set<String> {
        guard ICD10.isSystem(system) else { return [] }
        let diseases = NotifiableDiseases.ids(system: system, code: code).filter { byID[$0] != nil }
        return diseases.union(syndromes.filter { ICD10.code(code, isIn: $0.icd10) }.map(\.id))
    }

    /// The syndromes that the words of a complaint mean.
    public func conditions(complaint text: String) -> Set<String> {
        let findings = reader.findings(in: text)
        guard !findings.isEmpty else { return [] }
        return Set(syndromes.filter { $0.anyOf.contains { !$0.isEmpty && $0.isSubset(of: findings) } }.map(\.id))
    }

    /// The stream that a code of an Observation, or of a component, means; nil for none.
    public func stream(system: String, code: String) -> WatchedStream? {
        system == WatchedStream.system ? streams[code] : nil
    }

    /// The disease that a positive result of a test means; nil for a test that isn't watched.
    public func condition(positiveTest loinc: String) -> String? { byLOINC[loinc] }

    /// The diseases that a positive result of an Observation means; none of one that is negative or not final enough.
    public func diseases(positiveIn observation: JSONNode) -> Set<String> {
        switch observation["status"]?.string {
        case "cancelled", "entered-in-error", "registered": return []
        default: break
        }
        guard let codings = observation["code"]?["coding"]?.elements else { return [] }
        let ids = codings.compactMap { coding -> String? in
            guard coding["system"]?.equals("http://loinc.org") == true, let code = coding["code"]?.string else {
                return nil
            }
            return condition(positiveTest: code)
        }
        return !ids.isEmpty && PositiveResult.isTold(by: observation) ? Set(ids) : []
    }
}

extension WatchList {
    /// Whether a code system is ICD-10 or one of its national editions.
    package static func isICD10(_ system: String) -> Bool { ICD10.isSystem(system) }

    /// Whether a code of ICD-10 lies in one of some ranges.
    package static func icd10(_ code: String, isIn ranges: [ClosedRange<String>]) -> Bool {
        ICD10.code(code, isIn: ranges)
    }

    /// A code of ICD-10 that stands for a notifiable disease, for what tells it without one.
    package static func icd10(of disease: WatchedCondition) -> String? { NotifiableDiseases.code(of: disease.id) }
}
