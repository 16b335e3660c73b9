import AuditLog
import Calendar
import Containment
import HTTPTypes
import Hummingbird
import JSON
import Records
import Signals

extension Portal {
    /// `/signals/{id}/contacts`: who was exposed to whom; `/contacts`: whom to follow up today; `/contacts/{id}`: one contact.
    func addContacts(to router: Router<BasicRequestContext>, _ desk: SignalDesk, _ rules: ContactRules) {
        router.get("/signals/:id/contacts") { request, context in
            await watched(request, context, desk) { visit in
                guard let signal = try visit.signal(context.parameters.get("id")) else {
                    return visit.visit.fault(.notFound)
                }
                if visit.asked("format") == "csv" { return try contactTable(signal, visit, rules) }
                return try contactTree(signal, visit, rules, problem: nil)
            }
        }
        router.post("/signals/:id/contacts") { request, context in
            await watched(request, context, desk) { visit in
                guard let signal = try visit.signal(context.parameters.get("id")) else {
                    return visit.visit.fault(.notFound)
                }
                return try await add(to: signal, visit, rules)
            }
        }
        router.get("/contacts") { request, context in
            await watched(request, context, desk) { visit in
                let isEnded = visit.asked("show") == "ended"
                let contacts = try visit.contacts(open: !isEnded).filter { $0.stage.isOpen != isEnded }
                let view = ContactsView(
                    contacts, isEnded: isEnded, rules, now: visit.visit.now, place: parts.place, words: visit.words)
                return visit.page("contacts", view, title: visit.words["contactsTitle"])
            }
        }
        router.get("/contacts/:id") { request, context in
            await watched(request, context, desk) { visit in
                guard let contact = try visit.contact(context.parameters.get("id")) else {
                    return visit.visit.fault(.notFound)
                }
                return try one(contact, visit, rules, problem: nil)
            }
        }
        router.post("/contacts/:id") { request, context in
            await watched(request, context, desk) { visit in
                guard let contact = try visit.contact(context.parameters.get("id")) else {
                    return visit.visit.fault(.notFound)
                }
                return try await step(of: contact, visit, rules)
            }
        }
    }

    private func contactTree(
        _ signal: Signal, _ visit: SignalVisit, _ rules: ContactRules, problem: Contact.Refusal?
    ) throws -> Page {
        let centres = try DiseaseControlCentres(visit.desk.store)
        let view = ContactTreeView(
            signal, try visit.contacts(of: signal.id), cases: try visit.cases(of: signal),
            districts: centres.ofDistrict.keys.sorted(), rules, form: visit.token, sent: visit.form, problem: problem,
            now: visit.visit.now, place: parts.place, words: visit.words)
        return visit.page(
            "signal-contacts", view, title: view.title, status: problem == nil ? .ok : .unprocessableContent)
    }

    private func contactTable(_ signal: Signal, _ visit: SignalVisit, _ rules: ContactRules) throws -> Page {
        try visit.note(.operation, "signals/\(signal.id)/contacts")
        let tree = ContactTree(try visit.contacts(of: signal.id))
        return Page(
            html: ContactTable.csv(tree, rules, now: visit.visit.now), status: .ok, fileName: "contacts.csv")
    }

