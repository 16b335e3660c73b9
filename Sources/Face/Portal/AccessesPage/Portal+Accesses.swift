import Accounts
import AuditLog
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Records

/// The form of an objection as its template reads it.
struct ObjectionView {
    let form: String
    let person: String
    let entry: String
    let row: AccessesView.Row
    let day: String
    let problem: String?
    let reason: String
    let backHref: String
    let goesTo: String
}

extension Portal {
    /// `/my/accesses`: who has looked at my record; and objections to it.
    func addAccesses(to router: Router<BasicRequestContext>, _ gate: PortalGate) {
        router.get("/my") { request, context in
            await guarded(request, context, gate, .roles([.resident])) { visit in
                guard let own = try visit.someone().ownPatient else { return visit.visit.fault(.notFound) }
                return .elsewhere(Address.resident(own))
            }
        }
        router.get("/my/accesses") { request, context in
            await guarded(request, context, gate, .roles([.resident])) { visit in try accesses(visit) }
        }
        router.get("/my/accesses/objection") { request, context in
            await guarded(request, context, gate, .roles([.resident])) { visit in
                try objection(visit, person: visit.asked("person") ?? "", entry: visit.asked("entry") ?? "")
            }
        }
        router.post("/my/accesses/objection") { request, context in
            await guarded(request, context, gate, .roles([.resident])) { visit in try await object(visit) }
        }
    }

    private func accesses(_ visit: GuardedVisit) throws -> Page {
        let choice = AccessesModel.Choice(query: visit.visit.query)
        let persons = try visit.persons()
        guard let own = persons.first,
            let person = choice.person.map({ wanted in persons.first { $0.id == wanted } }) ?? own
        else { return visit.visit.fault(.notFound) }
        let model = try AccessesModel.load(
            visit.gate, patient: person.id, own: "Patient/" + (visit.someone().accountPatient ?? own.id), choice: choice
        )
        let objections = try Objection.load(try visit.records(), patient: person.id)
        try visit.note(.auditRead, patients: ["Patient/" + person.id])
        let view = AccessesView(
            model, patient: person.id, own: "Patient/" + own.id, persons: persons, objections: objections,
            notice: visit.asked("done") == "objection" ? visit.words["objectionThanks"] : nil, words: visit.words,
            names: HouseNames(parts.store))
        return visit.page("accesses", view, title: visit.words["accessesTitle"], place: .accesses)
    }

    private func objection(_ visit: GuardedVisit, person: String, entry: String, problem: String? = nil) throws -> Page
    {
        guard let (placed, own) = try visit.objectionable(person: person, entry: entry) else {
            return visit.visit.fault(.notFound)
        }
        if try Objection.load(try visit.records(), patient: person).contains(where: { $0.entry == placed.index }) {
            return .elsewhere(Address.make("/my/accesses", [("person", person)]))
        }
        let names = HouseNames(parts.store)
        let words = visit.words
        let model = AccessesModel(
            choice: AccessesModel.Choice(), days: AccessesModel.days([placed], about: "Patient/" + person), next: nil)
        let view = AccessesView(
            model, patient: person, own: own, persons: [], objections: [], notice: nil, words: words, names: names)
        guard let day = view.days.first, let row = day.rows.first, row.objectHref != nil else {
            return visit.visit.fault(.notFound)
        }
        let page = ObjectionView(
            form: try visit.formToken(), person: person, entry: entry, row: row, day: day.title, problem: problem,
            reason: visit.form["reason"], backHref: Address.make("/my/accesses", [("person", person)]),
            goesTo: words.text("objectionGoes", ["place": row.institution ?? words["placeUnknown"]]))
        return visit.page(
            "objection", page, title: words["objectionTitle"], place: .accesses,
            status: problem == nil ? .ok : .unprocessableContent)
    }

    private func object(_ visit: GuardedVisit) async throws -> Page {
        let (person, entry) = (visit.form["person"], visit.form["entry"])
        guard let (placed, own) = try visit.objectionable(person: person, entry: entry) else {
            return visit.visit.fault(.notFound)
        }
        let reason = visit.form.given("reason")
        if let reason, reason.count > Objection.reasonMax {
            return try objection(
                visit, person: person, entry: entry,
                problem: visit.words.text("objectionLong", ["n": "\(Objection.reasonMax)"]))
        }
        let done = Page.elsewhere(Address.make("/my/accesses", [("person", person), ("done", "objection")]))
        let records = try visit.records()
        // Sent twice, it is one objection.
        if try Objection.load(records, patient: person).contains(where: { $0.entry == placed.index }) { return done }
        let authored = Date(timeIntervalSince1970: Double(visit.visit.now / 1_000)).formatted(.iso8601)
        let task = try Objection.task(placed, patient: person, requester: own, reason: reason, authored: authored)
        let key = try await records.records.create(type: "Task", task).version.key
        try visit.note(
            .objection, patients: ["Patient/" + person], entities: [.resource("\(key)", version: "1")])
        return done
    }
}

extension Portal.GuardedVisit {
    /// Whose accesses the caller may look at: the own ones first.
    func persons() throws -> [(id: String, name: String)] {
        let caller = try someone()
        guard let own = caller.ownPatient else { return [] }
        let wards = try gate.wards(of: caller).filter { $0 != own }
        return [(own, words["accessesOwn"])]
            + wards.compactMap { id in personName(id).map { (id, $0) } }
    }

    /// An entry of the log that the caller may object to, and who the caller is; nil when there is none.
    func objectionable(person: String, entry: String) throws -> (AuditTrail.Placed, own: String)? {
        let caller = try someone()
        guard let own = caller.ownPatient, let index = Int64(entry), index >= 0 else { return nil }
        if person != own { guard try gate.wards(of: caller).contains(person) else { return nil } }
        guard let found = try gate.readAudit({ db in try AuditTrail.entry(at: index, in: db) }),
            found.patients.contains("Patient/" + person),
            found.agent.person != "Patient/" + (caller.accountPatient ?? own)
        else { return nil }
        return (AuditTrail.Placed(index: index, entry: found), "Patient/" + own)
    }
}
