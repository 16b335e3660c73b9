public import SQL

/// Reads a whole log and finds whatever was altered, removed, put in or moved.
///
/// Every leaf, tile, root and index row is computed anew. That finds whoever changed a part. Whoever made the whole database
/// anew is found by the signatures, for the key is not in it, and by a checkpoint that was kept elsewhere.
public struct AuditVerification {
    /// What to check against.
    public struct Options: Sendable {
        /// The key of the log; nil: signatures are not checked.
        public var publicKey: AuditPublicKey?
        /// Keys that the log had before, whose signatures count too.
        public var earlierKeys: [AuditPublicKey] = []
        /// Checkpoints that were kept elsewhere.
        public var kept: [AuditCheckpoint]

        /// - Parameters:
        ///   - publicKey: the key of the log.
        ///   - kept: checkpoints that were kept elsewhere.
        public init(publicKey: AuditPublicKey? = nil, kept: [AuditCheckpoint] = []) {
            self.publicKey = publicKey
            self.kept = kept
        }
    }

    /// Findings that are told; there may be more.
    static let findingsMax = 1000

    let db: SQLConnection
    let options: Options
    let hasher = AuditHasher()
    var findings: [AuditFinding] = []
    /// The tree over the entries that were read.
    var tree = MerkleFrontier()
    /// Places beyond this could not be computed, for an entry before them is missing.
    var isWhole = true
    /// The place of the next entry.
    var next: Int64 = 0
    var tiles = AuditTileCheck()
    var rows: [String: Int64] = ["audit_patient": 0, "audit_account": 0]
    var claims: [AuditClaim] = []
    var agreed = 0
    var lastAgreed: Int64 = 0

    /// Verifies a log on one snapshot of its database; others may go on writing.
    ///
    /// - Parameter progress: called now and then with how many entries are done, and how many there are.
    /// - Throws: the database's error, when it is not damaged but can't be reached.
    public static func run(
        on database: any SQLDatabase, _ options: Options = Options(),
        progress: (_ done: Int64, _ all: Int64) -> Void = { _, _ in }
    ) throws -> AuditReport {
        do {
            return try database.read { db in
                var verification = AuditVerification(db: db, options: options)
                return try verification.run(progress)
            }
        } catch let error as SQLError where error.reason != .unavailable && error.reason != .closed {
            return AuditReport(
                size: 0, root: .empty, checkpoints: 0,
                findings: [AuditFinding(.database, "The database can't be read: \(error.message)")])
        }
    }

    private init(db: SQLConnection, options: Options) {
        self.db = db
        self.options = options
    }

    private mutating func run(_ progress: (Int64, Int64) -> Void) throws -> AuditReport {
        guard try AuditTrail.exists(in: db) else {
            find(.state, "There is no audit log in this database")
            return report()
        }
        try checkDatabase()
        var kept: MerkleFrontier?
        do { kept = try AuditTrail.frontier(in: db) } catch let error as AuditError { find(.state, error.description) }
        try loadClaims()
        checkClaims()
        try readBlocks(all: kept?.size ?? 0, progress)
        if isWhole { findings += try tiles.finish(db) }
        if let kept, kept.size != tree.size {
            find(
                .removed, "The log says that it has \(kept.size) entries, and \(tree.size) are there in order",
                at: span(tree.size, kept.size))
        } else if let kept, isWhole, kept != tree {
            find(.state, "The root that the log keeps is not that of its entries", at: span(lastAgreed, tree.size))
        }
        for claim in claims {
            find(
                .checkpoint,
                "\(claim.name) speaks of \(claim.checkpoint.size) entries, and only \(tree.size) \(isWhole ? "are there" : "can be checked")",
                at: span(tree.size, claim.checkpoint.size))
        }
        try checkIndexCounts()
        return report()
    }

    private func report() -> AuditReport {
        AuditReport(size: tree.size, root: tree.root, checkpoints: agreed, findings: findings)
    }

    mutating func find(_ kind: AuditFinding.Kind, _ message: String, at places: Range<Int64>? = nil, time: Int64? = nil)
    {
        guard findings.count < Self.findingsMax else { return }
        findings.append(AuditFinding(kind, message, places: places, time: time))
    }
}

/// A hasher that a copyable value can hold.
final class AuditHasher {
    private let hasher = MerkleHasher()

    func leaf(_ bytes: [UInt8]) -> MerkleHash { hasher.leaf(bytes) }

    func append(_ leaf: MerkleHash, to tree: inout MerkleFrontier, completed: (Int, MerkleHash) -> Void) {
        tree.append(leaf, hasher, completed: completed)
    }

    func root(_ tree: MerkleFrontier) -> MerkleHash { tree.root(hasher) }
}

func span(_ a: Int64, _ b: Int64) -> Range<Int64>? { a == b ? nil : min(a, b)..<max(a, b) }
