public import FHIR
public import JSON

/// Reads the labels of resources by the definitions of R4.
public struct LabelReader: Sendable {
    /// The definitions.
    public let definitions: Definitions
    /// The categories that count as sensitive in this city.
    public let sensitive: Set<Sensitivity>
    private let persons: [String: PersonPaths]

    /// - Parameters:
    ///   - definitions: the tables of R4.
    ///   - sensitive: the categories that count as sensitive; a city may add tuberculosis and hepatitis.
    public init(_ definitions: Definitions, sensitive: Set<Sensitivity> = Sensitivity.everywhere) {
        self.definitions = definitions
        self.sensitive = sensitive
        persons = PersonPaths.table(definitions)
    }

    /// The URL of the extension of an address that holds its code of GB/T 2260.
    public static let divisionURL = "https://healthbrain.dev/fhir/StructureDefinition/division"

    /// The URL of the extension of a Subscription that names the Organization it is for.
    public static let receiverURL = "https://healthbrain.dev/fhir/StructureDefinition/subscription-receiver"

    /// The URL of the extension of a Task that names one more Organization that answers for it, beside owner and requester.
    public static let answeringURL = "https://healthbrain.dev/fhir/StructureDefinition/task-answering"

    private static func organisations(of resource: JSONNode, extending url: String) -> [String] {
        resource["extension"]?.elements.compactMap { element in
            guard element["url"]?.equals(url) == true,
                let target = element["valueReference"].flatMap(LiteralReference.init), target.type == "Organization"
            else { return nil }
            return target.id
        } ?? []
    }

    /// The labels of a resource.
    ///
    /// - Parameters:
    ///   - resource: a resource; of a Bundle or Parameters the labels are those of all resources inside together.
    ///   - parameters: the search parameters whose values the scopes in force ask for.
    public func labels(of resource: JSONNode, parameters: Set<String> = []) -> ResourceLabels {
        var labels = ResourceLabels(
            type: resource["resourceType"]?.string ?? "", id: resource["id"]?.string ?? "")
        var walk = LabelWalk(tellsCase: Self.caseTypes.contains(labels.type))
        walk.visit(resource, key: "", parent: "")
        labels.sensitivities = walk.sensitivities.intersection(sensitive)
        labels.diseases = walk.diseases
        labels.codes = walk.codes
        labels.references = walk.references
        labels.organisations = walk.organisations
        labels.practitioners = walk.practitioners
        if labels.type == "Organization" { labels.organisations.insert(labels.id) }
        if labels.type == "Subscription" {
            labels.organisations.formUnion(Self.organisations(of: resource, extending: Self.receiverURL))
        }
        if labels.type == "Task" {
            labels.organisations.formUnion(Self.organisations(of: resource, extending: Self.answeringURL))
        }
        if labels.type == "MolecularSequence" { labels.sensitivities.insert(.genetic) }
        if labels.resourceClass == .definition { labels.sensitivities = [] }
        labels.divisions = Self.divisions(of: resource)
        labels.period = Self.period(of: resource)
        for parameter in parameters { labels.parameters[parameter] = tokens(parameter, labels.type, resource) }
        readPersons(resource, &labels)
        return labels
    }

    /// The types of which a code of a notifiable disease makes case data.
    public static let caseTypes: Set<String> = [
        "Communication", "Composition", "Condition", "DiagnosticReport", "DocumentReference", "Encounter",
        "EpisodeOfCare", "Flag", "Observation", "QuestionnaireResponse", "Specimen", "Task",
    ]

    // MARK: - Persons

    private func readPersons(_ resource: JSONNode, _ labels: inout ResourceLabels) {
        if labels.type == "Patient" {
            labels.persons = labels.id.isEmpty ? [] : [labels.id]
            return
        }
        for inner in Self.innerResources(of: resource) {
            let found = self.labels(of: inner)
            labels.persons.formUnion(found.persons)
            labels.hasUnknownPersons = labels.hasUnknownPersons || found.hasUnknownPersons
            labels.dependsOn.formUnion(found.dependsOn)
        }
        guard let paths = persons[labels.type] else { return }
        if !read(paths.about, resource, &labels) { read(paths.participants, resource, &labels) }
        guard labels.isImpersonal else { return }
        // Nobody is named: an encounter may lead to the patient.
        for key in ["encounter", "context"] as [JSONKey] {
            guard let reference = resource[key].flatMap(LiteralReference.init) else { continue }
            labels.dependsOn.insert(reference.text)
        }
    }

    /// - Returns: whether a person was named, known or not.
    @discardableResult
    private func read(_ paths: [ElementPath], _ resource: JSONNode, _ labels: inout ResourceLabels) -> Bool {
        for path in paths {
            for value in path.values(in: resource) { read(value, only: path.target, resource, &labels) }
        }
        return !labels.isImpersonal
    }

