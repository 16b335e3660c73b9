import SQL

/// A delivery as it lies in the inbox.
struct StoredMessage: Sendable {
    var id: Int64
    var sender: String
    var door: Door
    var format: Format
    var charset: String?
    var control: String?
    var digest: [UInt8]
    var received: Int64
    /// The newest message before it with the same sender and control id.
    var earlier: Int64?
    private var content: [UInt8]

    /// The bytes as they came; nil when they were damaged since.
    var bytes: [UInt8]? { Packing.unpack(content) }

    private static let columns =
        "id, sender, door, format, charset, control, digest, received, earlier, content"

    private init(_ row: SQLRow) {
        id = row.int(0)
        sender = row.text(1)
        door = Door(rawValue: row.text(2)) ?? .http
        format = Format(text: row.text(3)) ?? .fhir
        charset = row.textOrNil(4)
        control = row.textOrNil(5)
        digest = row.blob(6)
        received = row.int(7)
        earlier = row.intOrNil(8)
        content = row.blob(9)
    }

    /// Reads messages by their numbers; those that are not there are left out.
    static func read(_ ids: [Int64], in db: SQLConnection) throws -> [StoredMessage] {
        var found: [StoredMessage] = []
        try db.rows("SELECT \(columns) FROM highway_message WHERE id = ?", ofEach: ids) { found.append(Self($0)) }
        return found.sorted { $0.id < $1.id }
    }
}
