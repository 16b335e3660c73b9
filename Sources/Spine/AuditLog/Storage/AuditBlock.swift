import SQL

/// Some entries that stand one behind another in the log: a row of `audit_block`.
struct AuditBlock {
    /// A block never reaches over a multiple of this, so that the leaf hashes of a tile are those of whole blocks.
    static let entriesMax: Int64 = 256
    /// Nor does it hold entries that are further apart in time, in milliseconds, so that a time is found by an index.
    static let spanMax: Int64 = 3_600_000
    /// The largest content that is read back, in bytes.
    private static let bytesMax = 1 << 30

    /// The place of the first entry.
    var first: Int64
    /// How many there are.
    var count: Int
    /// The earliest and the latest instant.
    var low: Int64
    var high: Int64
    /// The leaf hashes, one behind another.
    var hashes: [UInt8]
    /// The encodings, each behind its length, compressed where that is shorter; the first byte says which.
    var content: [UInt8]

    /// The places of the entries.
    var places: Range<Int64> { first..<first + Int64(max(0, min(count, Int(Self.entriesMax)))) }

    static let columns = "first, count, low, high, hashes, entries"

    init(_ row: SQLRow) {
        first = row.int(0)
        count = Int(clamping: row.int(1))
        low = row.int(2)
        high = row.int(3)
        hashes = row.blob(4)
        content = row.blob(5)
    }

    /// Packs entries whose encodings and hashes are known.
    init(first: Int64, low: Int64, high: Int64, hashes: [MerkleHash], encodings: [[UInt8]]) {
        self.first = first
        count = encodings.count
        self.low = low
        self.high = high
        self.hashes = hashes.joinedBytes
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encodings.reduce(0) { $0 + $1.count + 3 })
        for encoding in encodings {
            bytes.appendCount(encoding.count)
            bytes.append(contentsOf: encoding)
        }
        content = AuditCompression.pack(bytes)
    }

    /// The encodings of the entries.
    func encodings() throws -> [[UInt8]] {
        guard let bytes = AuditCompression.unpack(content, bytesMax: Self.bytesMax) else {
            throw AuditError.damaged("the block at \(first) can't be unpacked")
        }
        do throws(AuditEncodingError) {
            var reader = AuditByteReader(bytes)
            var encodings: [[UInt8]] = []
            while !reader.isAtEnd { encodings.append(try reader.bytes()) }
            return encodings
        } catch {
            throw AuditError.damaged("the block at \(first) is no list of entries")
        }
    }

    /// The entry at a place of the block; the others are passed over.
    func entry(at index: Int64) throws -> AuditEntry {
        guard let bytes = AuditCompression.unpack(content, bytesMax: Self.bytesMax) else {
            throw AuditError.damaged("the block at \(first) can't be unpacked")
        }
        do throws(AuditEncodingError) {
            var reader = AuditByteReader(bytes)
            for _ in first..<index { _ = try reader.part() }
            var part = AuditByteReader(bytes, try reader.part())
            return try AuditEntry(&part)
        } catch {
            throw AuditError.damaged("the entry at \(index) can't be read")
        }
    }

    /// The entries with their places.
    func entries() throws -> [AuditTrail.Placed] {
        let encodings = try encodings()
        return try encodings.enumerated().map { offset, bytes in
            do throws(AuditEncodingError) {
                return AuditTrail.Placed(index: first + Int64(offset), entry: try AuditEntry(decoding: bytes))
            } catch {
                throw AuditError.damaged("the entry at \(first + Int64(offset)) can't be read")
            }
        }
    }

    /// Inserts the row. A row that is there already is an error: no place is given twice.
    func insert(in db: SQLConnection) throws {
        try db.execute(
            "INSERT INTO audit_block (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?)",
            .integer(first), .int(count), .integer(low), .integer(high), .blob(hashes), .blob(content))
    }
}