    private func read(_ value: JSONNode, only target: String?, _ resource: JSONNode, _ labels: inout ResourceLabels) {
        let declared = value["type"]?.string
        guard let text = value["reference"]?.string else {
            // An identifier or a display alone: somebody, but who?
            if declared == nil || declared == "Patient", target == nil || target == "Patient",
                value["identifier"] != nil || value["display"] != nil
            {
                labels.hasUnknownPersons = true
            }
            return
        }
        if text.hasPrefix("#") {
            let inside = resource["contained"]?.elements.first { $0["id"]?.equals(String(text.dropFirst())) == true }
            let type = inside?["resourceType"]?.string
            if type == nil || (ResourceClass.of(type ?? "") == .personal && (target ?? type) == type) {
                labels.hasUnknownPersons = true
            }
            return
        }
        guard let reference = LiteralReference(text) else {
            let isOther = Self.typeNamed(in: text).map { Self.isNobody($0) || $0 != (target ?? $0) } ?? false
            if !isOther { labels.hasUnknownPersons = true }
            return
        }
        if reference.type == "Patient" {
            labels.persons.insert(reference.id)
        } else if target == nil, !Self.isNobody(reference.type) {
            labels.dependsOn.insert(reference.text)
        }
    }

    /// The type in an absolute URL such as `https://example.org/fhir/Organization/1`.
    private static func typeNamed(in url: String) -> String? {
        let parts = url.split(separator: "/")
        return parts.count > 2 ? String(parts[parts.count - 2]) : nil
    }

    /// Whether resources of the type are never about a patient, so that what is about them is not either.
    private static func isNobody(_ type: String) -> Bool {
        switch ResourceClass.of(type) {
        case .definition, .transport: true
        case .directory: type != "Schedule"
        case .audit, .personal: false
        }
    }

    private static func innerResources(of resource: JSONNode) -> [JSONNode] {
        switch resource["resourceType"]?.string {
        case "Bundle": resource["entry"]?.elements.compactMap { $0["resource"] } ?? []
        case "Parameters": resource["parameter"]?.elements.compactMap { $0["resource"] } ?? []
        default: []
        }
    }

    // MARK: - Places, times, parameters

    private static func divisions(of resource: JSONNode) -> Set<Division> {
        guard let address = resource["address"] else { return [] }
        let addresses = address.isArray ? Array(address.elements) : [address]
        for address in addresses where address["use"]?.equals("old") != true {
            for element in address["extension"].map({ Array($0.elements) }) ?? [] {
                guard element["url"]?.equals(divisionURL) == true, let code = element["valueCode"]?.string,
                    let division = Division(code)
                else { continue }
                return [division]
            }
        }
        return []
    }

    private static let times: [JSONKey] = [
        "effectiveDateTime", "effectivePeriod", "effectiveInstant", "performedDateTime", "performedPeriod",
        "occurrenceDateTime", "occurrencePeriod", "onsetDateTime", "onsetPeriod", "period", "authoredOn",
        "recordedDate", "started", "whenHandedOver", "date", "issued", "created", "sent", "recorded",
    ]

    private static func period(of resource: JSONNode) -> ClosedRange<Int64>? {
        for key in times {
            guard let value = resource[key], let period = FHIRPeriod(value) else { continue }
            return period.range
        }
        return nil
    }

    /// The paths of a search parameter that a scope can be restricted by; nil when it cannot.
    func restrictingPaths(_ parameter: String, of type: String) -> [ElementPath]? {
        guard let found = definitions.searchParameter(parameter, of: type),
            found.type == .token || found.type == .reference
        else { return nil }
        if found.resource == "Resource" || found.resource == "DomainResource" {
            return ElementPath.paths(found.expression, of: found.resource)
        }
        return ElementPath.paths(found.expression, of: type)
    }

    private func tokens(_ parameter: String, _ type: String, _ resource: JSONNode) -> Set<Token> {
        let paths = restrictingPaths(parameter, of: type) ?? []
        return Set(paths.flatMap { path in path.values(in: resource).flatMap { Self.tokens($0, only: path.target) } })
    }

    private static func tokens(_ node: JSONNode, only target: String?) -> [Token] {
        if let text = node.string { return [Token(system: "", code: text)] }
        if let flag = node.bool { return [Token(system: "", code: flag ? "true" : "false")] }
        if let codings = node["coding"] { return codings.elements.flatMap { tokens($0, only: target) } }
        if let reference = LiteralReference(node) {
            guard target == nil || target == reference.type else { return [] }
            return [Token(system: "", code: reference.text), Token(system: "", code: reference.id)]
        }
        guard let code = node["code"]?.string ?? node["value"]?.string else { return [] }
        return [Token(system: node["system"]?.string ?? "", code: code)]
    }
}
