import Accounts
import Calendar
import HTTPTypes
import Hummingbird
import Pathways
import Records
import Timeline

extension Portal {
    /// `/residents/ID/care`: one person on the programmes: where they stand, what is open, what comes.
    func addCare(to router: Router<BasicRequestContext>, _ gate: PortalGate, _ desk: PathwayDesk) {
        router.get("/residents/:id/care") { request, context in
            await cared(request, context, gate, desk, [.clinician]) { visit in
                guard let id = context.parameters.get("id"), ResourceKey.isID(id),
                    let model = try CareModel.load(visit, id)
                else { return visit.guarded.unreached(patient: context.parameters.get("id")) }
                let view = CareView(model, visit)
                return visit.page("care", view, title: view.name, place: .today)
            }
        }
    }
}

/// A person on the programmes, as the template reads it.
struct CareView {
    struct Enrolment {
        let title: String
        let state: String
        let tone: String
        let since: String
        let next: String?
    }

    struct Grade {
        struct Row {
            let day: String
            let value: String
            let why: String
            let href: String?
        }
        let title: String
        let now: String
        let day: String
        let why: String
        let change: String?
        let rows: [Row]
        let hasRows: Bool
    }

    struct Task {
        let href: String
        let title: String
        let programme: String
        let due: String
        let tone: String
        let level: String?
        let reasons: [String]
        let state: String
        let owner: String
        let formHref: String?
        let visit: String?
    }

    /// What is done together: the tasks of one visit, or of one programme; the most urgent first.
    struct Group {
        let title: String
        let count: String
        let first: [Task]
        let rest: [Task]
        let hasRest: Bool
        let restText: String
    }

    struct Past {
        let href: String
        let title: String
        let programme: String
        let when: String
        let state: String
        let reason: String?
    }

    struct Message {
        let when: String
        let from: String
        let text: String
    }

    let name: String
    let sexAge: String
    let answer: String
    let recordHref: String
    let formsHref: String
    let vaccinationHref: String?
    let enrolments: [Enrolment]
    let hasEnrolments: Bool
    let groups: [Group]
    let hasOpen: Bool
    let later: [Task]
    let hasLater: Bool
    let grades: [Grade]
    let hasGrades: Bool
    let trends: [ResidentView.Trend]
    let hasTrends: Bool
    let past: [Past]
    let hasPast: Bool
    let messages: [Message]
    let hasMessages: Bool

