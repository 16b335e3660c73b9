import Access
import Calendar
import FHIR
import JSON
import Records

/// A mandate that a resident has given to another adult: an active Consent that permits, to an actor in the role
/// `DELEGATEE`, until an end. `Docs/security/access.md` says how the rules read it.
struct GivenMandate: Sendable, Equatable {
    /// The id of the Consent.
    let id: String
    /// The name of the one who may look, as the giver wrote it.
    let name: String
    /// The end as written.
    let end: String
    /// The resource types; empty for all.
    let types: [String]
    let sensitivities: [Sensitivity]

    /// Reads a Consent; nil when it is no mandate, or one that is over.
    init?(_ consent: JSONNode, now: Int64) {
        guard consent["status"]?.equals("active") == true, let id = consent["id"]?.string,
            let provision = consent["provision"], provision["type"]?.equals("permit") == true,
            let actor = provision["actor"]?.elements.first(where: Self.isDelegatee),
            let end = provision["period"]?["end"]?.string, let until = InstantText.milliseconds(end), until >= now
        else { return nil }
        self.id = id
        self.end = end
        name = actor["reference"]?["display"]?.string ?? ""
        types = provision["class"]?.elements.compactMap { $0["code"]?.string } ?? []
        sensitivities =
            provision["securityLabel"]?.elements.compactMap { label in
                Sensitivity.ofLabel(system: label["system"]?.string ?? "", code: label["code"]?.string ?? "")
            } ?? []
    }

    private static func isDelegatee(_ actor: JSONNode) -> Bool {
        actor["role"]?["coding"]?.elements.contains { $0["code"]?.equals("DELEGATEE") == true } ?? false
    }

    /// The mandates that a patient has given and that hold, newest first.
    static func load(_ records: any PortalRecords, patients: Set<String>, now: Int64) throws -> [GivenMandate] {
        let page = try records.search(
            type: "Consent",
            parameters: [
                ("patient", patients.sorted().joined(separator: ",")), ("status", "active"), ("_sort", "-date"),
                ("_count", "100"),
            ])
        return page.entries.compactMap { entry in
            (try? JSONDocument(parsing: entry.version.json())).flatMap { GivenMandate($0.root, now: now) }
        }
    }

    // MARK: What may be given

    /// What of a record may be given apart from the rest: the word of the form, and the resource types.
    static let kinds: [(word: String, types: [String])] = [
        ("visits", ["Encounter", "EpisodeOfCare", "Appointment"]), ("diagnoses", ["Condition"]),
        ("results", ["Observation", "DiagnosticReport"]),
        ("medicines", ["MedicationRequest", "MedicationDispense", "MedicationStatement"]),
        ("vaccines", ["Immunization"]), ("allergies", ["AllergyIntolerance"]), ("procedures", ["Procedure"]),
    ]

    /// The categories that may be opened, and the label of HL7's ActCode that names each.
    static let labels: [(category: Sensitivity, code: String)] = [
        (.mentalHealth, "MH"), (.reproductive, "SEX"), (.sexuallyTransmitted, "STD"), (.hiv, "HIV"),
        (.genetic, "GDIS"), (.abuse, "SDV"),
    ]

    /// For how many days a mandate may be given.
    static let days = [30, 90, 365]

    /// How many mandates somebody may have given at a time.
    static let most = 20

    /// The Consent that gives one.
    /// - Parameters:
    ///   - patient: the id of the giver's Patient.
    ///   - delegate: the Patient who may look, and their name.
    ///   - kinds: words of ``kinds``; all of them stand for the whole record.
    ///   - categories: the sensitive categories that it opens.
    ///   - start: now.
    ///   - end: the last day, in Shanghai.
    static func consent(
        patient: String, delegate: (id: String, name: String), kinds: Set<String>, categories: Set<Sensitivity>,
        start: String, end: CivilDay
    ) throws -> JSONDocument {
        var json = JSONWriter()
        json.beginObject()
        json.member("resourceType", string: "Consent")
        json.member("status", string: "active")
        json.concept("scope", "http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")
        json.key("category")
        json.beginArray()
        json.concept("http://loinc.org", "59284-0")
        json.endArray()
        json.key("patient")
        json.reference("Patient/" + patient)
        json.member("dateTime", string: start)
        json.key("performer")
        json.beginArray()
        json.reference("Patient/" + patient)
        json.endArray()
        json.concept("policyRule", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "OPTIN")
        json.key("provision")
        json.beginObject()
        json.member("type", string: "permit")
        json.key("period")
        json.beginObject()
        json.member("start", string: start)
        json.member("end", string: end.isoText + "T23:59:59+08:00")
        json.endObject()
        json.key("actor")
        json.beginArray()
        json.beginObject()
        json.concept("role", "http://terminology.hl7.org/CodeSystem/v3-ParticipationFunction", "DELEGATEE")
        json.key("reference")
        json.reference("Patient/" + delegate.id, display: delegate.name)
        json.endObject()
        json.endArray()
        let chosen = labels.filter { categories.contains($0.category) }.map(\.code)
        json.codings("securityLabel", "http://terminology.hl7.org/CodeSystem/v3-ActCode", chosen)
        let parts = Self.kinds.filter { kinds.contains($0.word) }
        // Who may look at a part has to see whose it is.
        let types = parts.count == Self.kinds.count ? [] : ["Patient"] + parts.flatMap(\.types)
        json.codings("class", "http://hl7.org/fhir/resource-types", types)
        json.endObject()
        json.endObject()
        return try JSONDocument(parsing: json.bytes)
    }
}

extension JSONWriter {
    fileprivate mutating func concept(_ key: String, _ system: String, _ code: String) {
        self.key(key)
        concept(system, code)
    }

    fileprivate mutating func concept(_ system: String, _ code: String) {
        beginObject()
        codings("coding", system, [code])
        endObject()
    }

    fileprivate mutating func codings(_ key: String, _ system: String, _ codes: [String]) {
        guard !codes.isEmpty else { return }
        self.key(key)
        beginArray()
        for code in codes {
            beginObject()
            member("system", string: system)
            member("code", string: code)
            endObject()
        }
        endArray()
    }

    fileprivate mutating func reference(_ target: String, display: String? = nil) {
        beginObject()
        member("reference", string: target)
        if let display { member("display", string: display) }
        endObject()
    }
}
