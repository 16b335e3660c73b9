import Calendar
import FHIR
import JSON
import Living
import Pathways
import Records
import Testing

/// Two years of a few people in all programmes, who are chosen so that everything that a programme has happens to one of them.
@Suite("Two years of the city")
struct TwoYearsTests {
    private static let good = ["tasks": "done", "moving": "no", "death": "no", "refusal": "no"]

    private static func wish(_ ages: ClosedRange<Int>, isWoman: Bool? = nil, _ fate: [String: String]) -> Cast.Wish {
        .init(ages, isWoman: isWoman, good.merging(fate) { $1 })
    }

    private static let people: [Cast.Wish] = [
        // A pregnancy with a yellow risk, a child, day 42.
        wish(
            20...32, isWoman: true,
            [
                "pregnancy": "yes", "pregnancy-risk/risk": "code y-scarred-uterus",
                "day-42-visit/disposition": "code close",
            ]),
        // Known illnesses that complicate, so that there is a referral and a return; a contract that is renewed.
        wish(
            50...64,
            [
                "known-hypertension": "yes", "registered-hypertension": "yes", "known-diabetes": "yes",
                "contract": "yes",
                "registered-diabetes": "yes", "hypertension-follow-up/complication": "pick 1:70 2:30",
                "referral": "yes",
                "diabetes-follow-up/complication": "code 2",
            ]),
        // A cancer found by screening.
        wish(
            55...70,
            [
                "colorectal-risk/own-cancer": "code 1", "colonoscopy-report/finding": "code advanced-adenoma",
                "known-hypertension": "no", "known-diabetes": "no",
            ]),
        wish(
            66...80,
            [
                "influenza": "yes", "known-hypertension": "no", "known-diabetes": "no", "elder-examination": "yes",
                "self-care-assessment/toilet": "code 4", "self-care-assessment/moving": "code 4",
            ]),
        // Bad eyes, found at school and seen by a clinic.
        wish(
            7...9, ["doses": "all", "vision-screening/acuity-right": "between 4 4", "tasks": "done"]),
        // A suspected pneumoconiosis that is one.
        wish(
            45...52, isWoman: false,
            [
                "exposed-worker": "yes", "known-pneumoconiosis": "no", "known-hypertension": "no",
                "known-diabetes": "no",
                "occupational-check/conclusion": "code suspected",
                "occupational-diagnosis/outcome": "code pneumoconiosis",
                "pneumoconiosis-registration/entitlement": "code injury-insurance",
            ]),
        // Whoever does nothing, moves away, or dies.
        .init(45...64, ["tasks": "left", "known-hypertension": "yes", "moving": "no", "death": "no", "refusal": "no"]),
        .init(35...60, ["moving": "yes", "known-hypertension": "yes", "coming-back": "no", "death": "no"]),
        .init(60...95, ["death": "yes", "known-hypertension": "yes", "moving": "no"]),
    ]

    private static let open: Set = ["draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold"]

    @Test(
        "reach every step of every programme, leave some things late and escalated, and nobody who is gone with an open Task"
    )
    func everything() async throws {
        let lived = try await LifeTests.Lived(residents: 240, days: 730, seed: 11, wishes: Self.people)
        #expect(lived.report.faults.isEmpty, "\(lived.report.faults.sorted().prefix(5))")
        #expect(lived.report.died > 0 && lived.report.moved > 0 && lived.report.born > 0)
        let funnels = try LifeFunnel.all(lived.desk)
        #expect(Set(lived.desk.pathways.map(\.setting.id)).count == 10)
        // A mother's death is too rare for a few people: a story lives through it.
        for funnel in funnels where funnel.pathway != "maternal-death" {
            #expect(funnel.entered > 0, "\(funnel.text)")
            for step in funnel.steps { #expect(step.count > 0, "\(step.title): \(funnel.text)") }
        }
        let loops = try LifeLoops(lived.desk)
        print(loops.text)
        #expect(loops.overdue > 0)
        for step in loops.escalations { #expect(step.sent > 0, "no \(step.kind)") }
        let dead = try lived.all("Patient").filter { $0["deceasedDateTime"] != nil }.compactMap { $0["id"]?.string }
        // The form by which somebody's management ends says why.
        let away = Set(
            try lived.all("QuestionnaireResponse").filter {
                $0["questionnaire"]?.string?.contains("/chronic-end") == true
                    && String(decoding: $0.compactText(), as: UTF8.self).contains("迁出")
            }.compactMap { $0["subject"]?["reference"]?.string })
        #expect(!dead.isEmpty && !away.isEmpty)
        for task in try lived.all("Task") where Self.open.contains(task["status"]?.string ?? "") {
            let person = task["for"]?["reference"]?.string ?? ""
            #expect(!dead.contains { "Patient/\($0)" == person }, "\(person) is dead and has an open task")
            #expect(!away.contains(person), "\(person) has moved away and has an open task")
        }
        await lived.store.close()
    }
}
