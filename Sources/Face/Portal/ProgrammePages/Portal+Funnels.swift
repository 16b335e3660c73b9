import Access
import Accounts
import AuditLog
import Calendar
import HTTPTypes
import Hummingbird
import Pathways
import Records

extension Portal {
    /// `/programmes`: the programmes as funnels, and the loops that don't close; numbers only, small ones hidden.
    func addFunnels(to router: Router<BasicRequestContext>, _ gate: PortalGate, _ desk: PathwayDesk) {
        router.get("/programmes") { request, context in
            await cared(request, context, gate, desk, [.manager]) { visit in
                try visit.guarded.note(.operation, entities: [.query(Array("programmes".utf8))])
                let view = try ProgrammesView(visit)
                return visit.page("programmes", view, title: visit.words["programmesTitle"], place: .programmes)
            }
        }
        router.get("/programmes/:id") { request, context in
            await cared(request, context, gate, desk, [.manager]) { visit in
                guard let pathway = visit.pathway(context.parameters.get("id") ?? "") else {
                    return visit.visit.fault(.notFound)
                }
                let district = visit.asked("area").flatMap { $0.utf8.count <= 12 ? $0 : nil }
                try visit.guarded.note(.operation, entities: [.query(Array("programmes/\(pathway.id)".utf8))])
                let model = try FunnelModel(pathway, district: district, visit)
                if visit.asked("format") == "csv" {
                    return Page(
                        html: model.csv(visit), status: .ok,
                        fileName: "\(pathway.id)\(district.map { "-\($0)" } ?? "")-\(visit.visit.today.isoText).csv")
                }
                let view = FunnelView(model, visit)
                return visit.page("programme", view, title: view.title, place: .programmes)
            }
        }
    }
}

/// A pathway's funnel in numbers that may be shown.
struct FunnelModel {
    struct Row {
        /// A district's code or an institution's reference.
        let key: String
        /// One a step; nil where it is hidden.
        let counts: [Int?]
    }

    struct Loop {
        let action: String
        let open: Int?
        let overdue: Int?
        let escalated: Int?
        let medianDays: Int?
    }

    let pathway: Pathway
    let steps: [PathwayPart]
    /// Of all, or of the chosen district; nil where hidden.
    let totals: [Int?]
    /// On the pathway now.
    let present: Int?
    let districts: [Row]
    let institutions: [Row]
    let loops: [Loop]
    let district: String?
    let hasHidden: Bool

    init(_ pathway: Pathway, district: String?, _ visit: Portal.CareVisit) throws {
        self.pathway = pathway
        self.district = district
        let small = SmallCells()
        steps = pathway.parts.filter { $0.kind == .milestone }
        let funnel = try Funnel(visit.desk.store, pathway: pathway.id)
        let names = steps.map(\.id) + [Funnel.present]
        // Each step is a table of its own: the places beside their sum.
        func table(
            _ keys: [String], _ key: (Funnel.Cell) -> String, in cells: [Funnel.Cell]
        ) -> (rows: [Row], sums: [Int?]) {
            guard !keys.isEmpty else { return ([], names.map { _ in 0 }) }
            let columns = names.map { name in
                small.hidden(in: [
                    keys.map { place in
                        cells.reduce(0) { $0 + ($1.milestone == name && key($1) == place ? $1.count : 0) }
                    }
                ])
            }
            let rows = keys.indices.map { place in
                Row(key: keys[place], counts: columns.map { $0.cells[0][place] })
            }
            return (rows, columns.map { $0.rowSums[0] })
        }
        func shown(_ row: Row, within whole: [Int?]? = nil) -> Row {
            let counts = whole.map { zip(row.counts, $0).map { $1 == nil ? nil : $0 } } ?? row.counts
            return Row(key: row.key, counts: Array(counts.dropLast()))
        }
        let codes = Set(funnel.cells.map(\.district)).sorted()
        let byDistrict = table(codes, \.district, in: funnel.cells)
        districts = byDistrict.rows.map { shown($0) }
        var sums = byDistrict.sums
        if let district {
            let inside = funnel.cells.filter { $0.district == district }
            let whole = byDistrict.rows.first { $0.key == district }?.counts ?? names.map { _ in 0 }
            let byCentre = table(Set(inside.map(\.organization)).sorted(), \.organization, in: inside)
            // What is hidden of the district isn't told by its institutions or their sum either.
            institutions = byCentre.rows.map { shown($0, within: whole) }
            sums = zip(byCentre.sums, whole).map { $1 == nil ? nil : $0 }
        } else {
            institutions = []
        }
        totals = Array(sums.dropLast())
        present = sums.last ?? nil
        let tasks = try visit.work.open(pathway: pathway.id).filter { district == nil || $0.district == district }
        let open = OpenLoop.of(tasks, now: visit.now)
        // Late and not late stand beside their sum; the steps of escalation by themselves.
        let sides = open.isEmpty ? nil : small.hidden(in: open.map { [$0.open - $0.overdue, $0.overdue] })
        loops = open.enumerated().map { place, loop in
            let row = sides?.cells[place] ?? [nil, nil]
            let sum = sides?.rowSums[place] ?? nil
            return Loop(
                action: loop.action, open: sum, overdue: row[1], escalated: small.shown(loop.escalated),
                medianDays: sum == nil ? nil : loop.medianDays)
        }
        hasHidden =
            (districts + institutions).contains { $0.counts.contains { $0 == nil } } || totals.contains { $0 == nil }
            || loops.contains { $0.open == nil || $0.overdue == nil || $0.escalated == nil }
    }

