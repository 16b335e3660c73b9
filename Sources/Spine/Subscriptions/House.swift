public import Access
public import Records

/// What the house knows about those who are sent something.
public protocol SubscriptionHouse: Sendable {
    /// Whether nobody is asked who they are; nothing is audited then.
    var isOpen: Bool { get }
    /// A registered program that is in use.
    ///
    /// - Throws: ``RecordsError`` of category `notFound`.
    func program(_ id: String) throws(RecordsError) -> SubscriptionProgram
    /// What a program may be sent, by the rules of access; in an open house everything.
    func view(_ program: String?, purpose: Purpose) throws(RecordsError) -> SeenRecords
    /// All records, for what the house does by itself.
    func ownRecords() throws(RecordsError) -> SeenRecords
}

/// A registered program of a receiver.
public struct SubscriptionProgram: Sendable {
    /// What people call it.
    public let name: String
    /// The organizations it may be for, by id; nil for a program of the whole city.
    public let organisations: Set<String>?

    /// Describes a program.
    public init(name: String, organisations: Set<String>?) {
        self.name = name
        self.organisations = organisations
    }
}

/// Where notifications leave the house.
public protocol NotificationDoor: Sendable {
    /// The rule that an address breaks, by its text alone; nil when it keeps all.
    func fault(of endpoint: String) -> String?
    /// The rule that a field of a request breaks.
    func fault(ofHeader name: String, _ value: String) -> String?
    /// Sends a notification; returns when the receiver has answered, or when nobody waits any longer.
    func send(_ notification: NotificationRequest) async -> NotificationAnswer
}

/// One request to a receiver.
public struct NotificationRequest: Sendable {
    /// The Subscription's id.
    public let subscription: String
    /// Where to.
    public let endpoint: String
    /// Its fields; `{NAME}` in those of the Subscription stands for a secret of the server's.
    public let fields: [(name: String, value: String)]
    /// FHIR JSON.
    public let body: [UInt8]
}

/// What came of it.
public enum NotificationAnswer: Sendable, Equatable {
    /// The receiver has it.
    case taken
    /// It has not, or nobody knows; again later.
    case later(String, afterSeconds: Double?)
    /// It wants nothing more (410).
    case unwanted
}
