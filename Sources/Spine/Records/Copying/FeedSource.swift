import Foundation
import SQL

/// Where versions can be read from in the order of the feed: a store or an archive.
public protocol FeedSource: Sendable {
    /// The newest place of the feed.
    func head() throws -> Int64

    /// Some versions after a place, in order, without a gap; none when there is nothing up to `end`.
    func versions(after place: Int64, through end: Int64) throws -> [FeedVersion]
}

/// The feed of a store that is opened for reading alone: nothing is written, and a server may go on writing meanwhile.
///
/// Versions are never changed and places have no gaps, so what is read up to a place is the state at that place, though it
/// is read in many short snapshots that hold up nobody.
public final class StoreFeed: FeedSource {
    /// At most this many versions are read at a time.
    static let versionsMax = 4000
    /// A page ends when its bodies come to this many bytes.
    static let bytesMax = 16 << 20

    private let database: any SQLDatabase
    private let codec: BodyCodec
    private let types: [Int64: String]

    /// Opens a store.
    ///
    /// - Throws: ``RecordsError`` of category `notFound` when there is none.
    public init(_ location: RecordDatabase) throws(RecordsError) {
        let database = try Self.open(location)
        do {
            self.database = database
            codec = BodyCodec { id in
                try database.readOnce { db in
                    try db.first("SELECT content FROM dictionary WHERE id = ?", [.integer(id)]) { $0.blob(0) }
                }
            }
            types = try database.readOnce { db in
                try Schema.check(db)
                try FeedCopy.refuseBegun(db)
                return Dictionary(
                    uniqueKeysWithValues: try db.query("SELECT id, name FROM resource_type") { ($0.int(0), $0.text(1)) }
                )
            }
        } catch let error as SQLError where error.reason == .statement {
            try? database.close()
            throw RecordsError(.notFound, "There is no store in \(location).")
        } catch {
            try? database.close()
            throw RecordsError(translating: error)
        }
    }

    /// The feed of a store that is open.
    init(of store: RecordStore) {
        database = store.database
        codec = store.parts.codec
        types = store.parts.types.names
    }

    private static func open(_ location: RecordDatabase) throws(RecordsError) -> any SQLDatabase {
        if case .sqlite(let path) = location, !FileManager.default.fileExists(atPath: path ?? "") {
            throw RecordsError(.notFound, "There is no store in \(location).")
        }
        do { return try location.open(readers: 2) } catch { throw RecordsError(translating: error) }
    }

    /// The newest place of the feed.
    public func head() throws -> Int64 {
        try database.readOnce { db in try db.first("SELECT max(sequence) FROM version") { $0.int(0) } ?? 0 }
    }

    /// A page of the feed.
    public func versions(after place: Int64, through end: Int64) throws -> [FeedVersion] {
        var found: [FeedVersion] = []
        var bytes = 0
        try database.read { db in
            let statement = try db.statement(
                """
                SELECT v.sequence, v.number, v.verb, v.at, v.type, r.id, v.dictionary, v.body
                FROM version v JOIN resource r ON r.rid = v.rid
                WHERE v.sequence > ? AND v.sequence <= ? ORDER BY v.sequence LIMIT ?
                """)
            try statement.bind([.integer(place), .integer(end), .int(Self.versionsMax)])
            defer { statement.reset() }
            while bytes < Self.bytesMax, try statement.step() {
                let verb = Verb(rawValue: Int(statement.int(2))) ?? .update
                let body =
                    try verb == .delete
                    ? [] : statement.withBlob(7) { try codec.decompress($0, dictionary: statement.int(6)) }
                bytes += body.count
                found.append(
                    FeedVersion(
                        sequence: statement.int(0),
                        key: ResourceKey(
                            type: types[statement.int(4)] ?? "", id: statement.withBlob(5) { IDCode.decode($0) }),
                        versionID: Int(statement.int(1)), verb: verb, lastUpdated: statement.int(3), body: body))
            }
        }
        for (offset, version) in found.enumerated() where version.sequence != place + Int64(offset) + 1 {
            throw RecordsError(.internal, "The feed has nothing at \(place + Int64(offset) + 1).")
        }
        return found
    }

    /// Closes the database.
    public func close() { try? database.close() }
}
