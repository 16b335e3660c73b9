/// How the one who asks stands to patients. Care relations are facts about patients: for one decision those of the
/// resource's patients suffice, for a search the store has them as a table.
public struct Relations: Sendable, Hashable {
    /// The other Patients that a resident is too since they were put together, by id.
    public var own: Set<String> = []
    /// Who stands for the patient in a token's context since a merge, by id; nil where nobody else does.
    public var context: String?
    /// Children in the subject's care as a guardian.
    public var guardianships: [Guardianship]
    /// Mandates given to the subject.
    public var delegations: [Delegation]
    /// Emergency access that the subject asked for.
    public var breakGlass: [BreakGlass]
    /// Approvals of research copies that name the subject.
    public var approvals: [ExportApproval]
    /// Care relations of patients with organisations.
    public var care: [CareRelation]

    /// - Parameters:
    ///   - guardianships: children in the subject's care.
    ///   - delegations: mandates given to the subject.
    ///   - breakGlass: emergency access that the subject asked for.
    ///   - approvals: approvals of research copies.
    ///   - care: care relations of patients with organisations.
    public init(
        guardianships: [Guardianship] = [], delegations: [Delegation] = [], breakGlass: [BreakGlass] = [],
        approvals: [ExportApproval] = [], care: [CareRelation] = []
    ) {
        self.guardianships = guardianships
        self.delegations = delegations
        self.breakGlass = breakGlass
        self.approvals = approvals
        self.care = care
    }
}