    /// The part of the step before that has come so far, in percent; nil where either is hidden or the step before is empty.
    static func rate(_ count: Int?, of whole: Int?) -> Double? {
        guard let count, let whole, whole > 0 else { return nil }
        return Double(count) / Double(whole) * 100
    }

    /// The funnel and the open loops as a table of CSV.
    func csv(_ visit: Portal.CareVisit) -> String {
        let words = visit.words
        func text(_ count: Int?) -> String { count.map(String.init) ?? "" }
        let city = visit.visit.parts.place
        let here = district.map { city.name(Int($0) ?? 0, words) } ?? words["districtAll"]
        var rows = [["level", "code", "name"] + steps.map { words.said($0.title) }]
        rows.append(["total", district ?? "", here] + totals.map(text))
        if district == nil {
            rows += districts.map { ["district", $0.key, city.name(Int($0.key) ?? 0, words)] + $0.counts.map(text) }
        }
        rows += institutions.map { ["institution", $0.key, visit.name(of: $0.key)] + $0.counts.map(text) }
        rows.append([])
        rows.append(["action", "name", "open", "overdue", "escalated", "medianDays"])
        rows += loops.map {
            [
                $0.action, visit.title(pathway.id, $0.action), text($0.open), text($0.overdue), text($0.escalated),
                text($0.medianDays),
            ]
        }
        return SignalTable.text(rows)
    }
}

/// All programmes at a glance, as the template reads them.
struct ProgrammesView {
    struct Row {
        let href: String
        let programme: String
        let title: String
        let present: String
        let steps: String
        let open: String
        let late: String
        let tone: String
        let stuck: String
    }

    let answer: String
    let rows: [Row]
    let hasRows: Bool

    init(_ visit: Portal.CareVisit) throws {
        let (words, now) = (visit.words, visit.now)
        let small = SmallCells()
        var (people, lateSum) = (0, 0)
        rows = try visit.desk.pathways.map { pathway in
            let funnel = try Funnel(visit.desk.store, pathway: pathway.id)
            let loops = try visit.work.counts(pathway: pathway.id, now: now)
            let present = funnel.count(Funnel.present)
            let (open, late) = (loops.reduce(0) { $0 + $1.open }, loops.reduce(0) { $0 + $1.late })
            let shown = small.hidden(in: [[open - late, late]])
            people += present
            lateSum += shown.cells[0][1] ?? 0
            let steps = pathway.parts.filter { $0.kind == .milestone }
            let ends = [steps.first, steps.last].compactMap { $0 }
            let worst = loops.first { $0.late >= small.below }
            return Row(
                href: "/programmes/\(pathway.id)", programme: words.said(pathway.setting.title),
                title: words.said(pathway.title), present: words.number(small.shown(present)),
                steps: ends.map { step in
                    words.said(step.title) + " " + words.number(small.shown(funnel.count(step.id)))
                }.joined(separator: " → "), open: words.number(shown.rowSums[0]),
                late: words.number(shown.cells[0][1]), tone: late > 0 ? "act" : "",
                stuck: worst.map { visit.title(pathway.id, $0.action) } ?? words["none"])
        }
        hasRows = !rows.isEmpty
        answer = words.text(
            people == 0 ? "programmesNobody" : "programmesAnswer",
            ["n": words.number(rows.count), "people": words.number(people), "late": words.number(lateSum)])
    }
}

