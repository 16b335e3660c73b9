import Access
import Accounts
import AuditLog
import FHIR
import HTTPTypes
import Hummingbird
import JSON
import Records

extension Portal {
    /// The pages of the city and of residents, for those who are signed in.
    func addGuardedPages(to router: Router<BasicRequestContext>, _ gate: PortalGate) {
        router.get("/") { request, context in
            await guarded(request, context, gate, .anyone) { visit in try start(visit) }
        }
        router.get("/residents") { request, context in
            await guarded(request, context, gate, .roles([.clinician])) { visit in try residents(visit) }
        }
        router.get("/residents/:id") { request, context in
            await guarded(request, context, gate, .roles([.resident, .clinician])) { visit in
                try resident(visit, context.parameters.get("id"))
            }
        }
        router.get("/records/:type/:id") { request, context in
            await guarded(request, context, gate, .roles([.resident, .clinician, .epidemiologist])) { visit in
                try source(visit, context.parameters.get("type"), context.parameters.get("id"))
            }
        }
        router.get("/live/pulse") { request, context in
            guard let caller = try? await gate.caller(request),
                Admission.roles([.epidemiologist, .manager]).admits(caller, gate)
            else { return Response(status: .forbidden, headers: StrictHeaders.common) }
            return live(request)
        }
        router.get("/**") { request, context in
            await guarded(request, context, gate, .everybody) { visit in visit.visit.fault(.notFound) }
        }
        router.post("/**") { request, context in
            await guarded(request, context, gate, .everybody) { visit in visit.visit.fault(.notFound) }
        }
    }

    /// Each face begins where its work is.
    private func start(_ visit: GuardedVisit) throws -> Page {
        let caller = try visit.someone()
        switch caller.assignment?.role {
        case .resident:
            guard let own = caller.ownPatient else { return .elsewhere("/account") }
            return .elsewhere(Address.resident(own))
        case .clinician: return .elsewhere(visit.gate.hasProgrammes ? "/today" : "/residents")
        case .epidemiologist, .manager: return try city(visit)
        case .operator:
            if visit.gate.may(caller, .accountAdministration) { return .elsewhere("/operator/accounts") }
            if visit.gate.may(caller, .auditRead) { return .elsewhere("/operator/audit") }
            if visit.gate.hasHighway, visit.gate.may(caller, .transportRead) { return .elsewhere("/ops/highway") }
            let isReviewer = visit.gate.hasReviews && visit.gate.may(caller, .configuration)
            return .elsewhere(isReviewer ? "/identity" : "/account")
        case nil: return .elsewhere("/account")
        }
    }

    /// The city's numbers, small ones hidden.
    private func city(_ visit: GuardedVisit) throws -> Page {
        let model = try CityModel.load(
            parts.store, choice: CityModel.Choice(query: visit.visit.query), now: visit.visit.now)
        let view = CityView(model, place: parts.place, words: visit.words, small: SmallCells())
        try visit.note(.operation, entities: [.resource("Measure/city-day")])
        return visit.page("city", view, title: view.place, place: .city)
    }

    /// A search that the store refuses is answered with its reason, beside what was typed.
    private func residents(_ visit: GuardedVisit) throws -> Page {
        let choice = ResidentsModel.Choice(query: visit.visit.query)
        let title = visit.words["residentsTitle"]
        do {
            let model = try ResidentsModel.load(try visit.records(), choice: choice, count: nil)
            var view = ResidentsView(model, words: visit.words, today: visit.visit.today, isOwnInstitution: true)
            view.emergencyHref = "/emergency"
            return visit.page("residents", view, title: title, place: .residents)
        } catch let refusal as RecordsError where refusal.category == .invalid {
            let model = ResidentsModel(choice: choice, people: [], total: 0, next: nil, isStoreEmpty: false)
            let reason = refusal.issues.first?.diagnostics ?? ""
            let view = ResidentsView(
                model, words: visit.words, today: visit.visit.today,
                problem: visit.words.text("searchProblem", ["reason": reason]), isOwnInstitution: true)
            return visit.page("residents", view, title: title, place: .residents, status: .badRequest)
        }
    }

    private func resident(_ visit: GuardedVisit, _ id: String?) throws -> Page {
        let caller = try visit.someone()
        guard let id, ResourceKey.isID(id) else { return visit.unreached(patient: id) }
        let emergency = try visit.emergencyRecords(patient: id)
        guard
            let model = try ResidentModel.load(
                parts.store, try emergency ?? visit.records(), id: id,
                choice: ResidentModel.Choice(query: visit.visit.query), counts: caller.ownPatient == id)
        else { return visit.unreached(patient: id) }
        var view = ResidentView(model, words: visit.words, today: visit.visit.today)
        // Emergency access is the person's own: no program gets it.
        if emergency == nil {
            view.programs = try visit.programs(for: id)
            view.forms = try FormsList.load(
                visit.records().records, patient: ResourceKey(type: "Patient", id: id), count: 5
            ).answered.map { FormsView.Row($0, visit.words) }
        }
        let isFamily = caller.assignment?.role == .resident
        if visit.gate.hasProgrammes, emergency == nil {
            let isOwn = caller.ownPatient == id
            // Of adults who gave a mandate, records are seen, and no more.
            view.careHref =
                !isFamily
                ? Address.resident(id) + "/care"
                : try isOwn || visit.gate.wards(of: caller).contains(id)
                    ? Address.make("/my/programmes", [("patient", isOwn ? nil : id)]) : nil
        }
        return visit.page(
            "resident", view, title: view.name,
            place: caller.ownPatient == id ? .own : isFamily ? .family : .residents)
    }

    private func source(_ visit: GuardedVisit, _ type: String?, _ id: String?) throws -> Page {
        let version = visit.asked("version").flatMap { Int($0) }
        guard let type, let id, let key = ResourceKey(reference: type + "/" + id),
            let model = try SourceModel.load(try visit.records(), key: key, versionID: version)
                ?? visit.emergencyRecords().flatMap({ try SourceModel.load($0, key: key, versionID: version) })
        else { return visit.unreached(patient: type == "Patient" ? id : nil) }
        let view = SourceView(model, words: visit.words)
        return visit.page("source", view, title: view.title, place: .residents)
    }
}

extension Portal.GuardedVisit {
    /// The page in place of a record that is not there, or not to be seen: which, it does not tell. A clinician finds the
    /// way to emergency access on it.
    func unreached(patient: String?) -> Portal.Page {
        var view = ErrorView(.unreached, words: words, isGuarded: true)
        if caller?.assignment?.role == .clinician {
            view.emergencyHref = Address.make("/emergency", [("patient", patient)])
        }
        return page("error", view, title: view.title, status: .notFound)
    }
}
