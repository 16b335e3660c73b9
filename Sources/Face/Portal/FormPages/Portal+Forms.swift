import Calendar
import FHIR
import Forms
import HTTPTypes
import Hummingbird
import JSON
import Pathways
import Records

extension Portal {
    /// `/forms`: a person's forms; `/forms/ID`: fills a questionnaire; `/forms/responses/ID`: what was answered.
    func addForms(to router: Router<BasicRequestContext>) {
        router.get("/forms") { request, context in
            await formed(request, context) { visit in try forms(visit) }
        }
        router.get("/forms/:id") { request, context in
            await formed(request, context) { visit in try begin(visit, context.parameters.get("id")) }
        }
        router.post("/forms/:id") { request, context in
            await formed(request, context) { visit in
                guard let filling = try start(visit, context.parameters.get("id")) else {
                    return visit.visit.fault(.notFound)
                }
                if let sending = OfflineSending(visit.sent) { return try await receive(sending, filling, visit) }
                return try await act(on: filling, visit)
            }
        }
        router.get("/forms/responses/:id") { request, context in
            await formed(request, context) { visit in try show(visit, context.parameters.get("id")) }
        }
        router.post("/forms/responses/:id") { request, context in
            await formed(request, context) { visit in
                guard let filling = try resume(visit, context.parameters.get("id"), version: nil) else {
                    return visit.visit.fault(.notFound)
                }
                if let sending = OfflineSending(visit.sent) { return try await receive(sending, filling, visit) }
                return try await act(on: filling, visit)
            }
        }
    }

    /// A form that is being filled or read.
    struct Filling {
        var state: FormState
        let context: FormContext
        let patient: ResourceKey
        let person: Person
        /// Where the page stands.
        let address: String
        /// The response; nil while it isn't kept.
        var key: ResourceKey?
        /// Its version; nil for a new one.
        var version: Int?
        var status = "in-progress"
        /// When and by whom it was written last.
        var written: (at: String, by: String)?

        var isSigned: Bool { status == "completed" || status == "amended" }

        /// What names the form among those that are taken along.
        var takeAddress: String {
            Address.make(
                address, key == nil ? [("patient", patient.id)] : [("amend", isSigned ? "1" : nil)])
        }

        /// What is written beside the answers.
        func head(_ visit: FormVisit, isSigning: Bool, at milliseconds: Int64) -> FormHead {
            FormHead(
                status: isSigning ? (isSigned ? "amended" : "completed") : "in-progress",
                subject: patient.description, authored: ReportTimes.text(milliseconds), author: visit.author,
                source: visit.isResident ? visit.author?.reference : nil)
        }
    }

    private func forms(_ visit: FormVisit) throws -> Page {
        guard let patient = visit.patient, let found = try visit.read(patient) else {
            return visit.visit.fault(.unreached)
        }
        let person = Person(try JSONDocument(parsing: found.json()).root)
        let pathways = visit.visit.parts.pathways?.pathways ?? []
        let list = try FormsList.load(
            visit.records, patient: patient, count: 100, own: visit.isResident ? OwnForms(pathways) : nil)
        let view = FormsView(list, person: person, isOwn: visit.isResident, words: visit.words)
        return visit.page("forms", view, title: visit.words["formsTitle"])
    }

    // MARK: Reading

    private func start(_ visit: FormVisit, _ id: String?) throws -> Filling? {
        guard let id, ResourceKey.isID(id), let patient = visit.patient, let found = try visit.read(patient),
            let questionnaire = try visit.read(ResourceKey(type: "Questionnaire", id: id))
        else { return nil }
        let form = try visit.desk.form(questionnaire)
        let context = try visit.desk.context(patient: patient, visit.records, for: form, launch: visit.launch())
        return Filling(
            state: form.begin(context), context: context, patient: patient,
            person: Person(try JSONDocument(parsing: found.json()).root), address: "/forms/\(id)")
    }

    func resume(_ visit: FormVisit, _ id: String?, version: Int?) throws -> Filling? {
        guard let id, ResourceKey.isID(id) else { return nil }
        let key = ResourceKey(type: "QuestionnaireResponse", id: id)
        guard let current = try visit.read(key) else { return nil }
        let shown = try version.map { try visit.records.version(key, $0) } ?? current
        let response = try JSONDocument(parsing: shown.json()).root
        guard let patient = response["subject"]?["reference"]?.string.flatMap({ ResourceKey(reference: $0) }),
            let found = try visit.read(patient), let canonical = response["questionnaire"]?.string,
            let questionnaire = try visit.desk.questionnaire(canonical, visit.records)
        else { return nil }
        let form = try visit.desk.form(questionnaire)
        let context = try visit.desk.context(patient: patient, visit.records, for: form, launch: visit.launch())
        return Filling(
            state: form.resume(response, context), context: context, patient: patient,
            person: Person(try JSONDocument(parsing: found.json()).root), address: "/forms/responses/\(id)", key: key,
            version: shown.versionID, status: response["status"]?.string ?? "",
            written: (response["authored"]?.string ?? "", response["author"]?["display"]?.string ?? ""))
    }

