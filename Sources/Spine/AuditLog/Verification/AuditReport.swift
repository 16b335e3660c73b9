/// What a verification has found.
public struct AuditReport: Sendable {
    /// The entries that were read, up to the first that is missing.
    public var size: Int64
    /// The root over them.
    public var root: MerkleHash
    /// Checkpoints whose root agrees, and whose signature is good where it was checked.
    public var checkpoints: Int
    /// Everything that is wrong.
    public var findings: [AuditFinding]

    /// Whether nothing is wrong.
    public var isClean: Bool { findings.isEmpty }
}

/// Something wrong with a log.
public struct AuditFinding: Sendable, Hashable, CustomStringConvertible {
    /// What kind of wrong.
    public enum Kind: String, Sendable {
        /// The database itself is damaged.
        case database
        /// The state that the log keeps of itself does not fit.
        case state
        /// An entry is not what it was.
        case altered
        /// Entries are missing.
        case removed
        /// Entries are there that have no place in the log.
        case inserted
        /// A tile of the tree is not what its entries give.
        case tile
        /// A checkpoint does not agree with the log, or its signature is not good.
        case checkpoint
        /// An index by which entries are found does not agree with them.
        case index
    }

    /// What kind of wrong.
    public var kind: Kind
    /// What is wrong, without a word of the entries' content.
    public var message: String
    /// Which entries it concerns, where that can be told.
    public var places: Range<Int64>?
    /// When the entry happened, in milliseconds, where that can be told.
    public var time: Int64?

    init(_ kind: Kind, _ message: String, places: Range<Int64>? = nil, time: Int64? = nil) {
        self.kind = kind
        self.message = message
        self.places = places
        self.time = time
    }

    /// One line.
    public var description: String {
        var line = "\(kind.rawValue): \(message)"
        if let places {
            line +=
                places.count == 1
                ? " [entry \(places.lowerBound)" : " [entries \(places.lowerBound) to \(places.upperBound - 1)"
            if let time { line += ", \(auditInstant(time))" }
            line += "]"
        }
        return line
    }
}
