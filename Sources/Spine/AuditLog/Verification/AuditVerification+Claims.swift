import SQL

/// A checkpoint that the log must agree with.
struct AuditClaim {
    var name: String
    var checkpoint: AuditCheckpoint
}

extension AuditVerification {
    /// Reads the checkpoints of the database and checks their signatures.
    mutating func loadClaims() throws {
        let rows = try db.query("SELECT size, note, at FROM audit_checkpoint ORDER BY size") {
            ($0.int(0), $0.text(1), $0.int(2))
        }
        for (size, text, at) in rows {
            let note = SignedNote(text)
            let checkpoint =
                if let key = options.publicKey {
                    ([key] + options.earlierKeys).lazy.compactMap { note?.checkpoint(signedBy: $0) }.first
                } else {
                    note.flatMap { AuditCheckpoint(text: $0.text) }
                }
            guard let checkpoint, checkpoint.size == size, note?.description == text else {
                let fault = options.publicKey == nil ? "is none" : "has no good signature of the log's key"
                find(.checkpoint, "The checkpoint of \(size) entries \(fault)")
                continue
            }
            if let keeping = checkpoint.keeping, keeping.at != at {
                find(.checkpoint, "The time beside the checkpoint of \(size) entries is not the one that was signed")
            }
            claims.append(AuditClaim(name: "A signed checkpoint", checkpoint: checkpoint))
        }
        checkCounts(rows.map(\.0), claims.map(\.checkpoint) + options.kept)
        claims += options.kept.map { AuditClaim(name: "The checkpoint kept elsewhere", checkpoint: $0) }
        claims.sort { $0.checkpoint.size < $1.checkpoint.size }
        claims.reverse()
    }

    /// Finds checkpoints that were taken out of the database, or put in: each tells how many there must be up to itself.
    private mutating func checkCounts(_ sizes: [Int64], _ checkpoints: [AuditCheckpoint]) {
        let told = checkpoints.filter { $0.keeping != nil }.sorted { $0.size < $1.size }
        for checkpoint in told {
            let count = Int64(sizes.count(where: { $0 <= checkpoint.size }))
            guard let wanted = checkpoint.keeping?.count, wanted != count else { continue }
            // One is told: those behind it miss the same.
            return find(
                .checkpoint,
                "\(count) checkpoints speak of \(checkpoint.size) entries or fewer, and \(wanted) were signed")
        }
    }

    /// Compares the checkpoints of the size that the tree has now.
    mutating func checkClaims() {
        guard claims.last?.checkpoint.size == tree.size else { return }
        let root = hasher.root(tree)
        while let claim = claims.last, claim.checkpoint.size == tree.size {
            claims.removeLast()
            if claim.checkpoint.root == root {
                agreed += 1
                lastAgreed = tree.size
            } else {
                find(
                    .checkpoint,
                    "\(claim.name) of \(tree.size) entries has another root: one of its entries is another",
                    at: span(lastAgreed, tree.size))
            }
        }
    }
}
