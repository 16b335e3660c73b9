import FHIR
import Foundation
import Pathways
import Programmes
import Testing

/// A programme that no engine knows: feet of people with diabetes are looked at every half year (invented).
enum FootCare {
    static func text(_ zh: String, _ en: String, _ indent: String = "    ") -> String {
        "_title: {extension: [{url: 'http://hl7.org/fhir/StructureDefinition/translation', extension: "
            + "[{url: lang, valueCode: en}, {url: content, valueString: '\(en)'}]}]}\n\(indent)title: \(zh)"
    }

    static func part(_ code: String) -> String {
        "code: [{coding: [{system: 'https://healthbrain.dev/fhir/CodeSystem/pathway-part', code: \(code)}]}]"
    }

    static let manifest = """
        id: foot-care
        version: '1'
        status: active
        title: {zh: 糖尿病足筛查, en: Foot care}
        purpose: {zh: 每半年看一次脚, en: Feet are looked at every half year.}
        systems: [chronic-integrated-care]
        sources:
          house: {title: 测试用, standing: ours}
        roles:
          family-doctor: {title: {zh: 家庭医生, en: family doctor}, reach: general-practitioner}
          centre: {title: {zh: 社区中心, en: centre}, reach: managing-organization}
          authority: {title: {zh: 卫健局, en: authority}, reach: district-authority}
        parameters:
          footEvery: {title: {zh: 间隔, en: interval}, type: duration, source: house, default: 6 mo, min: 1 mo, max: 24 mo}
        escalation:
          - {after: 7 d, kind: reminder, to: family-doctor, source: house}
          - {after: 14 d, kind: prompt, to: centre, source: house}
          - {after: 30 d, kind: supervision, to: authority, source: house}
        """

    static let pathway = """
        resourceType: PlanDefinition
        id: feet
        url: https://healthbrain.dev/fhir/PlanDefinition/feet
        version: '1'
        name: Feet
        extension:
          - url: http://hl7.org/fhir/StructureDefinition/variable
            valueExpression: {name: looks, language: text/fhirpath, expression: "%record.ofType(Procedure).where(code.coding.exists(code = 'foot'))"}
        title: 足部检查
        _title: {extension: [{url: 'http://hl7.org/fhir/StructureDefinition/translation', extension: [{url: lang, valueCode: en}, {url: content, valueString: Feet}]}]}
        type: {coding: [{system: 'http://terminology.hl7.org/CodeSystem/plan-definition-type', code: clinical-protocol}]}
        status: active
        action:
          - id: diabetes
            \(text("糖尿病", "diabetes"))
            \(part("entry"))
            documentation: [{type: justification, label: house}]
            trigger: [{type: named-event, name: diabetes, data: [{type: Condition}], condition: {language: text/fhirpath, expression: "%record.ofType(Condition).where(code.coding.exists(code.startsWith('E11')))"}}]
            requiredBehavior: must
          - id: death
            \(text("死亡", "death"))
            \(part("leave"))
            documentation: [{type: justification, label: house}]
            reason: [{coding: [{system: 'https://healthbrain.dev/fhir/CodeSystem/leave-reason', code: death}]}]
            trigger: [{type: named-event, name: death, data: [{type: Patient}], condition: {language: text/fhirpath, expression: 'deceased.ofType(dateTime)'}}]
          - id: managed
            \(text("管理中", "managed"))
            \(part("stage"))
            documentation: [{type: justification, label: house}]
            condition: [{kind: applicability, expression: {language: text/fhirpath, expression: 'true'}}]
            action:
              - id: first-look
                \(text("首次足部检查", "first look", "        "))
                \(part("activity"))
                documentation: [{type: justification, label: house}]
                participant: [{type: practitioner, role: {coding: [{system: 'https://healthbrain.dev/fhir/CodeSystem/foot-care-role', code: family-doctor}]}}]
                timingDuration: {extension: [{url: 'http://hl7.org/fhir/StructureDefinition/cqf-expression', valueExpression: {language: text/fhirpath, expression: '%footEvery'}}]}
                condition: [{kind: stop, expression: {language: text/fhirpath, expression: '%looks'}}]
              - id: look-again
                \(text("再次足部检查", "look again", "        "))
                \(part("activity"))
                documentation: [{type: justification, label: house}]
                participant: [{type: practitioner, role: {coding: [{system: 'https://healthbrain.dev/fhir/CodeSystem/foot-care-role', code: family-doctor}]}}]
                trigger: [{type: named-event, name: look, data: [{type: Procedure}], condition: {language: text/fhirpath, expression: '%looks'}}]
                timingDuration: {extension: [{url: 'http://hl7.org/fhir/StructureDefinition/cqf-expression', valueExpression: {language: text/fhirpath, expression: '%footEvery'}}]}
                condition: [{kind: stop, expression: {language: text/fhirpath, expression: '%looks.where(performed.ofType(dateTime) > %moment)'}}]
          - id: entered
            \(text("已进入", "entered"))
            \(part("milestone"))
            documentation: [{type: justification, label: house}]
        """