    private func begin(_ visit: FormVisit, _ id: String?) throws -> Page {
        do {
            guard let filling = try start(visit, id) else { return visit.visit.fault(.unreached) }
            return try visit.asked("offline") == nil ? page(filling, visit) : pack(filling, visit)
        } catch let faults as FormFaults {
            return faulty(faults, visit)
        }
    }

    private func show(_ visit: FormVisit, _ id: String?) throws -> Page {
        do {
            let version = visit.asked("version").flatMap { Int($0) }
            guard let filling = try resume(visit, id, version: version), let key = filling.key else {
                return visit.visit.fault(.unreached)
            }
            if let number = visit.asked("file").flatMap({ Int($0) }) {
                let files = FormFile.all(filling.state)
                return (files.indices.contains(number) ? files[number].page : nil) ?? visit.visit.fault(.notFound)
            }
            let isAmending = visit.asked("amend") != nil && version == nil
            guard filling.isSigned || version != nil, !isAmending else {
                return try visit.asked("offline") == nil ? page(filling, visit) : pack(filling, visit)
            }
            let history = try visit.records.history(.instance(key), HistoryQuery(count: 50)).versions
            let view = AnswersView(filling, versions: history, isOld: version != nil, done: visit.asked("done"), visit)
            return visit.page("form-answers", view, title: view.title)
        } catch let faults as FormFaults {
            return faulty(faults, visit)
        }
    }

    private func faulty(_ faults: FormFaults, _ visit: FormVisit) -> Page {
        struct Faulty {
            let lines: [String]
        }
        let lines = visit.isResident ? [] : faults.faults.filter { !$0.isWarning }.map(\.description)
        return visit.page(
            "form-faults", Faulty(lines: lines), title: visit.words["formFaulty"], status: .internalServerError)
    }

    private func page(
        _ filling: Filling, _ visit: FormVisit, problems: [FormProblem] = [], notice: String? = nil,
        status: HTTPResponse.Status = .ok
    ) -> Page {
        let done = visit.asked("done") == "saved" && visit.sent["action"].isEmpty ? visit.words["formSaved"] : nil
        let view = FormView(
            filling, problems: problems, conflict: notice, notice: done, token: visit.token,
            canTake: visit.canTake, words: visit.words)
        return visit.page("form", view, title: view.title, status: status)
    }

    // MARK: Acting

    /// Does what a button asks for, with what was entered.
    private func act(on filling: Filling, _ visit: FormVisit) async throws -> Page {
        var filling = filling
        let sent = visit.sent
        // A signed response is changed only by who has asked to amend it.
        if filling.isSigned, sent["amend"].isEmpty { return visit.visit.fault(.malformed) }
        filling.state.enter({ name in sent.holds(name) ? sent.all(name) : nil }, filling.context)
        let action = sent["action"]
        if action.hasPrefix("add:") {
            filling.state.add(String(action.dropFirst(4)), filling.context)
            return page(filling, visit)
        }
        if action.hasPrefix("remove:") {
            filling.state.remove(String(action.dropFirst(7)), filling.context)
            return page(filling, visit)
        }
        guard action == "save" || action == "sign" else {
            let told = filling.state.problems(isFinal: false, filling.context).filter { !$0.isWarning }
            return page(filling, visit, problems: told)
        }
        let isSigning = action == "sign" || filling.isSigned
        let problems = filling.state.problems(isFinal: isSigning, filling.context).filter { !$0.isWarning }
        let stops = isSigning ? problems : problems.filter { $0.kind == .unreadable }
        guard stops.isEmpty else { return page(filling, visit, problems: stops, status: .unprocessableContent) }
        let head = filling.head(visit, isSigning: isSigning, at: visit.visit.now)
        let seen = sent.given("version").flatMap { Int($0) }
        do {
            if isSigning {
                let key = try await visit.desk.sign(filling.state, head, as: filling.key, over: seen, visit.records)
                return .elsewhere("/forms/responses/\(key.id)?done=signed")
            }
            let version = try await visit.desk.save(filling.state, head, as: filling.key, over: seen, visit.records)
            return .elsewhere("/forms/responses/\(version.key.id)?done=saved")
        } catch let error as RecordsError where error.category == .preconditionFailed {
            return page(filling, visit, notice: visit.words["formConflict"], status: .conflict)
        }
    }
}

/// Times as responses hold them.
enum ReportTimes {
    /// `2026-11-21T08:00:00+08:00`
    static func text(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1000 + 8 * 3_600
        let day = CivilDay(milliseconds: milliseconds).isoText
        let rest = seconds % 86_400
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(day)T\(two(rest / 3_600)):\(two(rest / 60 % 60)):\(two(rest % 60))+08:00"
    }
}
