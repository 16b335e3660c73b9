import CPQ
import Synchronization

/// Builds the indexes of a schema anew, one after the other, by `REINDEX … CONCURRENTLY`: readers and writers go on.
///
/// A B-tree whose keys come in no order is full of half-empty pages; built anew it is nine tenths full. How many bytes an
/// entry took then is kept as the comment of the index, so that none is built again that has not become looser.
/// Source: <https://www.postgresql.org/docs/15/sql-reindex.html#SQL-REINDEX-CONCURRENTLY>.
final class PostgreSQLRebuilding: Sendable {
    private static let bytesMin: Int64 = 1 << 20
    private static let growth = 1.15
    private static let mark = "bytes an entry when built: "

    private let address: PostgreSQLAddress
    /// What cancels the command that runs on the connection; nil when none does.
    private let cancellation = Mutex(Cancellation())

    private struct Cancellation {
        var isWanted = false
        /// libpq's handle as a number, which may cross threads as libpq allows.
        var handle: UInt?
    }

    private struct Index {
        var name: String
        var bytesEach: Double
        var bytesEachWhenBuilt: Double?
    }

    init(_ address: PostgreSQLAddress) { self.address = address }

    /// Ends what is under way, from any thread. The index that is being built stays as it was.
    func cancel() {
        cancellation.withLock { cancellation in
            cancellation.isWanted = true
            guard let handle = cancellation.handle.flatMap(OpaquePointer.init(bitPattern:)) else { return }
            var message = [CChar](repeating: 0, count: 256)
            PQcancel(handle, &message, Int32(message.count))
        }
    }

    func run() throws {
        let connection = try PostgreSQLConnection(address, isWriter: false)
        let handle = PQgetCancel(connection.session.raw)
        cancellation.withLock { $0.handle = handle.map { UInt(bitPattern: $0) } }
        defer {
            cancellation.withLock { $0.handle = nil }
            PQfreeCancel(handle)
        }
        // What a rebuilding that was cut off has left.
        let remains = try connection.query(
            """
            SELECT c.relname FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
            WHERE c.relnamespace = current_schema()::regnamespace AND NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'
            """
        ) { $0.text(0) }
        for name in remains { try connection.run(script: "DROP INDEX IF EXISTS \(quotedIdentifier(name))") }
        try connection.analyze()
        for index in try indexes(connection) where isLoose(index) {
            if cancellation.withLock(\.isWanted) { return }
            let name = quotedIdentifier(index.name)
            try connection.run(script: "REINDEX INDEX CONCURRENTLY \(name)")
            let built = try indexes(connection).first { $0.name == index.name }
            guard let built else { continue }
            try connection.run(script: "COMMENT ON INDEX \(name) IS '\(Self.mark)\(built.bytesEach)'")
        }
    }

    private func isLoose(_ index: Index) -> Bool {
        guard let before = index.bytesEachWhenBuilt else { return true }
        return index.bytesEach > before * Self.growth
    }

    private func indexes(_ connection: PostgreSQLConnection) throws -> [Index] {
        try connection.query(
            """
            SELECT c.relname, pg_relation_size(c.oid) / c.reltuples::double precision, obj_description(c.oid, 'pg_class')
            FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'i'
            AND c.reltuples > 0 AND pg_relation_size(c.oid) >= ? ORDER BY c.relname
            """, [.integer(Self.bytesMin)]
        ) { row in
            let comment = row.text(2)
            let built = comment.hasPrefix(Self.mark) ? Double(comment.dropFirst(Self.mark.count)) : nil
            return Index(name: row.text(0), bytesEach: row.real(1), bytesEachWhenBuilt: built)
        }
    }
}
