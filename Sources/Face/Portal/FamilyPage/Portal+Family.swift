import Access
import Accounts
import AuditLog
import Calendar
import FHIR
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import Records

extension Portal {
    /// `/my/family`: whose records a resident may see beside the own one, and whom they let see theirs.
    func addFamily(to router: Router<BasicRequestContext>, _ gate: PortalGate) {
        router.get("/my/family") { request, context in
            await guarded(request, context, gate, .roles([.resident])) { visit in try family(visit) }
        }
        router.get("/my/family/new") { request, context in
            await guarded(request, context, gate, .roles([.resident])) { visit in
                guard try visit.isAdult() else { return .elsewhere("/my/family?problem=age") }
                return try newMandate(visit, faults: [])
            }
        }
        router.post("/my/family/new") { request, context in
            await guarded(request, context, gate, .roles([.resident])) { visit in try await giveMandate(visit) }
        }
        router.post("/my/family/end") { request, context in
            await guarded(request, context, gate, .roles([.resident])) { visit in try await endMandate(visit) }
        }
    }

    private func family(_ visit: GuardedVisit) throws -> Page {
        let (caller, words, now) = (try visit.someone(), visit.words, visit.visit.now)
        guard let own = caller.ownPatient else { return visit.visit.fault(.notFound) }
        let relations = try visit.gate.relations(of: caller)
        let wards = Set(try visit.gate.wards(of: caller))
        let children = relations.guardianships.map(\.child).filter { $0 != own }
        var records = children.compactMap { id in
            visit.person(id).map { child in
                FamilyView.Record(
                    href: Address.resident(id), name: child.name.isEmpty ? words["nameUnknown"] : child.name,
                    detail: [words["familyChild"], child.age(on: visit.visit.today).map(words.age)]
                        .compactMap { $0 }.joined(separator: words["comma"]),
                    accessesHref: wards.contains(id) ? Address.make("/my/accesses", [("person", id)]) : nil)
            }
        }
        let mandates = relations.delegations.filter { $0.holds(at: now) && !children.contains($0.patient) }
        var seen: Set<String> = []
        records += mandates.filter { seen.insert($0.patient).inserted }.compactMap { mandate in
            visit.person(mandate.patient).map { person in
                FamilyView.Record(
                    href: Address.resident(mandate.patient),
                    name: person.name.isEmpty ? words["nameUnknown"] : person.name,
                    detail: words.text(
                        "familyMandate", ["day": words.date(CivilDay(milliseconds: mandate.until))]),
                    accessesHref: nil)
            }
        }
        let notice: String? =
            switch visit.asked("done") {
            case "given": words["mandateGiven"]
            case "ended": words["mandateEnded"]
            default: nil
            }
        let view = FamilyView(
            form: try visit.formToken(), notice: notice,
            problem: visit.asked("problem") == "age" ? words["mandateAge"] : nil, records: records,
            given: try GivenMandate.load(try visit.records(), patients: visit.ownPatients(), now: now),
            mayGive: try visit.isAdult(),
            words: words)
        return visit.page("family", view, title: words["familyTitle"], place: .family)
    }

    private func newMandate(_ visit: GuardedVisit, faults: [(field: String, text: String)]) throws -> Page {
        let view = NewMandateView(visit.form, form: try visit.formToken(), faults: faults, words: visit.words)
        return visit.page(
            "mandate-new", view, title: visit.words["mandateTitle"], place: .family,
            status: faults.isEmpty ? .ok : .unprocessableContent)
    }

