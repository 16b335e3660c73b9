import Access
import Accounts
import AuditLog
import Calendar
import HTTPTypes
import Hummingbird
import JSON
import Laboratories
import Population
import Records
import Signals

extension Portal {
    /// `/laboratories`: the network of laboratories, what it has to do, and the plan of a surge; for epidemiologists and the commission.
    func addLaboratories(to router: Router<BasicRequestContext>, _ desk: LaboratoryDesk, _ signals: SignalDesk) {
        router.get("/laboratories") { request, context in
            await networked(request, context) { visit in try laboratories(visit, desk) }
        }
        router.get("/laboratories/plan") { request, context in
            await networked(request, context) { visit in try plan(visit, desk) }
        }
        router.get("/laboratories/:id") { request, context in
            await networked(request, context) { visit in
                try laboratory(visit, desk, context.parameters.get("id"), problems: [], sent: FormBody())
            }
        }
        router.post("/laboratories/:id") { request, context in
            await watched(request, context, signals) { visit in
                // A round of assessment is told by the city's centre.
                guard visit.division.map({ $0 % 100 == 0 }) ?? true else { return visit.visit.fault(.forbidden) }
                return try await record(visit, desk, context.parameters.get("id"))
            }
        }
    }

    /// One request to these pages.
    struct NetworkVisit {
        let visit: Visit
        /// Rounds numbers for who sees no persons; nil for exact ones, and for the list of samples.
        let small: SmallCells?
        /// Whether the reader may tell of an assessment.
        let mayRecord: Bool
        /// The token of the page's forms; empty in an open house.
        let token: String

        var words: Words { visit.words }
        /// A count as the reader may see it.
        func shown(_ count: Int) -> String { words.number(small?.rounded(count) ?? count) }
        /// The value of the last parameter with a name in the address; nil when it is empty.
        func asked(_ name: String) -> String? {
            visit.query.last { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
        }
    }

    private func networked(
        _ request: Request, _ context: BasicRequestContext, _ make: (NetworkVisit) throws -> Page
    ) async -> Response {
        guard let gate = parts.gate else {
            return answer(request, context) { visit in
                try make(NetworkVisit(visit: visit, small: nil, mayRecord: true, token: ""))
            }
        }
        return await guarded(request, context, gate, .roles([.epidemiologist, .manager])) { visit in
            let assignment = try visit.someone().assignment
            try visit.note(.operation, entities: [.query(Array("laboratories".utf8))])
            let isCommission = assignment?.role == .manager
            let division = assignment?.district.flatMap { Int($0) } ?? 0
            return try make(
                NetworkVisit(
                    visit: visit.visit, small: isCommission ? SmallCells() : nil,
                    mayRecord: !isCommission && division % 100 == 0, token: try visit.formToken()))
        }
    }

    private func laboratories(_ visit: NetworkVisit, _ desk: LaboratoryDesk) throws -> Page {
        let members = try desk.members(on: visit.visit.today)
        if visit.asked("format") == "csv" {
            return Page(
                html: LaboratoriesView.csv(members, visit), status: .ok,
                fileName: "laboratories-\(visit.visit.today.isoText).csv")
        }
        let view = LaboratoriesView(
            members, samples: try desk.samples([.routed, .waiting]), capabilities: try desk.capabilities(), desk.rules,
            page: visit.asked("page").flatMap { Int($0) } ?? 1, place: parts.place, visit)
        return visit.visit.page("laboratories", view, title: visit.words["laboratoriesTitle"], place: .laboratories)
    }

    private func laboratory(
        _ visit: NetworkVisit, _ desk: LaboratoryDesk, _ id: String?, problems: [String], sent: FormBody
    ) throws -> Page {
        guard let member = try desk.members(on: visit.visit.today).first(where: { $0.laboratory.id == id }) else {
            return visit.visit.fault(.notFound)
        }
        let view = LaboratoryView(member, desk.rules, problems: problems, sent: sent, place: parts.place, visit)
        return visit.visit.page(
            "laboratory", view, title: view.title, place: .laboratories,
            status: problems.isEmpty ? .ok : .unprocessableContent)
    }

    /// Keeps the result of an assessment as an Observation, and lets the network act on it at once.
    private func record(_ visit: SignalVisit, _ desk: LaboratoryDesk, _ id: String?) async throws -> Page {
        guard let id, let member = try desk.members(on: visit.visit.today).first(where: { $0.laboratory.id == id })
        else { return visit.visit.fault(.notFound) }
        let test = member.laboratory.tests.first { $0.key == visit.form["test"] }
        let score = Double(visit.form["score"]).flatMap { (0...100).contains($0) ? $0 : nil }
        let day = CivilDay(visit.form["day"]).flatMap { $0 <= visit.visit.today ? $0 : nil }
        let problems = [
            test == nil ? "laboratoryProblemTest" : nil, score == nil ? "laboratoryProblemScore" : nil,
            day == nil ? "laboratoryProblemDay" : nil,
        ].compactMap { $0 }
        guard let test, let score, let day, problems.isEmpty else {
            return try laboratory(
                NetworkVisit(visit: visit.visit, small: nil, mayRecord: true, token: visit.token), desk, id,
                problems: problems.map { visit.words[$0] }, sent: visit.form)
        }
        let check = LaboratoryStanding.Check(
            kind: .external, test: test.key, name: test.name, at: day.startMilliseconds, score: score,
            hasPassed: score >= desk.rules.assessmentPass)
        _ = try await visit.house().create(
            type: "Observation", check.observation(of: member.laboratory, test, day: day, by: visit.actor))
        _ = try await desk.run(now: visit.visit.now)
        return .elsewhere("/laboratories/\(id)")
    }

    private func plan(_ visit: NetworkVisit, _ desk: LaboratoryDesk) throws -> Page {
        var question = desk.rules.surge
        var problems: [String] = []
        for (name, path) in SurgePlan.Question.fields {
            guard let text = visit.asked(name) else { continue }
            let bounds = SurgePlan.Question.bounds(name)
            if let value = Double(text), bounds.contains(value) {
                question[keyPath: path] = value
            } else {
                problems.append(
                    visit.words.text(
                        "planProblem",
                        [
                            "name": visit.words["planField_\(name)"], "least": visit.words.usual(bounds.lowerBound),
                            "most": visit.words.usual(bounds.upperBound),
                        ]))
            }
        }
        let people = try parts.population.map { population in
            try population.book.residents(at: CivilMonth(visit.visit.today)).filter { population.city.contains($0.key) }
                .mapValues(\.total)
        }
        let test = desk.rules.surgeTest.key
        let members = try desk.members(on: visit.visit.today).filter { $0.mayTest(test) }
        let plan = SurgePlan(
            question, population: people ?? [:],
            laboratories: members.map { ($0.laboratory.id, $0.laboratory.capacity[test] ?? 0) })
        let view = SurgePlanView(
            plan, members.map(\.laboratory), test: desk.rules.surgeTest, problems: problems, place: parts.place,
            visit.words)
        if visit.asked("format") == "csv" {
            return Page(html: view.csv, status: .ok, fileName: "surge-plan.csv")
        }
        return visit.visit.page(
            "surge-plan", view, title: visit.words["planTitle"], place: .laboratories,
            status: problems.isEmpty ? .ok : .unprocessableContent)
    }
}
