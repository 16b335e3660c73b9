import Calendar
import Laboratories

/// One laboratory, as the template reads it.
struct LaboratoryView {
    struct Check {
        let day: String
        let kind: String
        let test: String
        let result: String
        let tone: String
    }

    struct Choice {
        let code: String
        let text: String
        let isChosen: Bool
    }

    let title: String
    let state: String
    let tone: String
    let what: String
    let tests: [LaboratoriesView.Test]
    let checks: [Check]
    let hasChecks: Bool
    let mayRecord: Bool
    let choices: [Choice]
    let score: String
    let day: String
    let today: String
    let action: String
    let form: String
    let pass: String
    let problems: [String]
    let hasProblems: Bool

    init(
        _ member: LaboratoryDesk.Member, _ rules: LaboratoryRules, problems: [String], sent: FormBody, place: CityPlace,
        _ visit: Portal.NetworkVisit
    ) {
        let (words, own) = (visit.words, member.laboratory)
        title = own.name
        (state, tone) = LaboratoriesView.state(member, words)
        what = "\(words["laboratoryKind_\(own.kind.rawValue)"]) · \(place.name(own.district, words))"
        tests = own.tests.map { test in
            LaboratoriesView.Test(
                name: words.test(test), load: visit.shown(member.load[test.key] ?? 0),
                capacity: words.number(own.capacity[test.key] ?? 0))
        }
        let names = Dictionary(own.tests.map { ($0.key, words.test($0)) }) { first, _ in first }
        checks = member.standing.checks.prefix(50).map { check in
            Check(
                day: words.date(CivilDay(milliseconds: check.at)),
                kind: words["laboratoryCheck_\(check.kind.rawValue)"],
                test: names[check.test] ?? check.name,
                result: (check.score.map { words.usual($0) + "% · " } ?? "")
                    + words[check.hasPassed ? "laboratoryPassed" : "laboratoryFailed"],
                tone: check.hasPassed ? "good" : "act")
        }
        hasChecks = !checks.isEmpty
        mayRecord = visit.mayRecord && !own.tests.isEmpty
        choices = own.tests.map {
            Choice(code: $0.key, text: words.test($0), isChosen: $0.key == sent["test"])
        }
        score = sent["score"]
        today = visit.visit.today.isoText
        day = sent["day"].isEmpty ? today : sent["day"]
        action = "/laboratories/\(own.id)"
        form = visit.token
        pass = words.text("laboratoryPass", ["pass": words.usual(rules.assessmentPass)])
        self.problems = problems
        hasProblems = !problems.isEmpty
    }
}