    private func giveMandate(_ visit: GuardedVisit) async throws -> Page {
        let (words, form, now) = (visit.words, visit.form, visit.visit.now)
        guard let signing = try visit.someone().accountPatient, try visit.isAdult() else {
            return .elsewhere("/my/family?problem=age")
        }
        let kinds = Set(form.all("kind")).intersection(GivenMandate.kinds.map(\.word))
        let categories = Set(form.all("category").compactMap(Sensitivity.init(rawValue:)))
            .intersection(GivenMandate.labels.map(\.category))
        var faults: [(field: String, text: String)] = []
        if form.given("name") == nil { faults.append(("name", words["mandateNameEmpty"])) }
        if form.given("number") == nil { faults.append(("number", words["mandateNumberEmpty"])) }
        if kinds.isEmpty { faults.append(("kinds", words["mandateKindsEmpty"])) }
        let records = try visit.records()
        let own = try visit.ownPatients()
        if try GivenMandate.load(records, patients: own, now: now).count >= GivenMandate.most {
            faults.append(("name", words.counted("mandateTooMany", GivenMandate.most)))
        }
        guard faults.isEmpty, let days = Int(form["days"]), GivenMandate.days.contains(days) else {
            return try newMandate(visit, faults: faults)
        }
        guard let delegate = try adult(named: form["name"].trimmed, number: form["number"], on: visit.visit.today),
            !own.contains(delegate.id)
        else {
            try visit.note(.search, outcome: .refused, reason: "delegate-not-found")
            return try newMandate(visit, faults: [("number", words["mandateNobody"])])
        }
        let consent = try GivenMandate.consent(
            patient: signing, delegate: delegate, kinds: kinds, categories: categories,
            start: Date(timeIntervalSince1970: Double(now / 1_000)).formatted(.iso8601),
            end: CivilDay(number: visit.visit.today.number + days))
        _ = try await records.records.create(type: "Consent", consent)
        return .elsewhere("/my/family?done=given")
    }

    private func endMandate(_ visit: GuardedVisit) async throws -> Page {
        let own = try visit.ownPatients()
        let records = try visit.records()
        guard ResourceKey.isID(visit.form["mandate"]) else { return visit.visit.fault(.malformed) }
        let key = ResourceKey(type: "Consent", id: visit.form["mandate"])
        let version = try records.read(key)
        let consent = try JSONDocument(parsing: version.json())
        guard let giver = consent.root["patient"]?["reference"]?.string,
            own.contains(where: { "Patient/" + $0 == giver })
        else {
            return visit.visit.fault(.notFound)
        }
        // One that is over by itself is as it was wanted.
        if GivenMandate(consent.root, now: visit.visit.now) != nil {
            let patch = #"[{"op":"replace","path":"/status","value":"inactive"}]"#
            _ = try await records.records.patch(
                key, ResourcePatch(json: JSONDocument(parsing: Array(patch.utf8))), ifMatch: version.versionID)
        }
        return .elsewhere("/my/family?done=ended")
    }

    /// The living adult whom somebody names by name and ID number; nil when the two are not one person's. Which of the
    /// two is wrong, nobody is told.
    private func adult(named name: String, number: String, on today: CivilDay) throws -> (id: String, name: String)? {
        let typed = number.filter { !$0.isWhitespace && $0 != "-" }.uppercased()
        guard !typed.isEmpty, typed.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
        else { return nil }
        let page = try parts.store.search(
            type: "Patient", parameters: [("identifier", Person.idNumberSystem + "|" + typed), ("_count", "2")])
        guard page.entries.count == 1, let version = page.entries.first?.version else { return nil }
        let person = Person(try JSONDocument(parsing: version.json()).root)
        let plain = { (text: String) in text.filter { !$0.isWhitespace }.lowercased() }
        guard person.deceased == nil, person.isAdult(on: today), plain(person.name) == plain(name) else { return nil }
        return (version.key.id, person.name)
    }
}

extension Portal.GuardedVisit {
    /// Whether the resident who asks is of age.
    func isAdult() throws -> Bool {
        try someone().ownPatient.flatMap(person)?.isAdult(on: visit.today) ?? false
    }

    /// The ids of all Patients that the resident who asks is: one, but where several were put together.
    func ownPatients() throws -> Set<String> {
        let caller = try someone()
        return try gate.relations(of: caller).own.union([caller.ownPatient, caller.accountPatient].compactMap { $0 })
    }

    /// Somebody whom the page names; nil for those whom the one who asks may not see.
    func person(_ id: String) -> Person? {
        guard let version = try? records().readAside(ResourceKey(type: "Patient", id: id)),
            let document = try? JSONDocument(parsing: version.json())
        else { return nil }
        return Person(document.root)
    }
}

extension Person {
    /// Whether somebody is 18 on a day; not, where the birth date is not known to the day.
    func isAdult(on day: CivilDay) -> Bool {
        guard case .years(let years)? = age(on: day) else { return false }
        return years >= 18
    }
}
