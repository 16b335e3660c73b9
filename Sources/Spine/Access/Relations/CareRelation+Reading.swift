public import JSON

extension CareRelation {
    /// The care relations that a resource makes: of an Encounter, EpisodeOfCare, CareTeam, ServiceRequest, Task or
    /// Appointment. What was cancelled, entered in error or only planned makes none.
    ///
    /// - Parameters:
    ///   - resource: the resource.
    ///   - labels: its labels, whose persons are resolved.
    ///   - written: when it was written, for what gives no time of its own; milliseconds since 1970.
    public static func reading(_ resource: JSONNode, _ labels: ResourceLabels, written: Int64) -> [CareRelation] {
        let status = resource["status"]?.string ?? ""
        guard let source = Source(rawValue: labels.type), source.statuses.contains(status) else { return [] }
        guard !labels.hasUnknownPersons, labels.dependsOn.isEmpty else { return [] }
        // Looking at an access, or at an objection to one, is no care.
        // Nor is reporting a case, or looking into a signal.
        if source == .task, labels.codes.contains(where: { taskCodesWithoutCare.contains($0.system) }) { return [] }
        let times = source.time.flatMap { resource[$0] }.flatMap(FHIRPeriod.init)?.range
        let from = times.map { $0.lowerBound == .min ? written : $0.lowerBound } ?? written
        let isAsked = source == .task && labels.codes.contains { $0.system == pathwayCodes } && status != "completed"
        let isOpen = isAsked || source.openStatuses.contains(status)
        let until: Int64? =
            switch times?.upperBound {
            case .some(let end) where end != .max: end
            default: isOpen ? nil : max(from, written)
            }
        return source.organisations(in: resource).flatMap { organisation in
            labels.persons.map {
                CareRelation(patient: $0, organisation: organisation, kind: source.kind, from: from, until: until)
            }
        }
    }

    /// The system of the codes of tasks about accesses themselves: reviews and objections.
    public static let accessCodes = "https://healthbrain.dev/fhir/CodeSystem/access"

    /// The system of the codes of tasks of surveillance: signals and report cards of cases.
    public static let surveillanceCodes = "https://healthbrain.dev/fhir/CodeSystem/surveillance"
    /// The system of the codes of tasks that pathways of programmes ask for: who owns one cares for the person until it is answered,
    /// however late. Ours.
    public static let pathwayCodes = "https://healthbrain.dev/fhir/CodeSystem/pathway-action"
    private static let taskCodesWithoutCare: Set<String> = [accessCodes, surveillanceCodes]

    private enum Source: String {
        case encounter = "Encounter"
        case episode = "EpisodeOfCare"
        case team = "CareTeam"
        case request = "ServiceRequest"
        case task = "Task"
        case appointment = "Appointment"

        var kind: Kind {
            switch self {
            case .encounter: .visit
            case .episode, .team: .contract
            case .request, .task: .referral
            case .appointment: .appointment
            }
        }

        var statuses: Set<String> {
            switch self {
            case .encounter: ["arrived", "triaged", "in-progress", "onleave", "finished"]
            case .episode: ["active", "onhold", "finished"]
            case .team: ["active", "suspended", "inactive"]
            case .request: ["active", "on-hold", "completed"]
            case .task: ["requested", "received", "accepted", "ready", "in-progress", "on-hold", "completed"]
            case .appointment: ["booked", "arrived", "checked-in", "fulfilled"]
            }
        }

        /// Statuses in which a missing end means that it goes on.
        var openStatuses: Set<String> {
            switch self {
            case .encounter: ["arrived", "triaged", "in-progress", "onleave"]
            case .episode: ["active", "onhold"]
            case .team: ["active"]
            case .request, .task, .appointment: []
            }
        }

        var time: JSONKey? {
            switch self {
            case .encounter, .episode, .team: "period"
            case .request: "occurrencePeriod"
            case .task: "executionPeriod"
            case .appointment: nil
            }
        }

        func organisations(in resource: JSONNode) -> Set<String> {
            let paths: [ElementPath] =
                switch self {
                case .encounter: [ElementPath(["serviceProvider"])]
                case .episode: [ElementPath(["managingOrganization"])]
                case .team: [ElementPath(["managingOrganization"]), ElementPath(["participant", "onBehalfOf"])]
                case .request: [ElementPath(["performer"])]
                case .task: [ElementPath(["owner"])]
                case .appointment: [ElementPath(["participant", "actor"])]
                }
            let references = paths.flatMap { $0.values(in: resource) }.compactMap { LiteralReference($0) }
            return Set(references.filter { $0.type == "Organization" }.map(\.id))
        }
    }
}