    /// Lists the contact that a form names.
    private func add(to signal: Signal, _ visit: SignalVisit, _ rules: ContactRules) async throws -> Page {
        let form = visit.form
        let (now, today) = (visit.visit.now, visit.visit.today)
        func refused(_ problem: Contact.Refusal) throws -> Page {
            try contactTree(signal, visit, rules, problem: problem)
        }
        guard signal.stage.isOpen else { return try refused(.stage) }
        guard let last = form.given("last").flatMap({ CivilDay($0) }) else { return try refused(.exposure) }
        let first = form.given("first").flatMap { CivilDay($0) } ?? last
        guard first <= last else { return try refused(.exposure) }
        var name = form.given("place") ?? ""
        let source = form.given("exposedTo")
        if let source {
            let cases =
                try visit.cases(of: signal)
                + visit.contacts(of: signal.id).filter { $0.stage == .converted }.map { ("Task/\($0.id)", $0.name) }
            guard let found = cases.first(where: { $0.0 == source }) else { return try refused(.source) }
            name = found.1
        }
        let district = form.given("district").flatMap { Int($0) } ?? signal.district
        let centres = try DiseaseControlCentres(visit.desk.store)
        let days: Int = form.given("days").map { Int($0) ?? 0 } ?? rules.days(signal.condition)
        let tests: Int = form.given("tests").map { Int($0) ?? -1 } ?? 0
        let contact = Contact(
            of: signal, name: form.given("name") ?? "", phone: form.given("phone") ?? "",
            address: form.given("address") ?? "", district: district, kind: form["kind"], exposedTo: source,
            exposedToName: name, exposure: first...last, days: days, testsNeeded: tests,
            owner: centres.answering(for: district), isByCity: visit.division.map { $0 != 0 && $0 % 100 == 0 } ?? false,
            by: visit.actor, text: form.given("text") ?? "",
            now: now)
        if let problem = contact.problem(rules, today: today) { return try refused(problem) }
        let created = try await visit.create(contact.task(rules), unless: contact.sameQuery)
        return .elsewhere(created.isNew ? "/signals/\(signal.id)/contacts?done=1" : "/contacts/\(created.id)")
    }

    private func one(
        _ contact: Contact, _ visit: SignalVisit, _ rules: ContactRules, problem: Contact.Refusal?
    ) throws -> Page {
        let signal = try visit.signal(contact.signal)
        let cases = try contact.stage.isOpen ? signal.map { try visit.cases(of: $0) } ?? [] : []
        let view = ContactView(
            contact, isSignalSeen: signal != nil, cases: cases, rules, form: visit.token, sent: visit.form,
            problem: problem, now: visit.visit.now, place: parts.place, words: visit.words)
        return visit.page("contact", view, title: view.title, status: problem == nil ? .ok : .unprocessableContent)
    }

    /// Takes the step that a form asks for.
    private func step(of contact: Contact, _ visit: SignalVisit, _ rules: ContactRules) async throws -> Page {
        let form = visit.form
        guard let what = ContactAction(rawValue: form["action"]) else { return visit.visit.fault(.malformed) }
        var action = Contact.Action(what, by: visit.actor)
        action.text = form.given("text") ?? ""
        action.day = form.given("day").flatMap { CivilDay($0) }
        var changed = contact
        do {
            switch what {
            case .follow:
                action.outcome = ContactOutcome(rawValue: form["outcome"])
                if let text = form.given("at") {
                    guard let time = ShanghaiTime.milliseconds(text) else { throw Contact.Refusal.time }
                    // A form knows minutes alone: the one that runs is now.
                    action.at =
                        time <= visit.visit.now ? time : time - visit.visit.now < 60_000 ? visit.visit.now : time
                }
                if let text = form.given("temperature") { action.temperature = Double(text) ?? 0 }
            case .convert:
                action.person = form.given("person")
                if let person = action.person {
                    let cases = try visit.signal(contact.signal).map { try visit.cases(of: $0) } ?? []
                    guard cases.contains(where: { $0.reference == person }) else { throw Contact.Refusal.source }
                }
            case .expose, .release, .lose, .exclude, .reopen: break
            }
            try changed.take(action, now: visit.visit.now)
        } catch let problem as Contact.Refusal { return try one(contact, visit, rules, problem: problem) }
        do { try await visit.update(changed.id, changed.task(rules), version: changed.version) } catch let error
            as RecordsError where error.category == .preconditionFailed
        {
            return try one(visit.contact(contact.id) ?? contact, visit, rules, problem: .stage)
        }
        return .elsewhere("/contacts/\(contact.id)?done=\(what.rawValue)")
    }
}
