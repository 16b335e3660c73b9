import Access
import FHIR
import Gate
import HTTPTypes
import Identity
import JSON
import Persons
import Records

/// The persons that a record may be about: <https://hl7.org/fhir/R4/patient-operation-match.html>
///
/// Clinicians are told only of Patients whom they may see. Programs of institutions are told, beside those, of the one
/// person whom they have described for certain: by id alone. The city's own programs are told of everybody.
struct MatchOperation: FHIROperation {
    let name = "match"
    let definition = "http://hl7.org/fhir/OperationDefinition/Patient-match"
    let levels: Set<OperationLevel> = [.type]
    let types: [String]? = ["Patient"]
    let parameters = ["resource", "onlyCertainMatches", "count"]
    let bodyParameter: String? = "resource"

    private static let countMax = 50
    private static let gradeURL = "http://hl7.org/fhir/StructureDefinition/match-grade"

    func run(_ request: OperationRequest) async throws -> Reply {
        let persons = try request.persons()
        let isProgram = try role(of: request)
        let parameters = request.parameters
        guard let patient = try parameters.resource("resource") else { throw Fault.missingParameter("resource") }
        guard patient["resourceType"]?.equals("Patient") == true else {
            throw Fault.malformedParameter("resource", "a Patient")
        }
        let count = try parameters.integer("count") ?? 10
        guard (1...Self.countMax).contains(count) else {
            throw Fault.malformedParameter("count", "a whole number from 1 to \(Self.countMax)")
        }
        let fields = PatientFields.fields(of: patient)
        guard fields.count > 1 else {
            throw Fault(
                .unprocessableContent, .required,
                "The Patient says too little to be matched: give a number, or a name with a birth date.")
        }
        var matches = try persons.matches(fields).filter { $0.grade != .certainlyNot }
        if try parameters.boolean("onlyCertainMatches") == true { matches = matches.filter { $0.grade == .certain } }
        matches = Array(matches.prefix(Self.countMax))
        let seen = try seen(matches, request)
        let told = matches.filter { seen[$0.person] != nil || (isProgram && $0.grade == .certain) }.prefix(count)
        return Reply(.ok, json: bundle(Array(told), seen, request))
    }

    /// Whether a program asks. Residents and those who see no records of persons are refused.
    private func role(of request: OperationRequest) throws -> Bool {
        guard let subject = request.call.visitor?.caller.subject else { return true }
        switch subject.role {
        // Who counts cases sees persons masked: asking by name and number would tell who they are.
        case .system where subject.reach == .city || [.treatment, .operations].contains(subject.purpose): return true
        case .system: throw Fault.refused(.purpose)
        case .clinician: return false
        case .anonymous, .resident, .epidemiologist, .manager, .operator: throw Fault.refused(.role)
        }
    }

    private func seen(_ matches: [PersonMatch], _ request: OperationRequest) throws -> [String: Version] {
        guard !matches.isEmpty else { return [:] }
        let ids = matches.map(\.person)
        let page = try request.records.search(
            type: "Patient",
            parameters: [("_id", ids.joined(separator: ",")), ("_count", "\(ids.count)")])
        return Dictionary(page.entries.map { ($0.version.key.id, $0.version) }, uniquingKeysWith: { first, _ in first })
    }

    private func bundle(_ matches: [PersonMatch], _ seen: [String: Version], _ request: OperationRequest) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Bundle")
        writer.member("type", string: "searchset")
        writer.member("total", integer: matches.count)
        if !matches.isEmpty {
            writer.key("entry")
            writer.beginArray()
            for match in matches {
                writer.beginObject()
                writer.member("fullUrl", string: "\(request.call.base)/Patient/\(match.person)")
                writer.member("resource", raw: seen[match.person]?.json() ?? Self.hidden(match.person))
                writer.key("search")
                writer.beginObject()
                writer.key("extension")
                writer.beginArray()
                writer.beginObject()
                writer.member("url", string: Self.gradeURL)
                writer.member("valueCode", string: match.grade.rawValue)
                writer.endObject()
                writer.endArray()
                writer.member("mode", string: "match")
                writer.key("score")
                writer.decimal(text: Self.score(match.score))
                writer.endObject()
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }

    /// A Patient of whom only the id is told.
    private static func hidden(_ id: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Patient")
        writer.member("id", string: id)
        let security =
            #"{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"REDACTED"}]}"#
        writer.member("meta", raw: Array(security.utf8))
        writer.endObject()
        return writer.bytes
    }

    /// From 0 to 1, with four places.
    private static func score(_ score: Double) -> String {
        let places = min(10_000, max(0, Int((score * 10_000).rounded())))
        return "\(places / 10_000).\(String(places % 10_000 + 10_000).dropFirst())"
    }
}

extension OperationRequest {
    /// The index of persons.
    /// - Throws: 404 where the server keeps none.
    func persons() throws(Fault) -> Persons {
        guard let persons = service.persons else {
            throw Fault(.notFound, .notSupported, "This server keeps no index of persons.")
        }
        return persons
    }
}
