public import HL7v2

/// Where a door puts what came: the inbox behind it.
public protocol InboxDoor: Sendable {
    /// Keeps what came over one connection, in this order. When this returns, what is said to be kept survives a power cut.
    ///
    /// - Returns: for each arrival nil when it is kept (or is a duplicate of one that is), else why it isn't.
    func accept(_ arrivals: [DoorArrival]) async -> [DoorRefusal?]

    /// What can be told of a message at once that keeps it from being worked on: an event that nobody maps, a segment that is
    /// missing. It is kept all the same, and waits for a mapping or a correction.
    func faults(of message: Message, _ header: MessageHeader) -> [Fault]
}

extension InboxDoor {
    /// Nothing: an inbox that only passes on knows no mapping.
    public func faults(of message: Message, _ header: MessageHeader) -> [Fault] { [] }
}

/// What came through a door.
public struct DoorArrival: Sendable, Hashable {
    /// As they came, without the frame: a message, a batch (`BHS`), or what somebody took for one.
    public var bytes: [UInt8]
    /// Who sent it: the name that the connection is configured to, else MSH-4, else the peer's address.
    public var sender: String
    /// The peer's address.
    public var peer: String
    /// Why the door has refused it: it is to be kept for the operator, and not to be worked on. nil: it is to be worked on.
    public var refusal: String?

    /// Describes an arrival.
    public init(bytes: [UInt8], sender: String, peer: String, refusal: String? = nil) {
        self.bytes = bytes
        self.sender = sender
        self.peer = peer
        self.refusal = refusal
    }
}

/// Why an inbox doesn't keep something.
public enum DoorRefusal: Error, Sendable, Hashable {
    /// Not now: its bound is reached, the disk is full, the database is away. The sender is to try again.
    case busy(reason: String, retrySeconds: Int)
    /// Never: the sender is to stop trying.
    case refused(reason: String)
}
