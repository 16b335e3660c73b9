public import JSON

/// A test by its code, as a laboratory offers it.
public struct LaboratoryTest: Sendable, Hashable {
    /// The code system, such as `http://loinc.org`.
    public let system: String
    /// The code.
    public let code: String
    /// In Chinese, or as it was written.
    public let name: String
    /// In English, where known.
    public let nameEn: String

    /// A test.
    public init(system: String, code: String, name: String, nameEn: String? = nil) {
        self.system = system
        self.code = code
        self.name = name
        self.nameEn = nameEn ?? name
    }

    /// What tells it from others.
    public var key: String { "\(system)|\(code)" }

    init?(_ concept: JSONNode?) {
        guard let coding = concept?["coding"]?[0], let system = coding["system"]?.string,
            let code = coding["code"]?.string
        else { return nil }
        self.init(
            system: system, code: code, name: concept?["text"]?.string ?? coding["display"]?.string ?? code,
            nameEn: coding["display"]?.string)
    }
}

/// A laboratory of the network: a HealthcareService of one of the kinds, whose types are its tests, each with what it does in a day.
public struct Laboratory: Sendable, Hashable, Identifiable {
    /// Who runs it.
    public enum Kind: String, Sendable, CaseIterable {
        /// A hospital or another institution of care.
        case medical
        /// A centre for disease control.
        case cdc
        /// A laboratory of its own.
        case thirdParty = "third-party"
    }

    /// The code system of the kinds, in `HealthcareService.category`.
    public static let kindSystem = "https://healthbrain.dev/fhir/CodeSystem/laboratory-kind"
    /// The extension of a type with how many samples it does in a day (valueInteger).
    public static let capacityURL = "https://healthbrain.dev/fhir/StructureDefinition/daily-capacity"

    /// The id of its HealthcareService.
    public let id: String
    /// What it is called.
    public let name: String
    /// Who runs it.
    public let kind: Kind
    /// `Organization/…`; nil where none is named.
    public let organization: String?
    /// GB/T 2260 code of its organisation; 0 when unknown.
    public var district = 0
    /// Whether it works at all.
    public let isActive: Bool
    /// Its tests.
    public let tests: [LaboratoryTest]
    /// Samples in a day, by test.
    public let capacity: [String: Int]

    /// Reads a HealthcareService; nil for one that is no laboratory.
    public init?(_ service: JSONNode, id: String) {
        var kind: Kind?
        for concept in service["category"].map({ Array($0.elements) }) ?? [] {
            for coding in concept["coding"].map({ Array($0.elements) }) ?? []
            where coding["system"]?.string == Self.kindSystem {
                kind = kind ?? coding["code"]?.string.flatMap { Kind(rawValue: $0) }
            }
        }
        guard let kind else { return nil }
        self.id = id
        self.kind = kind
        name = service["name"]?.string ?? id
        organization = service["providedBy"]?["reference"]?.string
        isActive = service["active"]?.bool ?? true
        var (tests, capacity): ([LaboratoryTest], [String: Int]) = ([], [:])
        for concept in service["type"].map({ Array($0.elements) }) ?? [] {
            guard let test = LaboratoryTest(concept) else { continue }
            tests.append(test)
            for given in concept["extension"].map({ Array($0.elements) }) ?? []
            where given["url"]?.string == Self.capacityURL {
                capacity[test.key] = max(0, given["valueInteger"]?.integer ?? 0)
            }
        }
        (self.tests, self.capacity) = (tests, capacity)
    }
}
