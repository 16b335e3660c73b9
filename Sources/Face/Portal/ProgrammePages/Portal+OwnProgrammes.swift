import Accounts
import Calendar
import HTTPTypes
import Hummingbird
import Pathways
import Records

extension Portal {
    /// `/my/programmes`: a resident's own programmes, and those of their young children: what is next and why, in plain words.
    func addOwnProgrammes(to router: Router<BasicRequestContext>, _ gate: PortalGate, _ desk: PathwayDesk) {
        router.get("/my/programmes") { request, context in
            await cared(request, context, gate, desk, [.resident]) { visit in
                let caller = try visit.guarded.someone()
                guard let own = caller.ownPatient else { return visit.visit.fault(.unreached) }
                let family = [own] + (try gate.wards(of: caller))
                let id = visit.asked("patient") ?? own
                // By a mandate somebody sees records; what programmes ask of a person is between them and their family.
                guard family.contains(id), let model = try CareModel.load(visit, id) else {
                    return visit.guarded.unreached(patient: nil)
                }
                let view = try OwnProgrammesView(model, own: own, family: family, visit)
                return visit.page("my-programmes", view, title: visit.words["ownProgrammesTitle"], place: .programmes)
            }
        }
    }
}

/// A resident's programmes as the template reads them.
struct OwnProgrammesView {
    struct Tab {
        let href: String
        let text: String
        let isCurrent: Bool
    }

    struct Card {
        let id: String
        let title: String
        let what: String?
        let due: String
        let tone: String
        let programme: String
        let who: String
        let why: String?
        let whyMore: [String]
        let hasMore: Bool
        let formHref: String?
        let isInvitation: Bool
        let canAnswer: Bool
        let href: String
        let address: String
    }

    struct Programme {
        let title: String
        let stage: String?
        let since: String
        let grade: String?
        let gradeWhy: String?
        let next: String
    }

    struct Result {
        let name: String
        let value: String
        let unit: String
        let when: String
        let meaning: String
        let tone: String
        let chart: String
        let href: String
    }

    struct Message {
        let when: String
        let from: String
        let text: String
    }

    let name: String
    let answer: String
    let notice: String?
    let undoHref: String?
    let tabs: [Tab]
    let hasTabs: Bool
    let cards: [Card]
    let hasCards: Bool
    let others: [Card]
    let hasOthers: Bool
    let programmes: [Programme]
    let hasProgrammes: Bool
    let results: [Result]
    let hasResults: Bool
    let messages: [Message]
    let hasMessages: Bool
    let form: String
    let formsHref: String
    let vaccinationHref: String?

    /// Results on the page.
    private static let resultsMax = 6