/// One programme's funnel as the template reads it.
struct FunnelView {
    struct Step {
        let title: String
        let what: String?
        let count: String
        let rate: String?
        let width: String
    }

    struct Cell {
        let text: String
        let rate: String?
    }

    struct Row {
        let name: String
        let href: String?
        let cells: [Cell]
    }

    struct Loop {
        let title: String
        let open: String
        let late: String
        let tone: String
        let escalated: String
        let median: String
    }

    let title: String
    let programme: String
    let answer: String
    let steps: [Step]
    let hasPeople: Bool
    let present: String
    let heads: [String]
    let tableTitle: String
    let firstHead: String
    let rows: [Row]
    let hasRows: Bool
    let backHref: String?
    let loops: [Loop]
    let hasLoops: Bool
    let hidden: String?
    let csvHref: String
    let sources: String

    init(_ model: FunnelModel, _ visit: Portal.CareVisit) {
        let words = visit.words
        let place = visit.visit.parts.place
        let pathway = model.pathway
        let here = model.district.map { place.name(Int($0) ?? 0, words) }
        title = words.said(pathway.title) + (here.map { words.text("inBrackets", ["text": $0]) } ?? "")
        programme = words.said(pathway.setting.title)
        let whole = model.totals.first ?? nil
        func percent(_ rate: Double?) -> String? { rate.map { "\(($0 * 10).rounded() / 10)%" } }
        steps = model.steps.enumerated().map { index, step in
            let count = model.totals[index]
            let rate = index == 0 ? nil : FunnelModel.rate(count, of: whole)
            return Step(
                title: words.said(step.title), what: step.description.map { words.said($0) },
                count: words.number(count), rate: percent(rate).map { words.text("funnelOf", ["rate": $0]) },
                width: "\(Int(min(100, max(0, index == 0 ? ((count ?? 0) > 0 ? 100 : 0) : rate ?? 0)).rounded()))")
        }
        hasPeople = model.totals.contains { ($0 ?? 1) > 0 }
        present = words.shown("funnelPresent", model.present)
        let last = model.steps.indices.last { $0 > 0 && model.steps[$0].id == "controlled" } ?? model.steps.indices.last
        let reached = last.flatMap { FunnelModel.rate(model.totals[$0], of: whole) }
        answer =
            !hasPeople
            ? words["funnelEmpty"]
            : last.flatMap { index in
                percent(reached).map {
                    words.text(
                        "funnelAnswer",
                        [
                            "n": words.number(whole), "first": words.said(model.steps[0].title), "rate": $0,
                            "last": words.said(model.steps[index].title),
                        ])
                }
            } ?? words["funnelHiddenAnswer"]
        heads = model.steps.map { words.said($0.title) }
        let isInside = model.district != nil
        tableTitle = words[isInside ? "funnelByInstitution" : "funnelByDistrict"]
        firstHead = words[isInside ? "loadInstitution" : "funnelDistrict"]
        rows = (isInside ? model.institutions : model.districts).map { row in
            Row(
                name: isInside
                    ? (row.key.isEmpty ? words["funnelNoInstitution"] : visit.name(of: row.key))
                    : place.name(Int(row.key) ?? 0, words),
                href: isInside || row.key.isEmpty
                    ? nil : Address.make("/programmes/\(pathway.id)", [("area", row.key)]),
                cells: row.counts.enumerated().map { index, count in
                    Cell(
                        text: words.number(count),
                        rate: index == 0 ? nil : percent(FunnelModel.rate(count, of: row.counts.first ?? nil)))
                })
        }
        hasRows = !rows.isEmpty
        backHref = isInside ? "/programmes/\(pathway.id)" : nil
        loops = model.loops.map { loop in
            Loop(
                title: visit.title(pathway.id, loop.action), open: words.number(loop.open),
                late: words.number(loop.overdue), tone: (loop.overdue ?? 0) > 0 ? "act" : "",
                escalated: words.number(loop.escalated),
                median: loop.medianDays.map { words.counted("ageDays", $0) } ?? words["countHidden"])
        }
        hasLoops = !loops.isEmpty
        hidden = model.hasHidden ? words["funnelHidden"] : nil
        csvHref = Address.make("/programmes/\(pathway.id)", [("area", model.district), ("format", "csv")])
        sources = words.text("funnelVersion", ["title": words.said(pathway.title), "version": pathway.version])
    }
}
