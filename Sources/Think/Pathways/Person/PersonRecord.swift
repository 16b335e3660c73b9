import FHIRPath
public import JSON

/// What stands in a person's record: current resources that weren't entered in error, by clinical date and then reference.
public struct PersonRecord: Sendable {
    /// One resource.
    struct Entry: Sendable {
        let reference: String
        let type: String
        let root: JSONNode
        let moment: Moment?
        let value: FHIRPathValue
    }

    /// The Patient.
    public let patient: JSONNode
    /// The Patient's id.
    public let id: String
    /// The GB/T 2260 code of the person's district, or nearer the home; empty where it isn't known.
    public let city: String
    let entries: [Entry]
    let byReference: [String: Int]
    /// The values of `%record.ofType(…)`.
    let byType: [String: [FHIRPathValue]]

    /// A record.
    /// - Parameter documents: the Patient and the resources about them, in any order.
    /// - Returns: nil where there is no Patient among them.
    public init?(_ documents: [JSONDocument]) {
        var entries: [Entry] = []
        entries.reserveCapacity(documents.count)
        for document in documents {
            let root = document.root
            guard let type = root["resourceType"]?.string, let id = root["id"]?.string, !Self.isInError(root) else {
                continue
            }
            entries.append(
                Entry(
                    reference: "\(type)/\(id)", type: type, root: root, moment: ClinicalDate.of(root),
                    value: .node(FHIRPathNode(root))))
        }
        guard let patient = entries.first(where: { $0.type == "Patient" }) else { return nil }
        // The person comes first.
        entries.sort { one, other in
            let (a, b) = (one.moment?.milliseconds ?? .max, other.moment?.milliseconds ?? .max)
            if (one.type == "Patient") != (other.type == "Patient") { return one.type == "Patient" }
            return a == b ? one.reference < other.reference : a < b
        }
        var byType: [String: [FHIRPathValue]] = [:]
        for entry in entries { byType[entry.type, default: []].append(entry.value) }
        self.entries = entries
        self.byType = byType
        byReference = Dictionary(entries.enumerated().map { ($1.reference, $0) }) { one, _ in one }
        self.patient = patient.root
        id = String(patient.reference.dropFirst("Patient/".count))
        city = Self.division(of: patient.root)
    }

    private static func isInError(_ root: JSONNode) -> Bool {
        root["status"]?.equals("entered-in-error") == true
            || root["verificationStatus"]?["coding"]?.elements.contains {
                $0["code"]?.equals("entered-in-error") == true
            }
                == true
    }

    /// The longest division code among a resource's addresses.
    static func division(of root: JSONNode) -> String {
        let url = "https://healthbrain.dev/fhir/StructureDefinition/division"
        let codes = root.list("address").compactMap { $0.extensionValue(url)?.string }
        return codes.max { $0.utf8.count < $1.utf8.count } ?? ""
    }

    func entry(_ reference: String) -> Entry? { byReference[reference].map { entries[$0] } }

    /// The resources of a type, the earliest first.
    func roots(_ type: String) -> [JSONNode] { byType[type]?.compactMap(\.node) ?? [] }
}
