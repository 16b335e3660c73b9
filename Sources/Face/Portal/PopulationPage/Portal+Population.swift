import Access
import Accounts
import AuditLog
import Calendar
import HTTPTypes
import Hummingbird
import Population
import Syndromes

extension Portal {
    /// `/population`: who lives where, how that changes, and what it will ask for; for epidemiologists and the commission.
    func addPopulation(to router: Router<BasicRequestContext>, _ desk: PopulationDesk, _ list: WatchList) {
        router.get("/population") { request, context in
            guard let gate = parts.gate else {
                return answer(request, context) { visit in try population(visit, desk, list, scope: nil, small: nil) }
            }
            return await guarded(request, context, gate, .roles([.epidemiologist, .manager])) { visit in
                let assignment = try visit.someone().assignment
                // The commission reads the whole city, as on the city's page, in rounded counts.
                let isCommission = assignment?.role == .manager
                try visit.note(.operation, entities: [.query(Array("population".utf8))])
                return try population(
                    visit.visit, desk, list, scope: isCommission ? nil : assignment?.district.flatMap { Int($0) } ?? 0,
                    small: isCommission ? SmallCells() : nil)
            }
        }
    }

    /// - Parameters:
    ///   - scope: the division that the reader answers for; nil for who reads the whole city.
    ///   - small: rounds numbers for who sees no persons; nil for exact ones.
    private func population(
        _ visit: Visit, _ desk: PopulationDesk, _ list: WatchList, scope: Int?, small: SmallCells?
    ) throws -> Page {
        func asked(_ name: String) -> String? {
            visit.query.last { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
        }
        var problems: [String] = []
        func read<T>(_ name: String, _ problem: String, _ value: (String) -> T?) -> T? {
            guard let text = asked(name) else { return nil }
            let found = value(text)
            if found == nil { problems.append(visit.words[problem]) }
            return found
        }
        let month = read("month", "populationProblemMonth") { CivilMonth($0) }.flatMap { asked -> CivilMonth? in
            guard asked <= CivilMonth(visit.today) else {
                problems.append(visit.words["populationProblemMonth"])
                return nil
            }
            return asked
        }
        let known = read("known", "populationProblemKnown") { CivilDay($0) }
        let model = try PopulationModel(
            desk, district: asked("district").flatMap { Int($0) }, month: month ?? CivilMonth(visit.today),
            known: known,
            scope: scope, districts: parts.place.map?.districts.map(\.code) ?? [], today: visit.today, small: small)
        switch asked("format") {
        case "csv":
            return Page(html: model.csv, status: .ok, fileName: "population-\(model.month.isoText).csv")
        case "changes":
            return Page(html: model.changesCSV, status: .ok, fileName: "population-changes-\(model.month.isoText).csv")
        default: break
        }
        let view = PopulationView(model, list, problems: problems, place: parts.place, words: visit.words)
        return visit.page(
            "population", view, title: view.title, place: .population,
            status: problems.isEmpty ? .ok : .unprocessableContent)
    }
}
