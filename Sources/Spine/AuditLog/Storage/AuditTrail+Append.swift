public import SQL

extension AuditTrail {
    /// Appends entries inside a write of the caller's.
    ///
    /// Costs a read of the tree's state, a row for each 256 entries, and the rows of the indexes.
    ///
    /// - Parameters:
    ///   - entries: what happened, in order.
    ///   - db: a connection inside `SQLDatabase.write`.
    /// - Returns: the places of the entries, which are theirs once the transaction is committed.
    @discardableResult
    public static func append(_ entries: [AuditEntry], in db: SQLConnection) throws -> Range<Int64> {
        try append(entries.map { Encoded(entry: $0, bytes: $0.encoded) }, in: db)
    }

    /// The encoding of an entry, and what of it the tables ask for.
    struct Encoded {
        /// When it happened.
        var at: Int64
        /// The account that acted; empty when it is not known.
        var account: String
        /// Whose record it concerns: `Patient/…`.
        var patients: [String]
        var bytes: [UInt8]

        init(entry: AuditEntry, bytes: [UInt8]) {
            at = entry.at
            account = entry.agent.account
            patients = entry.patients
            self.bytes = bytes
        }

        /// Reads a part of some bytes that this program has written.
        init(_ bytes: [UInt8], _ part: Range<Int>) throws(AuditEncodingError) {
            var reader = AuditByteReader(bytes, part)
            (at, account, patients) = try AuditEntry.gist(&reader)
            self.bytes = Array(bytes[part])
        }
    }

    /// Appends entries whose encoding is known already.
    @discardableResult
    static func append(_ entries: [Encoded], in db: SQLConnection) throws -> Range<Int64> {
        var frontier = try frontier(in: db)
        let start = frontier.size
        if entries.isEmpty { return start..<start }
        let hasher = MerkleHasher()
        var tiles: [MerkleHash] = []
        var index = AuditIndex()
        var from = 0
        while from < entries.count {
            let first = frontier.size
            let upTo = blockEnd(entries, from, first)
            var hashes: [MerkleHash] = []
            for offset in from..<upTo {
                let hash = hasher.leaf(entries[offset].bytes)
                hashes.append(hash)
                frontier.append(hash, hasher) { level, hash in if level == AuditTile.levels { tiles.append(hash) } }
                index.add(entries[offset], at: start + Int64(offset), block: first)
            }
            let instants = entries[from..<upTo].map(\.at)
            try AuditBlock(
                first: first, low: instants.min() ?? 0, high: instants.max() ?? 0, hashes: hashes,
                encodings: entries[from..<upTo].map(\.bytes)
            ).insert(in: db)
            from = upTo
        }
        try AuditTile.extend(by: tiles, endingAt: frontier.size / AuditBlock.entriesMax, hasher, in: db)
        try index.insert(in: db)
        try db.execute(
            "UPDATE audit_tree SET size = ?, frontier = ? WHERE id = 0",
            .integer(frontier.size), .blob(frontier.hashes.joinedBytes))
        return start..<frontier.size
    }

    /// The end of the block that begins with the entry `from`, which gets the place `first`.
    private static func blockEnd(_ entries: [Encoded], _ from: Int, _ first: Int64) -> Int {
        let room = Int(AuditBlock.entriesMax - first % AuditBlock.entriesMax)
        var (low, high) = (entries[from].at, entries[from].at)
        var end = from + 1
        while end < entries.count, end - from < room {
            low = min(low, entries[end].at)
            high = max(high, entries[end].at)
            let (span, isFar) = high.subtractingReportingOverflow(low)
            if isFar || span > AuditBlock.spanMax { break }
            end += 1
        }
        return end
    }
}
