import SQL

/// Compares the tiles above the leaves with what the entries give.
struct AuditTileCheck {
    /// The tile that grows on each level, from level 1.
    private var edges: [(place: Int64, hashes: [MerkleHash])] = []
    /// How many tiles there must be.
    private var count: Int64 = 0

    /// Takes the root of the next full tile of level 0.
    mutating func add(_ root: MerkleHash, in db: SQLConnection) throws -> [AuditFinding] {
        var findings: [AuditFinding] = []
        var root = root
        for level in 0... {
            if level == edges.count { edges.append((0, [])) }
            edges[level].hashes.append(root)
            if edges[level].hashes.count < AuditTile.width { break }
            findings += try compare(level, in: db)
            root = AuditTile.root(of: edges[level].hashes[...], MerkleHasher())
            edges[level] = (edges[level].place + 1, [])
        }
        return findings
    }

    /// Compares the tiles at the edge, and looks for others.
    mutating func finish(_ db: SQLConnection) throws -> [AuditFinding] {
        var findings: [AuditFinding] = []
        for level in edges.indices where !edges[level].hashes.isEmpty { findings += try compare(level, in: db) }
        let rows = try db.first("SELECT count(*) FROM audit_tile") { $0.int(0) } ?? 0
        if rows != count { findings.append(AuditFinding(.tile, "There are \(rows) tiles, and must be \(count)")) }
        return findings
    }

    private mutating func compare(_ level: Int, in db: SQLConnection) throws -> [AuditFinding] {
        let (place, hashes) = edges[level]
        count += 1
        let stored: [MerkleHash]
        do { stored = try AuditTile.stored(Int64(level + 1), place, in: db) } catch let error as AuditError {
            return [AuditFinding(.tile, error.description)]
        }
        if stored == hashes { return [] }
        let width = Int64(1) << Int64(AuditTile.levels * (level + 1))
        let offset = zip(stored, hashes).enumerated().first { $1.0 != $1.1 }?.offset ?? min(stored.count, hashes.count)
        let first = (place * AuditTile.width + Int64(offset)) * width
        return [
            AuditFinding(
                .tile, "Tile \(place) of level \(level + 1) is not what the entries give",
                places: first..<first + width)
        ]
    }
}
