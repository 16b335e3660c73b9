import FHIR
import Foundation
import HTTPTypes
import Pathways
import Programmes
import Records
import Testing

@Suite("The vaccination record", .serialized)
struct VaccinationPageTests {
    /// The immunisation programme that comes with the house.
    private static func programme() throws -> [Pathway] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Programmes/immunisation")
        let definitions = try Definitions.r4()
        let programme = try Programme.load(
            try ProgrammeFolder(reading: root), ProgrammeChecker(definitions: definitions))
        return try Pathway.all(programme, definitions)
    }

    private static func dose(_ id: String, _ vaccine: String, _ day: String) -> String {
        """
        {"resourceType":"Immunization","id":"\(id)","status":"completed","patient":{"reference":"Patient/p3"},"lotNumber":"B-\(id)",\
        "occurrenceDateTime":"\(day)","performer":[{"actor":{"reference":"Organization/o1"}}],"vaccineCode":{"coding":[{"system":\
        "https://healthbrain.dev/fhir/CodeSystem/immunisation-programme","code":"\(vaccine)"}]}}
        """
    }

    /// A house with a child of six whose doses are on record: one of them too early.
    private static func withChild(
        _ body: @Sendable @escaping (TestHouse, @escaping @Sendable () -> TestBrowser) async throws -> Void
    ) async throws {
        try await withHouse(pathways: try programme()) { house, browser in
            try await house.store.put(ProgrammeSample.patient("p3", "王小宝", centre: "o1", born: "2020-05-01"))
            try await house.store.put(
                ProgrammeSample.patient(
                    "p1", "王秀英", centre: "o1",
                    more: #","link":[{"type":"seealso","other":{"reference":"RelatedPerson/r1"}}]"#))
            for text in [
                dose("bcg", "BCG", "2020-05-01"), dose("early", "MMR", "2020-12-20"), dose("one", "MMR", "2021-01-20"),
                dose("two", "MMR", "2021-11-20"),
                """
                {"resourceType":"CareTeam","id":"t3","status":"active","subject":{"reference":"Patient/p3"},\
                "managingOrganization":[{"reference":"Organization/o1"}]}
                """,
            ] {
                try await house.store.put(text)
            }
            await house.store.settle()
            try await body(house, browser)
        }
    }

    @Test("tells parents series by series which doses count, by whom and of which lot, and how the series stand")
    func family() async throws {
        try await Self.withChild { _, browser in
            let parent = browser()
            try await parent.signIn("grandma")
            let page = try await parent.open("/vaccinations/p3?lang=zh")
            #expect(page.status == .ok)
            for text in ["预防接种证", "王小宝", "麻腮风", "已完成", "不计入", "B-two", "2021年11月20日", "卡介苗"] {
                #expect(page.text.contains(text), "\(text)")
            }
            #expect(page.text.components(separatedBy: "<h2>麻腮风疫苗").count == 2)
            let english = try await parent.open("/vaccinations/p3?lang=en")
            #expect(english.text.contains("Vaccination record") && english.text.contains("complete"))
            #expect(!english.text.contains("⟦") && !page.text.contains("⟦"))
        }
    }

    @Test("is for the family and those who look after the child, and for nobody else")
    func others() async throws {
        try await Self.withChild { _, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            #expect(try await doctor.open("/vaccinations/p3?lang=zh").text.contains("王小宝"))
            for (login, id) in [("stranger", "p3"), ("grandma", "p2"), ("doctor", "nobody"), ("doctor", "a%20b")] {
                let other = browser()
                try await other.signIn(login)
                let page = try await other.open("/vaccinations/\(id)")
                #expect(page.status == .notFound && !page.text.contains("王小宝"), "\(login) \(id)")
            }
            let manager = browser()
            try await manager.signIn("manager")
            #expect(try await manager.open("/vaccinations/p3").status != .ok)
        }
    }
}