    static let story = """
        title: {zh: 半年一次, en: Every half year}
        pathway: feet
        city: '330110'
        person: {name: 王秀英, birthDate: 1960-08-31, gender: female}
        steps:
          - on: 2026-01-10
            expect: [{enrolled: false}, {milestone: entered, is: false}, {task: first-look, state: none}]
          - on: 2026-01-31
            given: [{condition: {icd10: E11.900, onset: 2026-01-31}}]
            expect: [{enrolled: true}, {stage: managed}, {milestone: entered, is: true}, {task: first-look, state: open, due: 2026-07-31, owner: family-doctor}]
          - on: 2026-08-01
            expect: [{task: first-look, state: overdue}, {escalation: first-look, kind: none}]
          - on: 2026-08-14
            expect: [{escalation: first-look, kind: prompt, to: centre}]
          - on: 2026-08-31
            given: [{resource: {resourceType: Procedure, status: completed, code: {coding: [{code: foot}]}, subject: {reference: $person}, performedDateTime: '2026-08-31T09:00:00+08:00'}}]
            expect: [{task: first-look, state: done}, {task: look-again, state: open, due: 2027-02-28}]
          - on: 2026-09-10
            answer: [{task: look-again, outcome: declined, reason: 住院}]
            expect: [{task: look-again, state: declined}]
          - on: 2026-10-01
            given: [{death: 2026-09-30}]
            expect: [{left: death}]
        """

    static func folder(story: String = story) -> ProgrammeFolder {
        ProgrammeFolder(
            name: "foot-care",
            files: [
                "programme.yaml": Array(manifest.utf8), "pathways/feet.yaml": Array(pathway.utf8),
                "scenarios/half-year.yaml": Array(story.utf8),
            ])
    }

    static func run(story: String = story) async throws -> ScenarioRunner.Result {
        let definitions = try Definitions.r4()
        let programme = try Programme.load(folder(story: story), ProgrammeChecker(definitions: definitions))
        let one = try #require(try ScenarioStory.all(programme).first)
        return try await ScenarioRunner(programme, definitions).run(one, in: testDatabase())
    }
}

@Suite("A programme that the engines don't know")
struct NinthProgrammeTests {
    @Test("runs at once, as a folder and nothing else")
    func runs() async throws {
        let result = try await FootCare.run()
        #expect(result.failure == nil)
        #expect(result.closed == 2)
        #expect(result.open == 0)
        #expect(result.held == 14)
    }

    @Test(
        "whose story isn't as expected is told what was instead",
        arguments: [
            ("due: 2026-07-31", "due: 2026-07-30", "2026-07-31"), ("state: overdue", "state: done", "overdue"),
            ("kind: prompt, to: centre", "kind: supervision", "prompt to centre"),
            ("left: death", "left: moved", "death"),
            ("stage: managed", "stage: none", "stage managed"),
            ("task: first-look, state: none", "enrolled: true", "not on"),
            ("onset: 2026-01-31", "onset: 2026-02-31", "refused"),
        ])
    func fails(was: String, wrong: String, told: String) async throws {
        #expect(FootCare.story.contains(was))
        let result = try await FootCare.run(story: FootCare.story.replacing(was, with: wrong, maxReplacements: 1))
        let failure = try #require(result.failure)
        #expect(failure.contains(told), "\(failure)")
    }

    @Test("a story may follow another programme too, and name its pathway")
    func together() async throws {
        let definitions = try Definitions.r4()
        let story = """
            title: {zh: 两个项目}
            pathway: feet
            programmes: [hand-care]
            person: {name: 王建国, birthDate: 1990-01-01}
            steps:
              - on: 2026-01-31
                given: [{condition: {icd10: E11.900, onset: 2026-01-31}}]
                expect: [{enrolled: true}, {pathway: hands, enrolled: true}, {task: first-look, pathway: hands, state: open}]
            """
        let files = FootCare.folder().files.mapValues {
            Array(
                String(decoding: $0, as: UTF8.self).replacing("foot-care", with: "hand-care")
                    .replacing("feet", with: "hands").utf8)
        }
        let hands = ProgrammeFolder(
            name: "hand-care",
            files: ["programme.yaml": files["programme.yaml"]!, "pathways/hands.yaml": files["pathways/feet.yaml"]!])
        let beside = try Programme.load(hands, ProgrammeChecker(definitions: definitions))
        let programme = try Programme.load(FootCare.folder(story: story), ProgrammeChecker(definitions: definitions))
        let one = try #require(try ScenarioStory.all(programme).first)
        let result = try await ScenarioRunner(programme, others: [beside], definitions).run(one, in: testDatabase())
        #expect(result.failure == nil)
        let alone = try await ScenarioRunner(programme, definitions).run(one, in: testDatabase())
        #expect(alone.failure == "there is no programme hand-care")
    }

    /// The programmes that come with the house.
    static let shipped = ProgrammeFolder.all(
        below: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Programmes"))

    @Test("and those that come with the house live through their stories", arguments: shipped)
    func house(folder: URL) async throws {
        let definitions = try Definitions.r4()
        let checker = ProgrammeChecker(definitions: definitions)
        let all = try Self.shipped.map { try Programme.load(try ProgrammeFolder(reading: $0), checker) }
        let programme = try #require(all.first { $0.id == folder.lastPathComponent })
        let runner = try ScenarioRunner(programme, others: all, definitions)
        for story in try ScenarioStory.all(programme) {
            let result = try await runner.run(story, in: testDatabase())
            #expect(result.failure == nil, "\(story.path): \(result.failure ?? "")")
        }
    }
}
