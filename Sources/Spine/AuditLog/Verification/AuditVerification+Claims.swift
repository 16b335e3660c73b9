import SQL

/// A checkpoint that the log must agree with.
struct AuditClaim {
    var name: String
    var checkpoint: AuditCheckpoint
}

extension AuditVerification {
    /// Reads the checkpoints of the database and checks their signatures.
    mutating func loadClaims() throws {
        let rows = try db.query("SELECT size, note FROM audit_checkpoint") { ($0.int(0), $0.text(1)) }
        for (size, text) in rows {
            let note = SignedNote(text)
            let checkpoint =
                if let key = options.publicKey { note?.checkpoint(signedBy: key) } else {
                    note.flatMap { AuditCheckpoint(text: $0.text) }
                }
            guard let checkpoint, checkpoint.size == size, note?.description == text else {
                let fault = options.publicKey == nil ? "is none" : "has no good signature of the log's key"
                find(.checkpoint, "The checkpoint of \(size) entries \(fault)")
                continue
            }
            claims.append(AuditClaim(name: "A signed checkpoint", checkpoint: checkpoint))
        }
        claims += options.kept.map { AuditClaim(name: "The checkpoint kept elsewhere", checkpoint: $0) }
        claims.sort { $0.checkpoint.size < $1.checkpoint.size }
        claims.reverse()
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
