import FHIR
import Foundation
import JSON
import Pathways
import Records
import Testing

/// Two small pathways: people with high pressure are followed up, and everybody is invited to walk.
enum ProgrammeSample {
    static let setting = ProgrammeSetting(
        id: "steps", version: "1", title: Words(zh: "稳步走", en: "Steady steps"),
        roles: [
            "family-doctor": .init(
                id: "family-doctor", title: Words(zh: "家庭医生", en: "family doctor"), reach: .generalPractitioner),
            "authority": .init(
                id: "authority", title: Words(zh: "卫健局", en: "authority"), reach: .districtAuthority),
            "resident": .init(id: "resident", title: Words(zh: "居民", en: "resident"), reach: .resident),
        ], parameters: [:],
        escalation: [
            .init(after: Span(0, .day), kind: .reminder, role: "family-doctor"),
            .init(after: Span(0, .day), kind: .supervision, role: "authority"),
        ])

    static func expr(_ text: String) -> String {
        #"{"language":"text/fhirpath","expression":"\#(text)"}"#
    }

    static func action(_ id: String, _ title: String, _ kind: String, _ rest: String = "") -> String {
        """
        {"id":"\(id)","title":"\(title)","description":"规则：\(title)","code":[{"coding":[{"system":\
        "https://healthbrain.dev/fhir/CodeSystem/pathway-part","code":"\(kind)"}]}]\(rest.isEmpty ? "" : "," + rest)}
        """
    }

    static func trigger(_ expression: String) -> String {
        #""trigger":[{"type":"named-event","name":"t","condition":\#(expr(expression))}]"#
    }

    static func role(_ id: String) -> String {
        #""participant":[{"type":"practitioner","role":{"coding":[{"code":"\#(id)"}]}}]"#
    }

    static func pathway(_ id: String, _ title: String, _ actions: [String], _ more: String = "") throws -> Pathway {
        let text = """
            {"resourceType":"PlanDefinition","id":"\(id)","url":"https://healthbrain.dev/fhir/PlanDefinition/\(id)",\
            "version":"1","title":"\(title)","status":"active"\(more),"action":[\(actions.joined(separator: ","))]}
            """
        return try Pathway(JSONDocument(parsing: Array(text.utf8)).root, setting, Definitions.r4())
    }

    static func days(_ count: Int) -> String { #""timingDuration":{"value":\#(count),"code":"d"}"# }

    static func pathways() throws -> [Pathway] {
        let goal = """
            ,"goal":[{"description":{"text":"血糖低于 6"},"target":[{"measure":{"coding":[{"system":"http://loinc.org",\
            "code":"14749-6"}]},"detailRange":{"high":{"extension":[{"url":\
            "http://hl7.org/fhir/StructureDefinition/cqf-expression","valueExpression":\
            \(expr("iif(birthDate + 70 years <= %moment.toDate(), 7, 6)"))}]}}}]}]
            """
        let pressure = try pathway(
            "pressure", "高血压管理",
            [
                action(
                    "diagnosed", "已确诊", "entry",
                    trigger("%record.ofType(Condition).where(code.coding.code.startsWith('I10'))")
                        + #","requiredBehavior":"must""#),
                action("first-contact", "首次联系", "activity", role("family-doctor") + "," + days(0)),
                action(
                    "follow-up", "定期随访", "activity",
                    role("family-doctor") + "," + days(90)
                        + #","definitionCanonical":"https://healthbrain.dev/fhir/Questionnaire/q1""#),
                action("examination", "年度体检", "activity", role("family-doctor") + "," + days(90)),
                action("own-check", "自己量血压", "activity", role("resident") + "," + days(30)),
                action(
                    "risk", "风险分级", "grade",
                    trigger("%record.ofType(Observation)")
                        + #","dynamicValue":[{"path":"prediction.qualitativeRisk","expression":\#(expr("'黄色'"))},"#
                        + #"{"path":"prediction.rationale","expression":\#(expr("'血糖 5.10'"))}]"#),
                action("eligible", "应管理", "milestone"),
                action("controlled", "已达标", "milestone", trigger("%record.ofType(Observation)")),
            ], goal)
        let walks = try pathway(
            "walks", "健步走",
            [
                action(
                    "invited", "邀请健步走", "entry",
                    trigger("@2026-11-10") + #","requiredBehavior":"could","# + role("family-doctor")),
                action("walk", "第一次健步走", "activity", role("resident") + "," + days(30)),
            ])
        return [pressure, walks]
    }

    static func patient(
        _ id: String, _ name: String, centre: String, division: Int = 330_106, born: String = "1954-03-09",
        more: String = ""
    ) -> String {
        String(Sample.patient(id, name: name, born: born, division: division).dropLast())
            + #","managingOrganization":{"reference":"Organization/\#(centre)"}\#(more)}"#
    }
}

extension TestHouse {
    /// Looks at everybody and settles what follows.
    func follow() async throws {
        await store.settle()
        let desk = try #require(pathways)
        for _ in 0..<3 {
            _ = try await desk.run(now: now)
            await store.settle()
        }
    }

    /// The open Tasks of an action.
    func tasks(_ action: String, of patient: String) throws -> [JSONNode] {
        try store.search(
            type: "Task",
            parameters: [
                ("patient", "Patient/\(patient)"),
                ("code", "https://healthbrain.dev/fhir/CodeSystem/pathway-action|\(action)"),
            ]
        ).entries.map { try JSONDocument(parsing: $0.version.json()).root }
    }

    func task(_ action: String, of patient: String = "p1") throws -> String {
        try #require(try tasks(action, of: patient).first?["id"]?.string, "\(action)")
    }
}

/// Runs a test in a house that follows two pathways: p1 is of the hospital o1, p2 of o2.
func withProgrammes(
    more: Int = 0,
    _ body: @Sendable @escaping (TestHouse, @escaping @Sendable () -> TestBrowser) async throws -> Void
) async throws {
    try await withHouse(pathways: try ProgrammeSample.pathways()) { house, browser in
        try await house.store.put(FormPagesTests.questionnaire)
        try await house.store.put(
            ProgrammeSample.patient(
                "p1", "王秀英", centre: "o1",
                more: #","link":[{"type":"seealso","other":{"reference":"RelatedPerson/r1"}}]"#))
        try await house.store.put(
            ProgrammeSample.patient("p2", "李雷", centre: "o2", division: 330_102, born: "1990-11-18"))
        try await house.store.put(ProgrammeSample.patient("p3", "王小宝", centre: "o1", born: "2020-05-01"))
        for number in 0..<more {
            try await house.store.put(ProgrammeSample.patient("b\(number)", "居民\(number)", centre: "o1"))
            try await house.store.put(
                Sample.condition("bc\(number)", patient: "b\(number)", code: "I10.x00", day: "2026-11-20"))
        }
        try await house.follow()
        try await body(house, browser)
    }
}
