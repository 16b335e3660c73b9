/// What the page shows that asks a person whether a program may act.
public struct ConsentView: Sendable {
    /// One thing that a person may agree to.
    public struct Question: Sendable {
        /// The scope: the value of the field.
        public let scope: String
        /// What it means, in the person's language.
        public let words: String
        /// Whether it is ticked.
        public let isChosen: Bool
    }

    /// What the person has still to do.
    public enum Notice: Sendable {
        /// No patient was chosen.
        case patientMissing
    }

    /// The program's name.
    public let client: String
    /// Where the answer goes: scheme and host.
    public let host: String
    /// Who is signed in.
    public let person: String
    /// The roles that the person may act in; there is one at least.
    public let roles: [String]
    /// The place of the role that is chosen.
    public let role: Int
    /// Whether a patient has to be chosen.
    public let needsPatient: Bool
    /// Whom the person can choose.
    public let patients: [PatientChoice]
    /// Who is chosen.
    public let patient: String?
    /// Whether there are more patients to be searched for.
    public let maySearch: Bool
    /// What was searched for.
    public let search: String
    /// What the program asks for.
    public let questions: [Question]
    /// The value of the hidden field `request`.
    public let request: String
    /// The value of the hidden field `form`.
    public let form: String
    /// Whether the page is in Chinese.
    public let isChinese: Bool
    /// The `Cookie` header of the request, which may hold choices of the reader's.
    public let cookies: String?
    /// What the person has still to do.
    public let notice: Notice?
}

/// What the page shows when a sign-in can't go on.
public struct FaultView: Sendable {
    /// What is wrong; English, technical.
    public let reason: String
    /// Whether the page is in Chinese.
    public let isChinese: Bool
    /// The `Cookie` header of the request, which may hold choices of the reader's.
    public let cookies: String?
}

/// A page that leads on by itself: to another provider, or back from one, when a browser sends cookies of this site
/// again from here on.
public struct OnwardView: Sendable {
    /// Where to.
    public let address: String
    /// Whether the page is in Chinese.
    public let isChinese: Bool
    /// The `Cookie` header of the request, which may hold choices of the reader's.
    public let cookies: String?
}

/// How the pages of the sign-in look. They post to `/auth/authorize/decision` the fields `request`, `form`, `role`,
/// `search`, `patient`, `scope` (several) and `decision` (`allow`, `deny`, or anything else to be shown the page again).
public struct SignInPages: Sendable {
    /// Asks whether a program may act.
    public var consent: @Sendable (ConsentView) -> String
    /// Says what is wrong.
    public var fault: @Sendable (FaultView) -> String
    /// Leads on.
    public var onward: @Sendable (OnwardView) -> String

    /// - Parameters:
    ///   - consent: asks whether a program may act.
    ///   - fault: says what is wrong.
    ///   - onward: leads on.
    public init(
        consent: @escaping @Sendable (ConsentView) -> String, fault: @escaping @Sendable (FaultView) -> String,
        onward: @escaping @Sendable (OnwardView) -> String
    ) {
        self.consent = consent
        self.fault = fault
        self.onward = onward
    }
}
