import SQL

/// The tree above the leaves, as tiles of <https://c2sp.org/tlog-tiles>: a tile of level l and place p holds the hashes
/// `256·p …` of the tree's level 8·l. Those of level 0 are the leaf hashes, which stand in the blocks.
enum AuditTile {
    /// The levels of the tree between two levels of tiles.
    static let levels = 8
    /// The hashes of a full tile.
    static let width: Int64 = 256

    /// Adds the roots of full tiles of level 0 to the tiles above.
    ///
    /// - Parameters:
    ///   - roots: the roots, in order.
    ///   - end: how many full tiles of level 0 there are then.
    static func extend(
        by roots: [MerkleHash], endingAt end: Int64, _ hasher: borrowing MerkleHasher, in db: SQLConnection
    ) throws {
        var (level, hashes, place) = (Int64(1), roots, end - Int64(roots.count))
        while !hashes.isEmpty {
            var above: [MerkleHash] = []
            var rest = hashes[...]
            let placeAbove = place / width
            while !rest.isEmpty {
                let tile = place / width
                let known = place % width
                var content = known == 0 ? [] : try stored(level, tile, in: db)
                guard content.count == known else {
                    throw AuditError.damaged("tile \(tile) of level \(level) has \(content.count) hashes, not \(known)")
                }
                let taken = rest.prefix(Int(width - known))
                content += taken
                rest = rest.dropFirst(taken.count)
                place += Int64(taken.count)
                try db.execute(
                    """
                    INSERT INTO audit_tile (level, place, hashes) VALUES (?, ?, ?)
                    ON CONFLICT (level, place) DO UPDATE SET hashes = excluded.hashes
                    """, .integer(level), .integer(tile), .blob(content.joinedBytes))
                if content.count == width { above.append(root(of: content[...], hasher)) }
            }
            (level, hashes, place) = (level + 1, above, placeAbove)
        }
    }

    /// The hashes of a stored tile of level 1 or more; none when there is no such tile.
    static func stored(_ level: Int64, _ place: Int64, in db: SQLConnection) throws -> [MerkleHash] {
        let bytes = try db.first(
            "SELECT hashes FROM audit_tile WHERE level = ? AND place = ?", [.integer(level), .integer(place)]
        ) { $0.blob(0) }
        guard let hashes = MerkleHash.list(bytes ?? []) else {
            throw AuditError.damaged("tile \(place) of level \(level) is no list of hashes")
        }
        return hashes
    }

    /// The root over a power of two of hashes.
    static func root(of hashes: ArraySlice<MerkleHash>, _ hasher: borrowing MerkleHasher) -> MerkleHash {
        var hashes = Array(hashes)
        while hashes.count > 1 {
            hashes = (0..<hashes.count / 2).map { hasher.node(hashes[2 * $0], hashes[2 * $0 + 1]) }
        }
        return hashes.first ?? .empty
    }
}

/// Reads full subtrees from tiles, each tile once.
final class AuditTileReader {
    private struct Key: Hashable {
        var level: Int64
        var place: Int64
    }

    private let db: SQLConnection
    private let hasher = MerkleHasher()
    private var tiles: [Key: [MerkleHash]] = [:]

    init(_ db: SQLConnection) { self.db = db }

    /// The hash of a full subtree.
    func node(_ level: Int, _ place: Int64) throws -> MerkleHash {
        let height = level % AuditTile.levels
        let first = place << height
        let key = Key(level: Int64(level / AuditTile.levels), place: first / AuditTile.width)
        let hashes = try tiles[key] ?? read(key)
        tiles[key] = hashes
        let offset = Int(first % AuditTile.width)
        guard offset + 1 << height <= hashes.count else {
            throw AuditError.damaged("tile \(key.place) of level \(key.level) has only \(hashes.count) hashes")
        }
        return AuditTile.root(of: hashes[offset..<offset + 1 << height], hasher)
    }

    private func read(_ key: Key) throws -> [MerkleHash] {
        if key.level > 0 { return try AuditTile.stored(key.level, key.place, in: db) }
        let blocks = try db.query(
            "SELECT hashes FROM audit_block WHERE first >= ? AND first < ? ORDER BY first",
            [.integer(key.place * AuditTile.width), .integer((key.place + 1) * AuditTile.width)]
        ) { $0.blob(0) }
        guard let hashes = MerkleHash.list(blocks.flatMap { $0 }) else {
            throw AuditError.damaged("the hashes of the blocks of tile \(key.place) are no list of hashes")
        }
        return hashes
    }
}
