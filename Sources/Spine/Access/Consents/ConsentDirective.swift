public import JSON

/// What a patient decided in a Consent of FHIR R4, as far as it says who may do what.
///
/// The patient's word narrows what the rules permit and never widens it. What cannot be evaluated counts against access:
/// in a denial it is taken as fulfilled, in a permission as not.
public struct ConsentDirective: Sendable, Hashable {
    /// The Consent's id.
    public var id: String
    /// The patient's id.
    public var patient: String
    /// Whether `policyRule` refuses what the provisions do not permit (OPTOUT).
    public var deniesByDefault: Bool
    /// The root provision; nil when there is none.
    public var provision: Provision?

    /// One provision with the exceptions inside it.
    public struct Provision: Sendable, Hashable {
        /// Whether it permits; nil for a root without type.
        public var permits: Bool?
        /// When it is in force; nil: always.
        public var period: ClosedRange<Int64>?
        /// Whom it is about; empty: everybody. nil stands for one that is not a literal reference.
        public var actors: [String?] = []
        /// What is done, by codes of consentaction; empty: anything.
        public var actions: Set<String> = []
        /// Codes of PurposeOfUse; empty: any purpose.
        public var purposes: Set<String> = []
        /// What resources it is about.
        public var match = Match()
        /// Exceptions to it.
        public var exceptions: [Provision] = []
    }

    /// What resources a provision is about: of each part that is not empty one must fit.
    public struct Match: Sendable, Hashable {
        /// Security labels.
        public var labels: Set<Token> = []
        /// Resource types, or other classes of content.
        public var classes: Set<Token> = []
        /// Codes that occur in the resource.
        public var codes: Set<Token> = []
        /// When what is told took place.
        public var dataPeriod: ClosedRange<Int64>?
        /// Resources, by meaning (`instance`, `related`, `dependents`, `authoredby`) and reference.
        public var data: [Datum] = []

        /// One resource that a provision names.
        public struct Datum: Sendable, Hashable {
            /// `instance`, `related`, `dependents` or `authoredby`.
            public var meaning: String
            /// `Type/id`; nil when it is not a literal reference.
            public var reference: String?
        }
    }

    /// Reads a Consent.
    ///
    /// - Returns: nil when it is not active, or names no patient here: then it says nothing.
    public init?(_ consent: JSONNode) {
        guard consent["resourceType"]?.equals("Consent") == true, consent["status"]?.equals("active") == true,
            let patient = consent["patient"].flatMap(LiteralReference.init), patient.type == "Patient"
        else { return nil }
        id = consent["id"]?.string ?? ""
        self.patient = patient.id
        let rules = consent["policyRule"]?["coding"]?.elements.compactMap { $0["code"]?.string } ?? []
        deniesByDefault = rules.contains { $0.hasPrefix("OPTOUT") || $0 == "opt-out" }
        provision = consent["provision"].map { Self.provision($0) }
    }

    private static func provision(_ node: JSONNode) -> Provision {
        var found = Provision()
        found.permits = node["type"]?.string.map { $0 == "permit" }
        found.period = node["period"].flatMap { FHIRPeriod($0) }?.range
        found.actors = list(node["actor"]).map { $0["reference"].flatMap(LiteralReference.init)?.text }
        found.actions = Set(list(node["action"]).flatMap { tokens($0).map(\.code) })
        found.purposes = Set(list(node["purpose"]).flatMap { tokens($0).map(\.code) })
        found.match.labels = Set(list(node["securityLabel"]).flatMap(tokens))
        found.match.classes = Set(list(node["class"]).flatMap(tokens))
        found.match.codes = Set(list(node["code"]).flatMap(tokens))
        found.match.dataPeriod = node["dataPeriod"].flatMap { FHIRPeriod($0) }?.range
        found.match.data = list(node["data"]).map {
            Match.Datum(
                meaning: $0["meaning"]?.string ?? "",
                reference: $0["reference"].flatMap(LiteralReference.init)?.text)
        }
        found.exceptions = list(node["provision"]).map { provision($0) }
        return found
    }

    private static func list(_ node: JSONNode?) -> [JSONNode] {
        guard let node else { return [] }
        return node.isArray ? Array(node.elements) : [node]
    }

    /// The codes of a Coding or CodeableConcept; words alone are a token that nothing matches.
    private static func tokens(_ node: JSONNode) -> [Token] {
        if let codings = node["coding"] { return codings.elements.flatMap { tokens($0) } }
        return [Token(system: node["system"]?.string ?? "", code: node["code"]?.string ?? "")]
    }
}