    init(_ model: CareModel, own: String, family: [String], _ visit: Portal.CareVisit) throws {
        let (words, now) = (visit.words, visit.now)
        let id = model.person.id
        name = model.person.name.isEmpty ? words["nameUnknown"] : model.person.name
        form = visit.token
        formsHref = Address.make("/forms", [("patient", id)])
        vaccinationHref = model.isVaccinated(visit) ? "/vaccinations/\(id)" : nil
        notice = visit.asked("done").flatMap { words.table["ownDone_\($0)"] }
        undoHref = try visit.asked("task").flatMap { try visit.task($0) }.flatMap {
            $0.person == id && $0.isAnswered ? "/tasks/\($0.id)" : nil
        }
        tabs = try family.compactMap { member in
            try visit.person(member).map {
                Tab(
                    href: member == own ? "/my/programmes" : Address.make("/my/programmes", [("patient", member)]),
                    text: member == own ? words["ownMyself"] : $0.name, isCurrent: member == id)
            }
        }
        hasTabs = tabs.count > 1
        let (open, later, _) = model.split(now: now)
        func isInvitation(_ task: CareTask) -> Bool {
            visit.pathway(task.pathway)?.part(task.action)?.isInvitation == true
        }
        func isMine(_ task: CareTask) -> Bool { task.owner.hasPrefix("Patient/") || isInvitation(task) }
        func card(_ task: CareTask) -> Card {
            let reasons = words.reasons(task.why)
            let invitation = isInvitation(task)
            return Card(
                id: task.id, title: words.form(task.title),
                what: visit.pathway(task.pathway)?.part(task.action)?.description.map { words.said($0) },
                due: task.isOpen(at: now)
                    ? words.plainDue(task.due, now: now)
                    : words.text(
                        "careFrom", ["date": words.date(CivilDay(milliseconds: max(task.opens, task.deferred)))]),
                tone: task.isLate(at: now) ? "watch" : "quiet", programme: visit.title(task.pathway),
                who: isMine(task)
                    ? words["ownYouDo"]
                    : words.text(
                        "ownTheyDo", ["name": task.owner.isEmpty ? words["workNobody"] : visit.name(of: task.owner)]),
                why: reasons.first, whyMore: Array(reasons.dropFirst()), hasMore: reasons.count > 1,
                formHref: isMine(task) ? visit.formHref(task) : nil, isInvitation: invitation,
                canAnswer: isMine(task) && task.isOpen(at: now), href: "/tasks/\(task.id)", address: "/tasks/\(task.id)"
            )
        }
        let mine = open.filter(isMine)
        let next = open.filter { !isMine($0) } + later
        cards = mine.map(card)
        hasCards = !cards.isEmpty
        // What is done at one visit is one line for those who come.
        var seen: Set<String> = []
        others = next.filter { $0.visit.map { seen.insert($0).inserted } ?? true }.prefix(12).map(card)
        hasOthers = !others.isEmpty
        programmes = model.enrolments.filter(\.isActive).map { one in
            let at = (open + later).filter { $0.pathway == one.pathway }.map { max($0.opens, $0.deferred) }.min()
            let grade = model.grades.first { $0.pathway == one.pathway }?.points.first
            return Programme(
                title: words.form(one.title), stage: one.stage.map { visit.title(one.pathway, $0) },
                since: words.text("ownSince", ["date": words.date(CivilDay(milliseconds: one.start))]),
                grade: grade.map {
                    words.text(
                        "ownGrade",
                        ["what": model.name($0, words), "date": words.date(CivilDay(milliseconds: $0.at))])
                }, gradeWhy: grade.flatMap { $0.why.isEmpty ? nil : $0.why },
                next: at.map {
                    $0 <= now
                        ? words["careNextNow"]
                        : words.text("careNext", ["date": words.date(CivilDay(milliseconds: $0))])
                } ?? words["careNextNothing"])
        }
        hasProgrammes = !programmes.isEmpty
        results = model.trends.filter { $0.name.code.map { model.goals[$0] != nil } ?? false }.prefix(Self.resultsMax)
            .map {
                trend in
                let shown = CareView.trend(trend, model.goals, words)
                let goal = trend.name.code.flatMap { model.goals[$0] }
                let value = trend.points[trend.points.count - 1].value
                let isReached = (goal?.high.map { value < $0 } ?? true) && (goal?.low.map { value >= $0 } ?? true)
                let limit = (goal?.high ?? goal?.low).map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" } ?? ""
                return Result(
                    name: shown.name, value: shown.value, unit: trend.unit,
                    when: words.day(seconds: trend.points[trend.points.count - 1].seconds),
                    meaning: words.text(
                        isReached ? "ownResultGood" : "ownResultWatch", ["goal": "\(limit) \(trend.unit)"]),
                    tone: isReached ? "good" : "watch", chart: shown.chart, href: shown.href)
            }
        hasResults = !results.isEmpty
        messages = try visit.messages(of: id).prefix(10).map {
            Message(when: words.dateTime(milliseconds: $0.at), from: $0.from, text: $0.text)
        }
        hasMessages = !messages.isEmpty
        answer =
            !mine.isEmpty
            ? words.counted("ownAnswerMine", mine.count)
            : !programmes.isEmpty || !next.isEmpty ? words["ownAnswerNothing"] : words["ownAnswerNone"]
    }
}

extension Words {
    /// By when something is to be done, without blame.
    func plainDue(_ due: Int64, now: Int64) -> String {
        guard due != .max else { return self["workNoDue"] }
        let day = CivilDay(milliseconds: due)
        return due < now
            ? text("ownLate", ["date": date(day)]) : text("ownDue", ["date": dateWithWeekday(day)])
    }
}
