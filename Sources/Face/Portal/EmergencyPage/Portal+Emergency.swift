import Access
import Accounts
import Gate
import Hummingbird
import JSON
import Records

/// The form of emergency access as its template reads it.
struct EmergencyView {
    let form: String
    /// The Patient's id, when the form was reached from a page that was not shown.
    let patient: String
    let asksNumber: Bool
    let number: String
    let reason: String
    let problems: [Problem]
    let hasProblems: Bool
    let numberProblem: String?
    let reasonProblem: String?
    let rules: [String]
}

extension Portal {
    /// `/emergency`: break-glass, the record of a patient without a care relation, with a reason.
    func addEmergency(to router: Router<BasicRequestContext>, _ gate: PortalGate) {
        router.get("/emergency") { request, context in
            await guarded(request, context, gate, .roles([.clinician])) { visit in
                try emergencyPage(visit, patient: visit.asked("patient") ?? "")
            }
        }
        router.post("/emergency") { request, context in
            await guarded(request, context, gate, .roles([.clinician])) { visit in try await breakGlass(visit) }
        }
    }

    private func breakGlass(_ visit: GuardedVisit) async throws -> Page {
        let (policy, words) = (visit.gate.gate.options.policy, visit.words)
        let reason = visit.form["reason"].trimmed
        let asked = visit.form["patient"]
        var numberProblem: String?
        var reasonProblem: String?
        if asked.isEmpty, visit.form.given("number") == nil { numberProblem = words["emergencyNumberEmpty"] }
        if reason.filter({ !$0.isWhitespace }).count < policy.reasonCharactersMin {
            reasonProblem = words.text("emergencyReasonShort", ["n": "\(policy.reasonCharactersMin)"])
        }
        guard numberProblem == nil, reasonProblem == nil else {
            return try emergencyPage(visit, patient: asked, number: numberProblem, reason: reasonProblem)
        }
        let patient = try asked.isEmpty ? patient(number: visit.form["number"].trimmed) : asked
        let isOpen: Bool
        if let patient, ResourceKey.isID(patient) {
            isOpen =
                try await visit.gate.gate.breakGlass(
                    try visit.someone().caller, patient: patient, reason: String(reason.prefix(500)),
                    request: visit.visit.requestID) != nil
        } else {
            isOpen = false
        }
        guard isOpen, let patient else {
            return try emergencyPage(visit, patient: "", number: words["emergencyNobody"], reason: nil)
        }
        return .elsewhere(Address.resident(patient))
    }

    /// The one Patient with an ID number; nil for none and for several.
    private func patient(number: String) throws -> String? {
        let typed = number.filter { $0 != " " && $0 != "-" }.uppercased()
        guard !typed.isEmpty, typed.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
        else { return nil }
        let page = try parts.store.search(
            type: "Patient", parameters: [("identifier", Person.idNumberSystem + "|" + typed), ("_count", "2")])
        return page.entries.count == 1 ? page.entries.first?.version.key.id : nil
    }

    private func emergencyPage(
        _ visit: GuardedVisit, patient: String, number: String? = nil, reason: String? = nil
    ) throws -> Page {
        let (policy, words) = (visit.gate.gate.options.policy, visit.words)
        let problems = [("#number", number), ("#reason", reason)].compactMap { href, text in
            text.map { Problem(href: href, text: $0) }
        }
        let isKnown = ResourceKey.isID(patient)
        let view = EmergencyView(
            form: try visit.formToken(), patient: isKnown ? patient : "", asksNumber: !isKnown,
            number: visit.form["number"], reason: visit.form["reason"], problems: problems,
            hasProblems: !problems.isEmpty, numberProblem: number, reasonProblem: reason,
            rules: [
                words.counted("emergencyRuleTime", policy.breakGlassMinutes / 60), words["emergencyRuleLog"],
                words["emergencyRuleTold"], words.counted("emergencyRuleReview", policy.reviewWithinHours),
            ])
        return visit.page(
            "emergency", view, title: words["emergencyTitle"], place: .residents,
            status: problems.isEmpty ? .ok : .unprocessableContent)
    }
}
