import Access
import FHIR
import JSON

/// A mandate as a Consent of FHIR R4 gives it: active, permitting, for a time that ends, to an actor in the role `DELEGATEE`
/// (<http://terminology.hl7.org/CodeSystem/v3-ParticipationFunction>). `provision.class` narrows it to resource types, and
/// `provision.securityLabel` names the sensitive categories that it opens.
struct Mandate: Sendable {
    /// Whose records, by Patient id.
    var patient: String
    /// Who may see them: a Patient.
    var delegate: ResourceKey
    /// The resource types; nil: all.
    var types: [String]?
    /// The sensitive categories.
    var sensitivities: Set<Sensitivity>
    /// When, in milliseconds since 1970.
    var period: ClosedRange<Int64>

    /// The mandates that a Consent gives; none when it is no longer active, or has no end.
    static func all(in consent: JSONNode) -> [Mandate] {
        guard consent["status"]?.equals("active") == true, let provision = consent["provision"],
            provision["type"]?.equals("permit") == true, provision["provision"] == nil,
            let patient = consent["patient"]?["reference"]?.string.flatMap({ ResourceKey(reference: $0) }),
            patient.type == "Patient",
            let end = provision["period"]?["end"]?.string.flatMap({ FHIRDateTime($0) })?.highMilliseconds
        else { return [] }
        let start = provision["period"]?["start"]?.string.flatMap { FHIRDateTime($0) }?.lowMilliseconds ?? .min
        guard start <= end else { return [] }
        let classes = elements(provision["class"])
        let types = classes.filter { $0["system"]?.string.map(isOfTypes) == true }.compactMap { $0["code"]?.string }
        // A class of content that is no resource type would be wider than what it says.
        guard types.count == classes.count else { return [] }
        let labels = elements(provision["securityLabel"]).compactMap { label in
            Sensitivity.ofLabel(system: label["system"]?.string ?? "", code: label["code"]?.string ?? "")
        }
        return elements(provision["actor"]).filter(isDelegatee).compactMap { actor in
            guard let key = actor["reference"]?["reference"]?.string.flatMap({ ResourceKey(reference: $0) }),
                key.type == "Patient"
            else { return nil }
            return Mandate(
                patient: patient.id, delegate: key, types: types.isEmpty ? nil : types,
                sensitivities: Set(labels), period: start...end)
        }
    }

    private static func elements(_ node: JSONNode?) -> [JSONNode] { node.map { Array($0.elements) } ?? [] }

    private static func isOfTypes(_ system: String) -> Bool {
        system.hasSuffix("/resource-types") || system.hasSuffix("/fhir-types")
    }

    private static func isDelegatee(_ actor: JSONNode) -> Bool {
        elements(actor["role"]?["coding"]).contains { $0["code"]?.equals("DELEGATEE") == true }
    }
}
