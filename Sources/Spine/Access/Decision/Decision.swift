/// What was decided.
public enum Decision: Sendable, Hashable {
    /// It may be done, under these obligations.
    case permit(Obligations)
    /// It may not be done.
    case refuse(Refusal)

    /// Whether it may be done.
    public var isPermit: Bool {
        if case .permit = self { true } else { false }
    }

    /// The obligations of a permission.
    public var obligations: Obligations? {
        if case .permit(let obligations) = self { obligations } else { nil }
    }

    /// The reason of a refusal.
    public var refusal: Refusal? {
        if case .refuse(let refusal) = self { refusal } else { nil }
    }
}

/// What must be done when something is permitted.
public struct Obligations: Sendable, Hashable {
    /// How the resource must be masked before it leaves; for a type the least that its rows need.
    public var masking: Masking
    /// Counts from 1 up to below this number are not shown; nil: all are.
    public var smallCellsBelow: Int?
    /// On what the permission stands; for the audit log.
    public var basis: Basis
    /// Whether the patient must be told.
    public var tellsPatient: Bool
    /// Within how many hours a second person must look at it; nil: no need.
    public var reviewWithinHours: Int?

    /// - Parameters:
    ///   - masking: how the resource must be masked.
    ///   - smallCellsBelow: counts from 1 up to below this number are not shown.
    ///   - basis: on what the permission stands.
    ///   - tellsPatient: whether the patient must be told.
    ///   - reviewWithinHours: within how many hours a second person must look at it.
    public init(
        masking: Masking, smallCellsBelow: Int? = nil, basis: Basis, tellsPatient: Bool = false,
        reviewWithinHours: Int? = nil
    ) {
        self.masking = masking
        self.smallCellsBelow = smallCellsBelow
        self.basis = basis
        self.tellsPatient = tellsPatient
        self.reviewWithinHours = reviewWithinHours
    }
}

/// On what a permission stands.
public enum Basis: String, Sendable, Hashable, CaseIterable {
    /// The subject's own record.
    case own
    /// A child's, as its guardian.
    case guardianship
    /// Somebody's who gave a mandate.
    case delegation
    /// Of a patient in the institution's care.
    case care
    /// The first contact, which makes the care relation.
    case registration
    /// Break-glass.
    case breakGlass
    /// Case data of a notifiable disease.
    case caseData
    /// The public directory.
    case directory
    /// Definitions and terminology.
    case definition
    /// Counts without persons.
    case statistics
    /// The own institution's, about nobody.
    case institution
    /// The audit log, by duty.
    case audit
    /// Transport, by duty.
    case transport
    /// Settings and accounts, by duty.
    case administration
    /// The platform's own programs.
    case platform
    /// An approved copy for research.
    case research
}

/// How much of a resource is hidden before it leaves.
public enum Masking: Int, Sendable, Hashable, Comparable, CaseIterable {
    /// Nothing.
    case none = 0
    /// Of staff: phone, address, birth date and numbers (the public directory).
    case directory = 1
    /// Names, numbers, phones, addresses and birth dates of persons, by the display table of GB/T 39725.
    case masked = 2
    /// Everything that leads to a person: the copy for research.
    case deidentified = 3

    /// The less is hidden, the smaller.
    public static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}