    init(_ model: CareModel, _ visit: Portal.CareVisit) {
        let (words, now) = (visit.words, visit.now)
        let person = model.person
        name = person.name.isEmpty ? words["nameUnknown"] : person.name
        sexAge = words.sexAndAge(person, on: visit.visit.today)
        recordHref = Address.resident(person.id)
        formsHref = Address.make("/forms", [("patient", person.id)])
        vaccinationHref = model.isVaccinated(visit) ? "/vaccinations/\(person.id)" : nil
        let (open, later, ended) = model.split(now: now)
        let late = open.count { $0.isLate(at: now) }
        let active = model.enrolments.filter(\.isActive)
        answer = words.text(
            active.isEmpty && open.isEmpty ? "careAnswerNone" : "careAnswer",
            ["on": words.number(active.count), "n": words.number(open.count), "late": words.number(late)])
        enrolments = model.enrolments.prefix(20).map { one in
            let next = (open + later).filter { $0.pathway == one.pathway }.map { max($0.opens, $0.deferred) }.min()
            let stage = one.stage.map { visit.title(one.pathway, $0) }
            return Enrolment(
                title: words.form(one.title),
                state: one.isActive
                    ? stage ?? words["careOn"]
                    : words.text(
                        "careLeft", ["why": words.table["careLeft_\(one.left ?? "")"] ?? words["careLeftOther"]]),
                tone: one.isActive ? "good" : "",
                since: [one.start, one.end].compactMap { $0 }.map { words.date(CivilDay(milliseconds: $0)) }.joined(
                    separator: " – "),
                next: one.isActive
                    ? next.map { at in
                        at <= now
                            ? words["careNextNow"]
                            : words.text("careNext", ["date": words.date(CivilDay(milliseconds: at))])
                    } ?? words["careNextNothing"] : nil)
        }
        hasEnrolments = !enrolments.isEmpty
        func task(_ one: CareTask) -> Task {
            Task(
                href: "/tasks/\(one.id)", title: words.form(one.title), programme: visit.title(one.pathway),
                due: one.isOpen(at: now)
                    ? words.dueText(one.due, now: now)
                    : words.text(
                        "careFrom", ["date": words.date(CivilDay(milliseconds: max(one.opens, one.deferred)))]),
                tone: one.isLate(at: now) ? "act" : "quiet", level: words.level(model.level(one)),
                reasons: Array(words.reasons(one.why).prefix(2)), state: words.state(one, now: now),
                owner: words.text(
                    "workOwner",
                    [
                        "name": one.owner.hasPrefix("Patient/")
                            ? words["workTheResident"]
                            : one.ownerRole.isEmpty ? visit.name(of: one.owner) : one.ownerRole
                    ]), formHref: visit.formHref(one),
                visit: one.visit == nil
                    ? nil : words.text("workVisit", ["date": one.visitDay.map { words.date($0) } ?? words["none"]]))
        }
        var order: [String] = []
        let byGroup = Dictionary(grouping: open) { one in
            let key = one.visit.map { "v" + $0 } ?? "p" + one.pathway
            if !order.contains(key) { order.append(key) }
            return key
        }
        groups = order.compactMap { key in
            guard let tasks = byGroup[key], let first = tasks.first else { return nil }
            let rest = tasks.dropFirst().map(task)
            return Group(
                title: first.visit == nil
                    ? visit.title(first.pathway)
                    : words.text("workVisit", ["date": first.visitDay.map { words.date($0) } ?? words["none"]]),
                count: words.counted(
                    "careGroup", tasks.count, ["late": words.number(tasks.count { $0.isLate(at: now) })]),
                first: [task(first)], rest: rest, hasRest: !rest.isEmpty,
                restText: words.counted("careRest", rest.count))
        }
        hasOpen = !open.isEmpty
        self.later = later.prefix(20).map(task)
        hasLater = !later.isEmpty
        grades = model.grades.compactMap { grade in
            guard let last = grade.points.first else { return nil }
            let before = grade.points.dropFirst().first { $0.code != last.code }
            return Grade(
                title: words.form(grade.title) + words.text("inBrackets", ["text": visit.title(grade.pathway)]),
                now: model.name(last, words), day: words.date(CivilDay(milliseconds: last.at)), why: last.why,
                change: before.map {
                    words.text(
                        "careGradeBefore",
                        ["what": model.name($0, words), "date": words.date(CivilDay(milliseconds: $0.at))])
                },
                rows: grade.points.prefix(24).map { point in
                    Grade.Row(
                        day: words.date(CivilDay(milliseconds: point.at)), value: model.name(point, words),
                        why: point.why,
                        href: point.basis.flatMap { ResourceKey(reference: $0) }.map {
                            Address.source(type: $0.type, id: $0.id)
                        })
                }, hasRows: grade.points.count > 1)
        }
        hasGrades = !grades.isEmpty
        trends = model.trends.map { CareView.trend($0, model.goals, words) }
        hasTrends = !trends.isEmpty
        past = ended.prefix(40).map { one in
            Past(
                href: "/tasks/\(one.id)", title: words.form(one.title), programme: visit.title(one.pathway),
                when: one.ended.map { words.date(CivilDay(milliseconds: $0)) } ?? "",
                state: words.state(one, now: now), reason: one.reason.isEmpty ? nil : one.reason)
        }
        hasPast = !past.isEmpty
        let written = (try? visit.messages(of: person.id)) ?? []
        messages = written.prefix(10).map {
            Message(when: words.dateTime(milliseconds: $0.at), from: $0.from, text: $0.text)
        }
        hasMessages = !messages.isEmpty
    }

    /// A measured value over time, with the programme's goal where it has one, else with the laboratory's range.
    static func trend(
        _ trend: ResidentModel.Trend, _ goals: [String: PathwayGoal.Range], _ words: Words
    ) -> ResidentView.Trend {
        let goal = trend.name.code.flatMap { goals[$0] }
        let low = goal == nil ? trend.low : goal?.low
        let high = goal == nil ? trend.high : goal?.high
        let (first, last) = (trend.points[0], trend.points[trend.points.count - 1])
        // A goal is reached below it; a laboratory's range holds its end.
        let isHigh = high.map { goal == nil ? last.value > $0 : last.value >= $0 } ?? false
        let flag: ClinicalFact.Flag? = isHigh ? .high : low.map { last.value < $0 } == true ? .low : nil
        func text(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
        let range: String =
            if let goal {
                [
                    goal.high.map { words.text("careGoalBelow", ["value": text($0)]) },
                    goal.low.map { words.text("careGoalFrom", ["value": text($0)]) },
                ].compactMap { $0 }.joined(separator: words["comma"])
            } else {
                switch (low, high) {
                case (let low?, let high?): words.text("rangeBoth", ["low": text(low), "high": text(high)])
                case (let low?, nil): words.text("rangeLow", ["low": text(low)])
                case (nil, let high?): words.text("rangeHigh", ["high": text(high)])
                case (nil, nil): words["rangeNone"]
                }
            }
        let span = words.text(
            "trendSpan", ["from": words.day(seconds: first.seconds), "to": words.day(seconds: last.seconds)])
        return ResidentView.Trend(
            name: trend.name.text, value: last.number, unit: trend.unit + (flag.map { " " + words.flag($0) } ?? ""),
            tone: flag == nil ? "" : "watch",
            chart: TrendChart(
                points: trend.points.map { ($0.seconds, $0.value) }, low: low, high: high,
                name: words.counted("trendName", trend.points.count, ["name": trend.name.text, "span": span])
            ).svg(),
            note: range + words["comma"] + span,
            href: Address.source(type: trend.latest.type, id: trend.latest.id),
            link: words.text("trendLatest", ["date": words.day(seconds: last.seconds)]),
            rows: trend.points.reversed().map { .init(day: words.day(seconds: $0.seconds), value: $0.number) })
    }
}
