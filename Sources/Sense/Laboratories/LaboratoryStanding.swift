public import Calendar
import FHIR
public import JSON

/// How good a laboratory is known to be: its external assessments and its own controls. Pure.
public struct LaboratoryStanding: Sendable, Hashable {
    /// A round of assessment of one test, or a control of it.
    public struct Check: Sendable, Hashable {
        /// What was looked at.
        public enum Kind: String, Sendable {
            /// Samples from outside (室间质评).
            case external = "external-quality-assessment"
            /// The laboratory's own (室内质控).
            case control = "internal-quality-control"
        }
        /// Which.
        public let kind: Kind
        /// The test's key.
        public let test: String
        /// What the test is called.
        public let name: String
        /// When, in milliseconds since 1970 UTC.
        public let at: Int64
        /// Of an assessment, in percent.
        public let score: Double?
        /// Whether it was good.
        public let hasPassed: Bool

        /// A check.
        public init(kind: Kind, test: String, name: String, at: Int64, score: Double?, hasPassed: Bool) {
            self.kind = kind
            self.test = test
            self.name = name
            self.at = at
            self.score = score
            self.hasPassed = hasPassed
        }
    }

    /// The code system of the Observations that hold checks.
    public static let system = "https://healthbrain.dev/fhir/CodeSystem/laboratory-quality"

    /// The newest first.
    public let checks: [Check]

    /// Checks of one laboratory, in any order.
    public init(_ checks: [Check]) { self.checks = checks.sorted { ($1.at, $0.test) < ($0.at, $1.test) } }

    /// The newest check of each test.
    public func newest(_ kind: Check.Kind) -> [Check] {
        var seen: Set<String> = []
        return checks.filter { $0.kind == kind && seen.insert($0.test).inserted }
    }

    /// Assessments that were not passed and not passed since: the laboratory is suspended from the network until they are.
    public var failed: [Check] { newest(.external).filter { !$0.hasPassed } }

    /// Since when it is suspended, in milliseconds since 1970 UTC; nil for one that isn't.
    public var suspendedSince: Int64? {
        failed.map { last in
            checks.filter { $0.kind == .external && $0.test == last.test }.prefix { !$0.hasPassed }.last?.at ?? last.at
        }.min()
    }

    /// Whether a test may be done: the laboratory isn't suspended, and the test's own control was good when it was last looked at.
    public func mayTest(_ key: String) -> Bool {
        suspendedSince == nil && newest(.control).first { $0.test == key }?.hasPassed != false
    }
}

extension LaboratoryStanding.Check {
    /// The checks that an Observation holds in its components: a score in percent, or whether a control was good.
    ///
    /// - Parameter pass: the least score that passes.
    static func all(_ observation: JSONNode, pass: Double) -> [LaboratoryStanding.Check] {
        guard ["final", "amended", "corrected"].contains(observation["status"]?.string),
            let kind = observation["code"]?["coding"]?[0]?["code"]?.string.flatMap({ Kind(rawValue: $0) }),
            let at = observation["effectiveDateTime"]?.string.flatMap({ FHIRDateTime($0)?.lowMilliseconds })
        else { return [] }
        return (observation["component"].map { Array($0.elements) } ?? []).compactMap { part in
            guard let test = LaboratoryTest(part["code"]) else { return nil }
            let score = part["valueQuantity"]?["value"]?.double
            let isGood = kind == .external ? score.map { $0 >= pass } : part["valueBoolean"]?.bool
            guard let isGood else { return nil }
            return Self(kind: kind, test: test.key, name: test.name, at: at, score: score, hasPassed: isGood)
        }
    }
}

extension LaboratoryStanding.Check {
    /// An external assessment as an Observation about a laboratory.
    /// - Parameters:
    ///   - day: of the round.
    ///   - name: who tells it; empty for nobody.
    public func observation(of laboratory: Laboratory, _ test: LaboratoryTest, day: CivilDay, by name: String) throws
        -> JSONDocument
    {
        func concept(_ system: String, _ code: String, _ display: String) -> String {
            "{\"coding\":[{\"system\":\(Self.quoted(system)),\"code\":\(Self.quoted(code))}],\"text\":\(Self.quoted(display))}"
        }
        let note = name.isEmpty ? "" : ",\"note\":[{\"authorString\":\(Self.quoted(name)),\"text\":\"室间质评\"}]"
        return try JSONDocument(
            parsing: Array(
                """
                {"resourceType":"Observation","status":"final",\
                "code":\(concept(LaboratoryStanding.system, kind.rawValue, "室间质评")),\
                "focus":[{"reference":"HealthcareService/\(laboratory.id)"}],"effectiveDateTime":"\(day.isoText)",\
                "component":[{"code":\(concept(test.system, test.code, test.name)),\
                "valueQuantity":{"value":\(score ?? 0),"unit":"%","system":"http://unitsofmeasure.org","code":"%"}}]\(note)}
                """.utf8))
    }

    private static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
