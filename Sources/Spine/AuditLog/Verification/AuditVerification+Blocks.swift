import SQL

extension AuditVerification {
    /// Rows read at a time.
    private static let blocksMax = 64

    /// Reads every entry in order and computes the tree and the index rows.
    mutating func readBlocks(all: Int64, _ progress: (Int64, Int64) -> Void) throws {
        var last: Int64?
        var count: Int64 = 0
        repeat {
            let blocks = try db.query(
                "SELECT \(AuditBlock.columns) FROM audit_block WHERE first >= ? ORDER BY first LIMIT ?",
                [.integer(last.map { $0 + 1 } ?? .min), .int(Self.blocksMax)]
            ) { AuditBlock($0) }
            for block in blocks { try check(block) }
            count += Int64(blocks.count)
            last = blocks.last?.first
            progress(tree.size, all)
        } while last != nil && last != .max
        let rows = try db.first("SELECT count(*) FROM audit_block") { $0.int(0) } ?? 0
        if rows != count { find(.inserted, "audit_block has \(rows) rows, and \(count) can be read in order") }
    }

    private mutating func check(_ block: AuditBlock) throws {
        let (width, first) = (AuditBlock.entriesMax, block.first)
        guard first >= 0, first < .max - width, block.count > 0, first % width + Int64(block.count) <= width else {
            return find(.inserted, "A block at \(first) with \(block.count) entries is none that the log writes")
        }
        let places = first..<first + Int64(block.count)
        guard first >= next else { return find(.inserted, "A block has the places of other entries", at: places) }
        if first > next {
            find(.removed, "Entries are missing", at: next..<first)
            isWhole = false
        }
        next = places.upperBound
        guard let hashes = MerkleHash.list(block.hashes), hashes.count == block.count else {
            isWhole = false
            return find(.altered, "The hashes of a block are not one for each entry", at: places)
        }
        do {
            try checkEntries(block, hashes)
        } catch let error as AuditError {
            find(.altered, error.description, at: places)
        }
        if isWhole { for hash in hashes { try grow(hash) } }
    }

    private mutating func checkEntries(_ block: AuditBlock, _ hashes: [MerkleHash]) throws {
        let encodings = try block.encodings()
        guard encodings.count == hashes.count else {
            throw AuditError.damaged("a block of \(hashes.count) entries holds \(encodings.count)")
        }
        var index = AuditIndex()
        var times: [Int64] = []
        for (offset, bytes) in encodings.enumerated() {
            let place = block.first + Int64(offset)
            let entry: AuditEntry?
            do throws(AuditEncodingError) { entry = try AuditEntry(decoding: bytes) } catch { entry = nil }
            if hasher.leaf(bytes) != hashes[offset] {
                find(.altered, "An entry does not have the hash of its leaf", at: place..<place + 1, time: entry?.at)
            }
            guard let entry else {
                find(.altered, "An entry can't be read", at: place..<place + 1)
                continue
            }
            times.append(entry.at)
            index.add(AuditTrail.Encoded(entry: entry, bytes: []), at: place, block: block.first)
        }
        guard times.count == hashes.count else { return }
        if times.min() != block.low || times.max() != block.high {
            find(
                .index, "The times of a block are not those of its entries",
                at: block.first..<block.first + Int64(block.count), time: times.first)
        }
        for row in index.rows {
            rows[row.table, default: 0] += 1
            let (key, place) = row.table == "audit_patient" ? ("patient", "entry") : ("account", "block")
            let isThere = try db.first(
                "SELECT 1 FROM \(row.table) WHERE \(key) = ? AND \(place) = ?",
                [.integer(row.key), .integer(row.place)]
            ) { $0.int(0) }
            if isThere == nil {
                find(.index, "\(row.table) lacks a row by which an entry is found", at: row.place..<row.place + 1)
            }
        }
    }

    private mutating func grow(_ leaf: MerkleHash) throws {
        var full: MerkleHash?
        hasher.append(leaf, to: &tree) { level, hash in if level == AuditTile.levels { full = hash } }
        if let full { findings += try tiles.add(full, in: db) }
        checkClaims()
    }

    /// Rows of the indexes that no entry accounts for.
    mutating func checkIndexCounts() throws {
        for (table, expected) in rows.sorted(by: { $0.key < $1.key }) {
            let count = try db.first("SELECT count(*) FROM \(table)") { $0.int(0) } ?? 0
            if count != expected {
                find(.index, "\(table) has \(count) rows, and the entries that can be read give \(expected)")
            }
        }
    }

    /// What the database knows of its own health.
    mutating func checkDatabase() throws {
        guard db.kind == .sqlite else { return }
        for table in [
            "audit_tree", "audit_block", "audit_tile", "audit_patient", "audit_account", "audit_checkpoint",
            "audit_journal",
        ] {
            let words = try db.query("PRAGMA integrity_check(\(table))") { $0.text(0) }
            for word in words where word != "ok" { find(.database, "\(table) is damaged: \(word)") }
        }
    }
}
