extension ConsentDirective {
    /// What the consent says about resources when this subject does this at this instant; nil when it denies nothing.
    ///
    /// - Parameters:
    ///   - subject: who asks.
    ///   - own: the other Patients that the subject is too, by id.
    ///   - action: what is done, by codes of consentaction.
    ///   - onlyNaming: whether denials count only where they name the purpose.
    ///   - now: milliseconds since 1970-01-01T00:00:00Z.
    func filter(
        _ subject: Subject, own: Set<String> = [], _ action: Set<String>, onlyNaming: Bool = false, at now: Int64
    ) -> ConsentFilter? {
        let request = Request(subject: subject, own: own, actions: action, onlyNaming: onlyNaming, now: now)
        var rules: [ConsentFilter.Rule] = []
        if let provision {
            if provision.permits == nil {
                // A root without type only holds exceptions to the policy.
                if request.fits(provision, unknown: false) {
                    rules = provision.exceptions.compactMap { request.rule($0) }
                }
            } else if let rule = request.rule(provision) {
                rules = [rule]
            }
        }
        let filter = ConsentFilter(
            patient: patient, consent: id, deniesByDefault: deniesByDefault && !onlyNaming, rules: rules)
        return filter.canDeny ? filter : nil
    }

    /// Who asks, for what, when.
    private struct Request {
        let subject: Subject
        let own: Set<String>
        let actions: Set<String>
        let onlyNaming: Bool
        let now: Int64

        /// The rule about resources that a provision comes to; nil when it is not about this request.
        func rule(_ provision: Provision) -> ConsentFilter.Rule? {
            let denies = provision.permits == false
            guard fits(provision, unknown: denies) else { return nil }
            if onlyNaming, denies, provision.purposes.isEmpty { return nil }
            return ConsentFilter.Rule(
                permits: provision.permits, match: provision.match,
                exceptions: provision.exceptions.compactMap { rule($0) })
        }

        func fits(_ provision: Provision, unknown: Bool) -> Bool {
            if let period = provision.period, !period.contains(now) { return false }
            if !provision.actions.isEmpty, !provision.actions.contains(where: { isDone($0) ?? unknown }) {
                return false
            }
            if !provision.purposes.isEmpty, !provision.purposes.contains(where: { isMeant($0) ?? unknown }) {
                return false
            }
            return provision.actors.isEmpty || provision.actors.contains { fits(actor: $0) ?? unknown }
        }

        /// Whether a code of consentaction is what is done; nil when the code is not known.
        private func isDone(_ code: String) -> Bool? {
            let known: Set<String> = ["access", "collect", "correct", "disclose", "use"]
            return known.contains(code) ? actions.contains(code) : nil
        }

        /// Whether a code of PurposeOfUse is the purpose; nil when the code is not known.
        private func isMeant(_ code: String) -> Bool? {
            if code == "PURPOSEOFUSE" { return true }
            return Purpose.of(code: code).map { $0 == subject.purpose }
        }

        /// Whether an actor is the one who asks; nil when it cannot be told.
        private func fits(actor: String?) -> Bool? {
            guard let actor else { return nil }
            if subject.references.contains(actor) || subject.patient.map({ "Patient/" + $0 }) == actor { return true }
            guard let reference = LiteralReference(actor) else { return nil }
            switch reference.type {
            case "Organization":
                return subject.organisationsAbove.contains(reference.id) || subject.reach.meets([reference.id])
            case "Patient": return own.contains(reference.id)
            case "Practitioner", "PractitionerRole", "RelatedPerson", "Device": return false
            default: return nil
            }
        }
    }
}
