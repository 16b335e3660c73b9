public import AuditLog
public import SQL

/// What is looked for in the audit log.
public struct AuditQuery: Sendable {
    /// Whose record it concerns: `Patient/…`.
    public var patient: String?
    /// Who did it: the id of an account.
    public var account: String?
    /// When, in milliseconds since 1970 UTC; end not included.
    public var time = Int64.min..<Int64.max
    /// How it ended; nil for any.
    public var outcomes: Set<AuditOutcome>?
    /// What was done; nil for anything.
    public var actions: Set<AuditAction>?
    /// How many at most.
    public var count = 20
    /// Where the page begins: what the page before gave; nil for the first.
    public var cursor: String?

    /// Looks for everything.
    public init() {}
}

/// A page of the audit log, newest first.
public struct AuditPage: Sendable {
    /// What was found.
    public var entries: [AuditTrail.Placed]
    /// The cursor of the next page; nil on the last.
    public var next: String?
}

extension AuditQuery {
    /// A page looks at no more entries than this, whatever it finds.
    private static let looksMax = 20_000
    /// Entries that are read at a time.
    private static let atOnce = 500

    /// The cursor is none that was given out.
    public struct BadCursor: Error {
        /// Nothing more is known of it.
        public init() {}
    }

    /// Reads a page.
    /// - Throws: ``BadCursor``, or the database's error.
    public func page(in db: SQLConnection) throws -> AuditPage {
        var cursor = try cursor.map { try Place($0) }
        var found: [AuditTrail.Placed] = []
        var looks = 0
        while found.count < count, looks < Self.looksMax {
            // No more than the page still takes, so that the cursor of the database is that of the page.
            let (entries, next) = try some(in: db, from: cursor, count: isPlain ? count - found.count : Self.atOnce)
            looks += entries.count
            for (place, placed) in entries.enumerated() where fits(placed.entry) {
                found.append(placed)
                guard found.count == count, place + 1 < entries.count else { continue }
                return AuditPage(
                    entries: found, next: try self.next(after: place, of: entries, from: cursor, in: db)?.text)
            }
            cursor = next
            if next == nil { break }
        }
        return AuditPage(entries: found, next: cursor?.text)
    }

    /// Whether the index that is read gives nothing that does not fit.
    private var isPlain: Bool {
        outcomes == nil && actions == nil && (patient == nil || account == nil)
            && (patient == nil && account == nil || time == .min..<(.max))
    }

    /// The place behind an entry that is not the last of those read.
    private func next(
        after place: Int, of entries: [AuditTrail.Placed], from cursor: Place?, in db: SQLConnection
    ) throws -> Place? {
        if patient != nil || account != nil { return .index(entries[place].index) }
        return try some(in: db, from: cursor, count: place + 1).next
    }

    private func fits(_ entry: AuditEntry) -> Bool {
        time.contains(entry.at) && outcomes?.contains(entry.outcome) != false
            && actions?.contains(entry.action) != false
            && (patient.map { entry.patients.contains($0) } ?? true)
            && (account.map { entry.agent.account == $0 } ?? true)
    }

    private func some(
        in db: SQLConnection, from place: Place?, count: Int
    ) throws -> (entries: [AuditTrail.Placed], next: Place?) {
        let below: Int64? = if case .index(let index)? = place { index } else { nil }
        if let patient {
            let page = try AuditTrail.entries(ofPatient: patient, below: below, count: count, in: db)
            return (page.entries, page.next.map { .index($0) })
        }
        if let account {
            let page = try AuditTrail.entries(ofAccount: account, below: below, count: count, in: db)
            return (page.entries, page.next.map { .index($0) })
        }
        let after: AuditTrail.TimeCursor? = if case .time(let cursor)? = place { cursor } else { nil }
        let page = try AuditTrail.entries(during: time, after: after, count: count, in: db)
        return (page.entries, page.next.map { .time($0) })
    }

    /// Where a page begins.
    private enum Place {
        case index(Int64)
        case time(AuditTrail.TimeCursor)

        init(_ text: String) throws {
            let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
            switch (numbers.count, numbers.contains(nil)) {
            case (1, false): self = .index(numbers[0] ?? 0)
            case (3, false):
                self = .time(
                    AuditTrail.TimeCursor(high: numbers[0] ?? 0, first: numbers[1] ?? 0, below: numbers[2] ?? 0))
            default: throw BadCursor()
            }
        }

        var text: String {
            switch self {
            case .index(let index): "\(index)"
            case .time(let cursor): "\(cursor.high).\(cursor.first).\(cursor.below)"
            }
        }
    }
}
