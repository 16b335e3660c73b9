/// What a consent leaves to be looked at once it is known who asks, why and when: rules about resources alone.
///
/// A store turns it into SQL as it stands: `NOT (about the patient AND rule AND NOT (exception …))`.
public struct ConsentFilter: Sendable, Hashable {
    /// The patient whose records it is about.
    public let patient: String
    /// The Consent's id.
    public let consent: String
    /// Whether what no rule fits is denied.
    public let deniesByDefault: Bool
    /// The rules; where several fit, a denial wins.
    public let rules: [Rule]

    /// A rule with its exceptions.
    public struct Rule: Sendable, Hashable {
        /// Whether it permits what fits; nil when only its exceptions say something.
        public let permits: Bool?
        /// What fits.
        public let match: ConsentDirective.Match
        /// What goes before the rule where it fits too.
        public let exceptions: [Rule]
    }

    /// Whether it denies anything at all.
    public var canDeny: Bool {
        deniesByDefault || rules.contains(where: Self.canDeny)
    }

    private static func canDeny(_ rule: Rule) -> Bool {
        rule.permits == false || rule.exceptions.contains(where: canDeny)
    }

    /// Whether it denies a resource about the patient.
    public func denies(_ labels: ResourceLabels) -> Bool {
        guard labels.persons.contains(patient) else { return false }
        return (Self.verdict(rules, labels) ?? !deniesByDefault) == false
    }

    /// What the rules say: a denial before a permission; nil when none fits.
    private static func verdict(_ rules: [Rule], _ labels: ResourceLabels) -> Bool? {
        var found: Bool?
        for rule in rules {
            // What a denial cannot tell counts as fitting; what a permission cannot, as not.
            guard rule.match.fits(labels, unknown: rule.permits == false) else { continue }
            guard let verdict = verdict(rule.exceptions, labels) ?? rule.permits else { continue }
            if !verdict { return false }
            found = true
        }
        return found
    }
}

extension ConsentDirective.Match {
    /// Whether a resource fits; `unknown` stands for parts that cannot be told.
    public func fits(_ resource: ResourceLabels, unknown: Bool) -> Bool {
        fitsLabels(resource) && fitsClasses(resource, unknown: unknown)
            && (codes.isEmpty || codes.contains { $0.code.isEmpty ? unknown : resource.codes.contains($0) })
            && fitsPeriod(resource, unknown: unknown)
            && (data.isEmpty || data.contains { $0.fits(resource, unknown: unknown) })
    }

    private func fitsLabels(_ resource: ResourceLabels) -> Bool {
        labels.isEmpty
            || labels.contains { label in
                if resource.codes.contains(label) { return true }
                guard let category = SensitivityTables.category(ofLabel: label.system, label.code) else { return false }
                return resource.sensitivities.contains(category)
            }
    }

    private func fitsClasses(_ resource: ResourceLabels, unknown: Bool) -> Bool {
        classes.isEmpty
            || classes.contains { token in
                token.system.hasSuffix("/resource-types") || token.system.hasSuffix("/fhir-types")
                    || token.system.isEmpty ? token.code == resource.type : unknown
            }
    }

    private func fitsPeriod(_ resource: ResourceLabels, unknown: Bool) -> Bool {
        guard let dataPeriod else { return true }
        return resource.period.map { $0.overlaps(dataPeriod) } ?? unknown
    }
}

extension ConsentDirective.Match.Datum {
    fileprivate func fits(_ resource: ResourceLabels, unknown: Bool) -> Bool {
        guard let reference else { return unknown }
        switch meaning {
        case "instance": return resource.reference == reference
        case "related", "dependents":
            return resource.reference == reference || resource.references.contains(reference)
        case "authoredby":
            let isOrganisation = reference.hasPrefix("Organization/")
            return resource.practitioners.contains(reference)
                || (isOrganisation && resource.organisations.contains(String(reference.dropFirst(13))))
        default: return unknown
        }
    }
}
