import SQL

/// The rows of `resource` and `version` that a group of writes makes on PostgreSQL. They are sent as whole columns, since
/// there a statement for each row would cost more than the row.
struct RowBuffer {
    /// What stands in `resource` of one that was there before.
    struct Standing {
        var sequence: Int64
        var alive: Int64
        var shard: Int64
    }

    private var rids: [Int64] = []
    private var types: [Int64] = []
    private var shards: [Int64] = []
    private var sequences: [Int64] = []
    private var alive: [Int64] = []
    private var ids: [[UInt8]] = []
    private var updates: [Int64: Standing] = [:]
    private var moves: [Int64: Int64] = [:]
    private var versions: [NewVersion] = []

    /// A row of `version`.
    struct NewVersion {
        var version: Version
        var rid: Int64
        var type: Int64
        var shard: Int64
        var dictionary: Int64
        var body: [UInt8]
    }

    mutating func insert(rid: Int64, type: Int64, id: [UInt8], _ standing: Standing) {
        rids.append(rid)
        types.append(type)
        ids.append(id)
        sequences.append(standing.sequence)
        alive.append(standing.alive)
        shards.append(standing.shard)
    }

    mutating func update(rid: Int64, _ standing: Standing) { updates[rid] = standing }

    /// The versions of a resource go to another person.
    mutating func move(rid: Int64, to shard: Int64) { moves[rid] = shard }

    mutating func insert(_ version: NewVersion) { versions.append(version) }

    mutating func flush(_ db: SQLConnection) throws {
        if !rids.isEmpty {
            let statement = try db.statement(
                """
                INSERT INTO resource (rid, type, shard, sequence, alive, id) SELECT * FROM unnest(?, ?, ?, ?, ?, ?)
                """)
            try statement.bind(1, integers: rids)
            try statement.bind(2, integers: types)
            try statement.bind(3, integers: shards)
            try statement.bind(4, integers: sequences)
            try statement.bind(5, integers: alive)
            try statement.bind(6, blobs: ids)
            try statement.finish()
        }
        if !updates.isEmpty {
            let sorted = updates.sorted { $0.key < $1.key }
            let statement = try db.statement(
                """
                UPDATE resource SET sequence = n.sequence, alive = n.alive, shard = n.shard
                FROM unnest(?, ?, ?, ?) AS n(rid, sequence, alive, shard) WHERE resource.rid = n.rid
                """)
            try statement.bind(1, integers: sorted.map(\.key))
            try statement.bind(2, integers: sorted.map(\.value.sequence))
            try statement.bind(3, integers: sorted.map(\.value.alive))
            try statement.bind(4, integers: sorted.map(\.value.shard))
            try statement.finish()
        }
        try writeVersions(db)
        for (rid, shard) in moves {
            try db.execute(
                "UPDATE version SET shard = ? WHERE rid = ? AND shard <> ?", .integer(shard), .integer(rid),
                .integer(shard))
        }
        self = RowBuffer()
    }

    private func writeVersions(_ db: SQLConnection) throws {
        guard !versions.isEmpty else { return }
        let statement = try db.statement(
            """
            INSERT INTO version (sequence, rid, number, type, shard, verb, at, dictionary, splice, body)
            SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        try statement.bind(1, integers: versions.map(\.version.sequence))
        try statement.bind(2, integers: versions.map(\.rid))
        try statement.bind(3, integers: versions.map { Int64($0.version.versionID) })
        try statement.bind(4, integers: versions.map(\.type))
        try statement.bind(5, integers: versions.map(\.shard))
        try statement.bind(6, integers: versions.map { Int64($0.version.verb.rawValue) })
        try statement.bind(7, integers: versions.map(\.version.lastUpdated))
        try statement.bind(8, integers: versions.map(\.dictionary))
        try statement.bind(9, integers: versions.map(\.version.stored.splice.encoded))
        try statement.bind(10, blobs: versions.map(\.body))
        try statement.finish()
    }
}
