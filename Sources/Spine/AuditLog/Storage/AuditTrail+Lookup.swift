public import SQL

extension AuditTrail {
    /// An entry and its place in the log.
    public struct Placed: Sendable, Hashable {
        /// The place, from 0.
        public var index: Int64
        /// What happened.
        public var entry: AuditEntry

        /// An entry at a place.
        public init(index: Int64, entry: AuditEntry) {
            self.index = index
            self.entry = entry
        }
    }

    /// A page of entries, newest first.
    public struct Page<Cursor: Sendable>: Sendable {
        /// The entries.
        public var entries: [Placed]
        /// Where the next page begins; nil when there is none.
        public var next: Cursor?
    }

    /// A place in the order of time.
    public struct TimeCursor: Sendable, Hashable {
        /// The latest instant of the block that was read last, in milliseconds.
        public var high: Int64
        /// The place of the block's first entry.
        public var first: Int64
        /// The next entry has a place below this.
        public var below: Int64

        /// A cursor, as one was given.
        public init(high: Int64, first: Int64, below: Int64) {
            self.high = high
            self.first = first
            self.below = below
        }
    }

    /// The entry at a place; nil beyond the end.
    public static func entry(at index: Int64, in db: SQLConnection) throws -> AuditEntry? {
        guard let block = try block(holding: index, in: db) else { return nil }
        return try block.entry(at: index)
    }

    private static func block(holding index: Int64, in db: SQLConnection) throws -> AuditBlock? {
        let block = try db.first(
            "SELECT \(AuditBlock.columns) FROM audit_block WHERE first <= ? ORDER BY first DESC LIMIT 1",
            [.integer(index)]
        ) { AuditBlock($0) }
        return block.flatMap { $0.places.contains(index) ? $0 : nil }
    }

    /// Entries by their places, oldest first, as a copy of the log is made.
    ///
    /// - Parameter count: how many at most.
    public static func entries(from index: Int64, count: Int, in db: SQLConnection) throws -> [Placed] {
        var found: [Placed] = []
        var next = index
        while found.count < count, let block = try block(holding: next, in: db) {
            let entries = try block.entries()
            found += entries.drop { $0.index < next }.prefix(count - found.count)
            next = block.first + Int64(block.count)
        }
        return found
    }

    /// Who has looked at a record: entries that concern a patient, newest first.
    ///
    /// - Parameters:
    ///   - patient: `Patient/…`, as the entries name it.
    ///   - below: the cursor of the page before; nil for the first.
    ///   - count: how many at most.
    public static func entries(
        ofPatient patient: String, below: Int64? = nil, count: Int, in db: SQLConnection
    ) throws -> Page<Int64> {
        var found: [Placed] = []
        var cursor = below ?? .max
        let key = AuditIndex.key(patient)
        var known: AuditBlock?
        while true {
            let places = try db.query(
                "SELECT entry FROM audit_patient WHERE patient = ? AND entry < ? ORDER BY entry DESC LIMIT ?",
                [.integer(key), .integer(cursor), .int(count + 1)]
            ) { $0.int(0) }
            for place in places {
                if found.count == count { return Page(entries: found, next: cursor) }
                if !(known?.places.contains(place) ?? false) { known = try Self.block(holding: place, in: db) }
                guard let known else {
                    throw AuditError.damaged("audit_patient names the entry \(place), which is not there")
                }
                let entry = try known.entry(at: place)
                if entry.patients.contains(patient) { found.append(Placed(index: place, entry: entry)) }
                cursor = place
            }
            if places.count <= count { return Page(entries: found, next: nil) }
        }
    }

    /// What an account has done, newest first.
    ///
    /// - Parameters: as for patients.
    public static func entries(
        ofAccount account: String, below: Int64? = nil, count: Int, in db: SQLConnection
    ) throws -> Page<Int64> {
        var found: [Placed] = []
        let key = AuditIndex.key(account)
        var blockBelow = below ?? .max
        while true {
            let block = try db.first(
                """
                SELECT \(AuditBlock.columns) FROM audit_block WHERE first =
                    (SELECT max(block) FROM audit_account WHERE account = ? AND block < ?)
                """, [.integer(key), .integer(blockBelow)]
            ) { AuditBlock($0) }
            guard let block else { return Page(entries: found, next: nil) }
            for placed in try block.entries().reversed()
            where placed.index < below ?? .max && placed.entry.agent.account == account {
                if found.count == count { return Page(entries: found, next: found.last?.index) }
                found.append(placed)
            }
            blockBelow = block.first
        }
    }

    /// What happened in a time, newest first to within the hour: entries come block by block, and a block may hold an entry
    /// that its server handed on late.
    ///
    /// - Parameters:
    ///   - time: milliseconds, end not included.
    ///   - cursor: the cursor of the page before; nil for the first.
    ///   - count: how many at most.
    public static func entries(
        during time: Range<Int64>, after cursor: TimeCursor? = nil, count: Int, in db: SQLConnection
    ) throws -> Page<TimeCursor> {
        var found: [Placed] = []
        let (bound, isFar) = time.upperBound.addingReportingOverflow(AuditBlock.spanMax)
        var place = cursor ?? TimeCursor(high: isFar ? .max : bound, first: .max, below: .max)
        while true {
            // The block of the cursor comes again: some of it may be left.
            let block = try db.first(
                """
                SELECT \(AuditBlock.columns) FROM audit_block
                WHERE high >= ? AND low < ? AND (high < ? OR high = ? AND first <= ?)
                ORDER BY high DESC, first DESC LIMIT 1
                """,
                [
                    .integer(time.lowerBound), .integer(time.upperBound), .integer(place.high), .integer(place.high),
                    .integer(place.first),
                ]
            ) { AuditBlock($0) }
            guard let block else { return Page(entries: found, next: nil) }
            let below = block.high == place.high && block.first == place.first ? place.below : .max
            for placed in try block.entries().reversed() where placed.index < below && time.contains(placed.entry.at) {
                if found.count == count {
                    return Page(
                        entries: found,
                        next: TimeCursor(high: block.high, first: block.first, below: placed.index + 1))
                }
                found.append(placed)
            }
            place = TimeCursor(high: block.high, first: block.first - 1, below: .max)
        }
    }
}
