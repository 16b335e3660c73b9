import FHIR
import Foundation
import JSON
import Pathways
import Programmes
import Records
import Testing

/// People who are in several of the programmes that come with the house.
@Suite("All programmes together")
struct TogetherTests {
    static let pathways = Result {
        let definitions = try Definitions.r4()
        let checker = ProgrammeChecker(definitions: definitions)
        return try NinthProgrammeTests.shipped.flatMap {
            try Pathway.all(Programme.load(try ProgrammeFolder(reading: $0), checker), definitions)
        }
    }

    static func house(born: String, gender: String, on day: String) async throws -> House {
        let house = try await House(try pathways.get(), on: day)
        try await house.put(
            """
            {"resourceType":"Patient","id":"m","birthDate":"\(born)","gender":"\(gender)","managingOrganization":\
            {"reference":"Organization/club"},"generalPractitioner":[{"reference":"Practitioner/coach"}],"address":[{"extension":[{"url":\
            "https://healthbrain.dev/fhir/StructureDefinition/division","valueCode":"330110"}]}]}
            """)
        return house
    }

    static func condition(_ id: String, _ code: String, _ day: String) -> String {
        """
        {"resourceType":"Condition","id":"\(id)","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"\(code)"}]},\
        "subject":{"reference":"Patient/m"},"recordedDate":"\(day)"}
        """
    }

    static func form(_ id: String, _ form: String, _ day: String, _ items: String = "") -> String {
        """
        {"resourceType":"QuestionnaireResponse","id":"\(id)","status":"completed","questionnaire":\
        "https://healthbrain.dev/fhir/Questionnaire/\(form)","subject":{"reference":"Patient/m"},\
        "authored":"\(day)T09:00:00+08:00"\(items.isEmpty ? "" : ",\"item\":[\(items)]")}
        """
    }

    static func pressure(_ id: String, _ systolic: Int, _ diastolic: Int, _ day: String) -> String {
        func part(_ code: String, _ value: Int) -> String {
            """
            {"code":{"coding":[{"system":"http://loinc.org","code":"\(code)"}]},"valueQuantity":{"value":\(value),"unit":"mm[Hg]",\
            "system":"http://unitsofmeasure.org","code":"mm[Hg]"}}
            """
        }
        return """
            {"resourceType":"Observation","id":"\(id)","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},\
            "subject":{"reference":"Patient/m"},"effectiveDateTime":"\(day)T09:00:00+08:00","component":[\(part("8480-6", systolic)),\
            \(part("8462-4", diastolic))]}
            """
    }

    @Test("one visit serves an elder with both diseases in three programmes, and one form closes their examinations")
    func elder() async throws {
        let house = try await Self.house(born: "1961-01-01", gender: "male", on: "2026-01-10")
        try await house.put(Self.condition("pressure", "I10", "2026-01-05"))
        try await house.put(Self.condition("sugar", "E11.900", "2026-01-05"))
        try await house.run()
        let codes = [
            "hypertension.first-examination", "type-2-diabetes.first-examination", "elder-health.first-examination",
        ]
        var groups: Set<String> = []
        for code in codes {
            let task = try #require(try house.tasks(code).first, "\(code)")
            #expect(task["businessStatus"]?["coding"]?[0]?["code"]?.string == "open")
            groups.insert(task["groupIdentifier"]?["value"]?.string ?? code)
        }
        #expect(groups.count == 1)
        // Somebody with diabetes is followed up, and not screened for it.
        #expect(try house.tasks("glucose-screening.first-glucose").allSatisfy { $0["status"]?.string == "cancelled" })
        try await house.put(Self.form("exam", "elder-examination", "2026-03-02"))
        try await house.run("2026-03-02")
        for code in codes { #expect(try house.tasks(code).first?["status"]?.string == "completed", "\(code)") }
        await house.store.close()
    }

    @Test(
        "raised pressure in pregnancy is an emergency of hypertension and a risk of the pregnancy; a stay in hospital answers both"
    )
    func pregnant() async throws {
        let house = try await Self.house(born: "1988-04-18", gender: "female", on: "2026-03-02")
        try await house.put(Self.condition("pressure", "I10", "2025-05-05"))
        try await house.put(Self.condition("pregnancy", "Z34.0", "2026-03-02"))
        try await house.put(
            Self.form(
                "registration", "pregnancy-registration", "2026-03-02",
                #"{"linkId":"lmp","answer":[{"valueDate":"2026-01-05"}]}"#))
        try await house.put(Self.pressure("raised", 152, 96, "2026-03-02"))
        try await house.run()
        let urgent = try #require(try house.tasks("hypertension.refer-urgently").first)
        #expect(urgent["businessStatus"]?["coding"]?[0]?["code"]?.string == "open")
        #expect(try house.tasks("hypertension.recheck-2-weeks").isEmpty)
        let colours = try house.all("RiskAssessment").compactMap {
            $0["prediction"]?[0]?["qualitativeRisk"]?["coding"]?[0]?["code"]?.string
        }
        #expect(colours.contains("yellow"), "\(colours)")
        #expect(
            try !house.tasks("high-risk-pregnancy.case-file").isEmpty
                || !house.tasks("high-risk-pregnancy.case-file-by-age").isEmpty)
        try await house.put(
            """
            {"resourceType":"Encounter","id":"stay","status":"in-progress","class":{"system":\
            "http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},"subject":{"reference":"Patient/m"},\
            "period":{"start":"2026-03-02T15:00:00+08:00"}}
            """)
        try await house.run("2026-03-03")
        #expect(try house.tasks("hypertension.refer-urgently").first?["status"]?.string == "completed")
        #expect(try house.tasks("hypertension.confirm-referral").first?["status"]?.string == "completed")
        await house.store.close()
    }

    @Test("a death closes every open loop of every programme, and nothing opens after it")
    func death() async throws {
        let house = try await Self.house(born: "1960-12-31", gender: "female", on: "2026-03-02")
        try await house.put(Self.condition("pressure", "I10", "2026-01-05"))
        try await house.run()
        #expect(try house.all("Task").contains { $0["status"]?.string == "requested" })
        let patient = try house.all("Patient")[0]
        let text = String(decoding: patient.document.text, as: UTF8.self)
        try await house.put(text.replacing("\"gender\":", with: "\"deceasedDateTime\":\"2026-03-03\",\"gender\":"))
        try await house.run("2026-03-04")
        #expect(try house.all("Task").allSatisfy { ["cancelled", "completed"].contains($0["status"]?.string ?? "") })
        try await house.put(Self.condition("late", "E11.900", "2026-03-20"))
        try await house.put(Self.form("late-exam", "elder-examination", "2026-03-20"))
        try await house.run("2027-06-01")
        #expect(try house.all("Task").allSatisfy { ["cancelled", "completed"].contains($0["status"]?.string ?? "") })
        await house.store.close()
    }
}
