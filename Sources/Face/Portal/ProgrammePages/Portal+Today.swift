import Accounts
import AuditLog
import Calendar
import HTTPTypes
import Hummingbird
import Pathways
import Records

extension Portal {
    /// `/today`: what a clinician has to do, the most urgent first; `/today/load`: who has how much to do.
    func addToday(to router: Router<BasicRequestContext>, _ gate: PortalGate, _ desk: PathwayDesk) {
        router.get("/today") { request, context in
            await cared(request, context, gate, desk, [.clinician]) { visit in try today(visit) }
        }
        router.get("/today/load") { request, context in
            await cared(request, context, gate, desk, [.clinician]) { visit in try load(visit) }
        }
    }

    /// - Parameter typed: what was entered to be done to many, where it was refused.
    func today(_ visit: CareVisit, typed: TodayView.Typed? = nil) throws -> Page {
        let choice = TodayModel.Choice(visit.asked)
        let tasks = try visit.work.open(
            owners: try visit.owners(), organizations: choice.scope == .team ? try visit.institutions() : [])
        let steps = try visit.work.steps(of: tasks.lazy.filter { $0.kind == nil }.map(\.task))
        let model = TodayModel(tasks, steps: steps, choice: choice, now: visit.now) { pathway, action in
            visit.pathway(pathway)?.part(action)
        }
        let view = try TodayView(model, visit, typed: typed)
        return visit.page(
            "today", view, title: visit.words["todayTitle"], place: .today,
            status: typed == nil ? .ok : .unprocessableContent)
    }

    private func load(_ visit: CareVisit) throws -> Page {
        let tasks = try visit.work.open(owners: try visit.owners(), organizations: try visit.institutions())
        try visit.guarded.note(.operation, entities: [.query(Array("today/load".utf8))])
        return visit.page("today-load", LoadView(tasks, visit), title: visit.words["loadTitle"], place: .today)
    }
}

/// Who has how much to do, as the template reads it.
struct LoadView {
    struct Row {
        let name: String
        let open: String
        let late: String
        let tone: String
        let escalated: String
        let people: String
        let oldest: String
    }

    struct Table {
        let id: String
        let title: String
        let first: String
        let rows: [Row]
    }

    let answer: String
    let tables: [Table]
    let hasRows: Bool

    init(_ tasks: [WorkTask], _ visit: Portal.CareVisit) {
        let (words, now) = (visit.words, visit.now)
        let open = tasks.filter { $0.isOpen(at: now) }
        let escalated = Set(open.filter { $0.kind != nil }.map(\.main))
        func rows(_ key: (WorkTask) -> String, _ name: (String) -> String) -> [Row] {
            Dictionary(grouping: open, by: key).map { ($0, $1, $1.count { $0.isLate(at: now) }) }.sorted {
                ($1.2, $1.1.count, $0.0) < ($0.2, $0.1.count, $1.0)
            }.map { key, tasks, late in
                Row(
                    name: name(key), open: words.number(tasks.count), late: words.number(late),
                    tone: late > 0 ? "act" : "",
                    escalated: words.number(tasks.count { $0.kind != nil || escalated.contains($0.task) }),
                    people: words.number(Set(tasks.map(\.person)).count),
                    oldest: tasks.map(\.due).min().map { words.dueText($0, now: now) } ?? "")
            }
        }
        tables = [
            Table(
                id: "owner", title: words["loadByOwner"], first: words["loadOwner"],
                rows: rows({ $0.owner.hasPrefix("Patient/") ? "Patient" : $0.owner }) {
                    $0 == "Patient" ? words["workTheResident"] : visit.name(of: $0)
                }),
            Table(
                id: "programme", title: words["loadByProgramme"], first: words["loadProgramme"],
                rows: rows({ $0.pathway }) { visit.title($0) }),
            Table(
                id: "institution", title: words["loadByInstitution"], first: words["loadInstitution"],
                rows: rows({ $0.organization }) { visit.name(of: $0) }),
        ]
        hasRows = !open.isEmpty
        answer =
            open.isEmpty
            ? words["todayNone"]
            : words.text(
                "loadAnswer",
                [
                    "n": words.number(open.count), "late": words.number(open.count { $0.isLate(at: now) }),
                    "owners": words.number(tables[0].rows.count),
                ])
    }
}
