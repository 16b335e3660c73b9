import FHIR
import Foundation
import HTTPTypes
import JSON
import Pathways
import Programmes
import Records
import Testing

/// $immds-forecast: <http://hl7.org/fhir/us/immds/OperationDefinition/ImmDSForecastOperation>
@Suite("$immds-forecast")
struct ImmunizationForecastTests {
    private static let codes = "https://healthbrain.dev/fhir/CodeSystem/immunisation-programme"

    /// The immunisation programme that comes with the house.
    private static func programme() throws -> [Pathway] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Programmes/immunisation")
        let definitions = try Definitions.r4()
        let programme = try Programme.load(
            try ProgrammeFolder(reading: root), ProgrammeChecker(definitions: definitions))
        return try Pathway.all(programme, definitions)
    }

    private static func dose(_ vaccine: String, _ day: String, _ members: String = "") -> String {
        """
        {"name":"immunization","resource":{"resourceType":"Immunization",\(members)"status":"completed","vaccineCode":{"coding":\
        [{"system":"\(codes)","code":"\(vaccine)"}]},"patient":{"reference":"Patient/x"},"occurrenceDateTime":"\(day)"}}
        """
    }

    private static func body(_ parameters: [String]) -> String {
        #"{"resourceType":"Parameters","parameter":[\#(parameters.joined(separator: ","))]}"#
    }

    private static let day = #"{"name":"assessmentDate","valueDate":"2026-03-20"}"#
    private static let child =
        #"{"name":"patient","resource":{"resourceType":"Patient","id":"x","birthDate":"2026-01-31","gender":"female"}}"#

    private static func resources(_ answer: Answer, _ name: String) -> [JSONNode] {
        (answer.json["parameter"].map { Array($0.elements) } ?? []).filter { $0["name"]?.equals(name) == true }
            .compactMap { $0["resource"] }
    }

    @Test("tells which doses count and which come next, when and why, of what is sent along alone")
    func forecast() async throws {
        try await withDoor(pathways: try Self.programme()) { door async throws in
            let before = try door.store.status().sequence
            let answer = try await door.post(
                "/fhir/$immds-forecast",
                Self.body([
                    Self.day, Self.child, Self.dose("HepB", "2026-01-31", #""id":"birth","#),
                    Self.dose("HepB", "2026-02-20"),
                    Self.dose("BCG", "2026-02-01"),
                ]))
            #expect(answer.status == 200, "\(answer.text)")
            let evaluations = Self.resources(answer, "evaluation")
            func status(_ reference: String) -> String? {
                evaluations.first { $0["immunizationEvent"]?["reference"]?.equals(reference) == true }?["doseStatus"]?[
                    "coding"]?[0]?["code"]?.string
            }
            #expect(status("Immunization/birth") == "valid")
            // Twenty days after the first: too early.
            #expect(status("Immunization/immunization-2") == "notvalid")
            #expect(status("Immunization/immunization-3") == "valid")
            #expect(
                evaluations.first { $0["doseStatusReason"] != nil }?["doseStatusReason"]?[0]?["text"]?.string != nil)
            let recommendations = Self.resources(answer, "recommendation")
            #expect(recommendations.count == 1)
            let hepatitis = try #require(
                recommendations.first?["recommendation"]?.elements.first {
                    $0["series"]?.string?.contains("乙肝") == true
                })
            #expect(hepatitis["doseNumberPositiveInt"]?.integer == 2)
            let earliest = hepatitis["dateCriterion"]?.elements.first {
                $0["code"]?["coding"]?[0]?["code"]?.equals("30981-5") == true
            }
            // 28 days after the dose that doesn't count.
            #expect(earliest?["value"]?.string == "2026-03-20")
            let codes = hepatitis["forecastStatus"]?["coding"]?.elements.compactMap { $0["code"]?.string }
            #expect(codes == ["due", "due"])
            #expect(hepatitis["forecastReason"]?[0]?["text"]?.string?.isEmpty == false)
            #expect(try door.store.status().sequence == before)
            for resource in evaluations + recommendations {
                let type = resource["resourceType"]?.string ?? ""
                let checked = try await door.post(
                    "/fhir/\(type)/$validate", String(decoding: Array(resource.rawText), as: UTF8.self))
                let issues = checked.json["issue"].map { Array($0.elements) } ?? []
                #expect(
                    !issues.contains { ["error", "fatal"].contains($0["severity"]?.string ?? "") }, "\(checked.text)")
            }
        }
    }

    @Test("takes what else is known of the person into account")
    func record() async throws {
        try await withDoor(pathways: try Self.programme()) { door async throws in
            let ill = """
                {"name":"record","resource":{"resourceType":"Condition","subject":{"reference":"Patient/x"},"recordedDate":"2026-02-20",\
                "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"D81.9"}]}}}
                """
            let answer = try await door.post("/fhir/$immds-forecast", Self.body([Self.day, Self.child, ill]))
            let found = try #require(Self.resources(answer, "recommendation").first, "\(answer.text)")
            let statuses = found["recommendation"]?.elements.compactMap {
                $0["forecastStatus"]?["coding"]?[0]?["code"]?.string
            }
            #expect(statuses?.contains("contraindicated") == true, "\(answer.text)")
        }
    }

    @Test(
        "refuses what can't be told",
        arguments: [
            ([child], 400), ([day], 400), ([#"{"name":"assessmentDate","valueDate":"2026-03"}"#, child], 400),
            ([day, #"{"name":"patient","resource":{"resourceType":"Group","type":"person","actual":true}}"#], 400),
            ([day, #"{"name":"patient","resource":{"resourceType":"Patient","id":"x"}}"#], 422),
            ([day, child, #"{"name":"immunization","resource":{"resourceType":"Patient"}}"#], 400),
            ([day, child, #"{"name":"record","resource":{"resourceType":"Patient","birthDate":"1990-01-01"}}"#], 400),
        ])
    func refusals(parameters: [String], status: Int) async throws {
        try await withDoor(pathways: try Self.programme()) { door async throws in
            let answer = try await door.post("/fhir/$immds-forecast", Self.body(parameters))
            #expect(answer.status == status, "\(answer.text)")
        }
    }

    @Test("isn't there without a programme that has series of doses")
    func none() async throws {
        try await withDoor { door async throws in
            #expect(try await door.post("/fhir/$immds-forecast", Self.body([Self.day, Self.child])).status == 404)
        }
    }
}
