import CPQ

/// Where a PostgreSQL database is, and as whom to speak to it.
///
/// Written as libpq's URI, `postgres://user@host:port/database?key=value`, or as its keyword form, `host=… dbname=…`.
/// Besides libpq's own keys there is `schema`: the schema that holds our tables, made when it is absent; `public` when
/// nothing is said. A password had better come from `PGPASSWORD` or `~/.pgpass`, which libpq reads itself.
/// Source of the form: <https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING>.
public struct PostgreSQLAddress: Sendable, Hashable, CustomStringConvertible {
    /// libpq's keywords and values, the password among them.
    let parameters: [String: String]
    /// The schema of our tables.
    public let schema: String

    /// Reads an address.
    ///
    /// - Throws: ``SQLError`` of reason `statement` when it can't be read; the message never repeats the address.
    public init(_ text: String) throws(SQLError) {
        let (own, rest) = Self.split(text)
        if let given = own["schema"], given.isEmpty || given.contains("\0") || given.utf8.count > 63 {
            throw SQLError(.statement, "A schema's name in the address of a database has 1 to 63 bytes.")
        }
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(rest, &message) else {
            PQfreemem(message)
            throw SQLError(
                .statement,
                "The address of the database can't be read. It looks like postgres://user@host:5432/name, or "
                    + "postgres://%2Fvar%2Frun%2Fpostgresql/name for a socket.")
        }
        defer { PQconninfoFree(options) }
        var parameters: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parameters[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        self.parameters = parameters
        schema = own["schema"] ?? "public"
    }

    /// Whether a text is an address of PostgreSQL rather than a file's name.
    public static func isAddress(_ text: String) -> Bool {
        text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
    }

    /// The same database with another schema.
    public func with(schema: String) -> PostgreSQLAddress {
        PostgreSQLAddress(parameters: parameters, schema: schema)
    }

    private init(parameters: [String: String], schema: String) {
        self.parameters = parameters
        self.schema = schema
    }

    /// The address without its password: fit for logs.
    public var description: String {
        var text = "postgres://"
        if let user = parameters["user"] { text += "\(user)@" }
        if let host = parameters["host"] {
            text += host.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "%2F")
        }
        if let port = parameters["port"] { text += ":\(port)" }
        text += "/\(parameters["dbname"] ?? "")"
        return schema == "public" ? text : text + "?schema=\(schema)"
    }

    /// Whether what goes to the server may leave this machine in the clear: some host is elsewhere, and `sslmode` lets libpq do
    /// without TLS.
    ///
    /// - Parameter environment: libpq's defaults, such as `PGHOST` and `PGSSLMODE`.
    public func mayGoInClear(_ environment: [String: String]) -> Bool {
        let mode = parameters["sslmode"] ?? environment["PGSSLMODE"] ?? "prefer"
        if ["require", "verify-ca", "verify-full"].contains(mode) { return false }
        let named = [parameters["host"] ?? environment["PGHOST"], parameters["hostaddr"] ?? environment["PGHOSTADDR"]]
        let hosts = named.compactMap { $0 }.flatMap { $0.split(separator: ",") }.map(String.init)
        return !hosts.allSatisfy(Self.isHere)
    }

    /// A socket or a loopback address.
    private static func isHere(_ host: String) -> Bool {
        if host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }

    /// Takes our own keys out of the address, since libpq refuses keys that it does not know.
    private static func split(_ text: String) -> (own: [String: String], rest: String) {
        guard isAddress(text) else {
            let words = text.split(separator: " ")
            let own = words.first { $0.hasPrefix("schema=") }
            return (
                own.map { ["schema": String($0.dropFirst(7))] } ?? [:],
                words.filter { $0 != own }.joined(separator: " ")
            )
        }
        let halves = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else { return ([:], text) }
        let pairs = halves[1].split(separator: "&")
        var own: [String: String] = [:]
        for pair in pairs where pair.hasPrefix("schema=") { own["schema"] = String(pair.dropFirst(7)) }
        let others = pairs.filter { !$0.hasPrefix("schema=") }.joined(separator: "&")
        return (own, String(halves[0]) + (others.isEmpty ? "" : "?\(others)"))
    }

    /// A number for an advisory lock of this schema: FNV-1a over schema and name, so that every server comes to the same.
    func lockKey(_ name: String) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "healthbrain/\(schema)/\(name)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return Int64(bitPattern: hash)
    }

    /// The schema's name as an identifier.
    var quotedSchema: String { quotedIdentifier(schema) }
}

/// A name in double quotes, as SQL wants it.
func quotedIdentifier(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}
