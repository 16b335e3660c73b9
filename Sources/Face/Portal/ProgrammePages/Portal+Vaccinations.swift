import Accounts
import Calendar
import HTTPTypes
import Hummingbird
import JSON
import Pathways
import Records
import Series

extension Portal {
    /// `/vaccinations/ID`: somebody's vaccination record (预防接种证), to read and to print: which doses were given and count, series by
    /// series, and how each stands, as a kindergarten or school asks for it.
    func addVaccinations(to router: Router<BasicRequestContext>, _ gate: PortalGate, _ desk: PathwayDesk) {
        router.get("/vaccinations/:id") { request, context in
            await cared(request, context, gate, desk, [.resident, .clinician]) { visit in
                guard let id = context.parameters.get("id"), ResourceKey.isID(id) else {
                    return visit.guarded.unreached(patient: nil)
                }
                if visit.isResident {
                    // By a mandate somebody sees records; this is between a person and their family.
                    let caller = try visit.guarded.someone()
                    guard try caller.ownPatient == id || gate.wards(of: caller).contains(id) else {
                        return visit.guarded.unreached(patient: nil)
                    }
                }
                guard let view = try VaccinationView(id, visit) else { return visit.guarded.unreached(patient: id) }
                return visit.page(
                    "vaccinations", view, title: view.title, place: visit.isResident ? .programmes : .today)
            }
        }
    }
}

/// A vaccination record as the template reads it.
struct VaccinationView {
    struct Dose {
        let day: String
        let title: String
        let lot: String
        let place: String
        let worth: String
        let tone: String
        let why: String?
    }

    struct Series {
        let title: String
        let disease: String
        let status: String
        let tone: String
        let doses: [Dose]
        let hasDoses: Bool
    }

    let title: String
    let name: String
    let about: String
    let answer: String
    let series: [Series]
    let hasSeries: Bool
    let unknown: [Dose]
    let hasUnknown: Bool
    let backHref: String
    let backText: String

    /// What may tell how doses stand, beside the Patient.
    private static let told = [
        ("Immunization", "patient"), ("AllergyIntolerance", "patient"), ("Condition", "subject"),
        ("Observation", "subject"), ("QuestionnaireResponse", "subject"), ("MedicationAdministration", "subject"),
        ("AdverseEvent", "subject"),
    ]

    /// Reads a record through the eyes of its reader; nil where there is nobody whom they may see.
    init?(_ id: String, _ visit: Portal.CareVisit) throws {
        guard let version = try visit.read("Patient", id) else { return nil }
        let words = visit.words
        func say(_ text: DoseWords) -> String { words.language == .zh ? text.zh : text.en }
        let patient = try JSONDocument(parsing: version.json())
        let person = Person(patient.root)
        var documents = [patient]
        var given: [String: JSONNode] = [:]
        for (type, parameter) in Self.told {
            for found in try visit.search(type, [(parameter, "Patient/\(id)")]) {
                let document = try JSONDocument(parsing: found.json())
                documents.append(document)
                if type == "Immunization" { given["Immunization/\(found.key.id)"] = document.root }
            }
        }
        let record = PersonRecord(documents)
        // Each pathway that asks for doses tells of all series of its programme.
        let forecast = record.flatMap { record in
            visit.desk.pathways.first(where: \.asksForDoses)?.forecast(record, now: visit.now)
        }
        func dose(_ reference: String, _ title: String, _ day: String?, _ worth: String, _ isGood: Bool, _ why: String?)
            -> Dose
        {
            let root = given[reference]
            let performer = root?["performer"]?.elements.lazy.compactMap { $0["actor"]?["reference"]?.string }.first
            return Dose(
                day: day ?? words["vaccinationDayUnknown"], title: title, lot: root?["lotNumber"]?.string ?? "—",
                place: performer.map(visit.name) ?? root?["location"]?["display"]?.string ?? "—", worth: worth,
                tone: isGood ? "good" : "watch", why: why)
        }
        var known: Set<String> = []
        series = (forecast?.series ?? []).filter { $0.status != .notEligible }.map { one in
            let doses = one.judged.filter { $0.verdict != .notDone }.map { judged in
                known.insert(judged.reference)
                let slot = one.given.first { $0.given == judged.reference }
                return dose(
                    judged.reference, say(slot?.title ?? judged.title), judged.day.map(words.date),
                    words["vaccination_\(judged.verdict.rawValue)"],
                    judged.verdict != .invalid && judged.verdict != .unknown,
                    judged.why.map(say))
            }
            return Series(
                title: say(one.title), disease: say(one.disease), status: say(one.status.words),
                tone: one.status == .overdue || one.status == .due
                    ? "watch" : one.status == .complete ? "good" : "plain",
                doses: doses, hasDoses: !doses.isEmpty)
        }
        hasSeries = !series.isEmpty
        // What no series asks for has been given too.
        unknown = given.filter { !known.contains($0.key) && $0.value["status"]?.equals("completed") == true }
            .sorted { $0.key < $1.key }.map { reference, root in
                let name =
                    root["vaccineCode"]?["text"]?.string ?? root["vaccineCode"]?["coding"]?[0]?["display"]?.string
                    ?? root["vaccineCode"]?["coding"]?[0]?["code"]?.string ?? reference
                return dose(
                    reference, name, root["occurrenceDateTime"]?.string.map { String($0.prefix(10)) },
                    words["vaccination_extra"], true, nil)
            }
        hasUnknown = !unknown.isEmpty
        title = words["vaccinationTitle"]
        name = person.name.isEmpty ? words["nameUnknown"] : person.name
        let born = person.birthDate.map { words.text("born", ["date": words.fhirDate($0)]) }
        about = [words.sexAndAge(person, on: visit.visit.today), born].compactMap { $0 }.joined(
            separator: words["comma"])
        let complete = (forecast?.series ?? []).filter { $0.status == .complete }.count
        answer =
            series.isEmpty
            ? words["vaccinationNone"]
            : words.text(
                "vaccinationAnswer", ["n": words.number(series.count), "done": words.number(complete)])
        backHref =
            visit.isResident
            ? Address.make("/my/programmes", [("patient", try visit.guarded.someone().ownPatient == id ? nil : id)])
            : "/residents/\(id)/care"
        backText = visit.isResident ? words["ownProgrammesTitle"] : words["vaccinationBack"]
    }
}

extension CareModel {
    /// Whether somebody is on a pathway that asks for doses.
    func isVaccinated(_ visit: Portal.CareVisit) -> Bool {
        enrolments.contains { $0.isActive && visit.pathway($0.pathway)?.asksForDoses == true }
    }
}
