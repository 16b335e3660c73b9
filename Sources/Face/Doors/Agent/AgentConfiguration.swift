public import Foundation

/// What an agent does, from its configuration file (JSON).
public struct AgentConfiguration: Sendable, Equatable {
    /// Where everything goes.
    public enum Destination: Sendable, Equatable {
        /// A platform over HTTPS.
        case platform(server: String, token: TokenWay?, authority: String?)
        /// A server that takes HL7 v2 by MLLP.
        case mllp(host: String, port: Int, tls: Papers?)
    }

    /// How the agent shows who it is.
    public enum TokenWay: Sendable, Equatable {
        /// By a file with a bearer token.
        case file(String)
        /// By SMART Backend Services: the client's id, the file of its private key, and the scopes it asks for.
        case backend(client: String, key: String, scope: String)
    }

    /// Files in PEM for TLS.
    public struct Papers: Sendable, Equatable {
        /// Certificates of those who may have signed the server's; nil: the system's.
        public var authority: String?
        /// The agent's own certificate and key; nil where none is asked for.
        public var certificate: String?, key: String?
    }

    /// What is read.
    public struct Source: Sendable, Equatable {
        /// The name that the queue and the status know it by.
        public var name: String
        /// The name that the platform knows the institution by.
        public var sender: String
        /// Where it reads.
        public var kind: Kind

        /// A kind of source.
        public enum Kind: Sendable, Equatable {
            /// A folder in which files appear. The table of its text files; nil: by their names.
            case folder(path: String, table: String?, settleSeconds: Double)
            /// A query that is asked again and again.
            case query(QueryPlan)
            /// A door for systems that send HL7 v2 by MLLP, and the ranges of addresses that may call.
            case mllp(address: String, from: [String]?)
        }
    }

    /// What is asked of a database.
    public struct QueryPlan: Sendable, Equatable {
        /// A SQLite file, or the address of a PostgreSQL database.
        public var database: String
        /// The file with the query, in which `:since` stands for the mark.
        public var file: String
        /// The table that the platform takes the rows for.
        public var table: String
        /// The column by whose values, which only grow, it is known what is new.
        public var mark: String
        /// The mark to begin with.
        public var since: String
        /// How often it is asked, in seconds.
        public var everySeconds: Double
        /// Rows that go out in one piece.
        public var rowsMax: Int
    }

    /// The folder of the queue.
    public var data: String
    /// Where everything goes.
    public var destination: Destination
    /// What is read.
    public var sources: [Source]
    /// Where the agent tells how it is; nil: nowhere.
    public var health: String?
    /// What the queue may hold, in bytes; beyond it the sources are not read.
    public var queueBytesMax: Int
    /// The longest single file, message or piece, in bytes.
    public var itemBytesMax: Int
    /// What is left free on the disk, in bytes.
    public var freeBytesMin: Int
    /// The longest pause between two attempts, in seconds.
    public var pauseSecondsMax: Double

    /// Reads a file.
    /// - Throws: ``AgentMisuse`` naming the entry and what is wrong with it.
    public init(file: String) throws(AgentMisuse) {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw AgentMisuse("The configuration \(file) can't be read.")
        }
        try self.init(json: bytes)
    }

    /// Reads the text of a configuration.
    public init(json: Data) throws(AgentMisuse) {
        guard let object = try? JSONSerialization.jsonObject(with: json), let entries = object as? [String: Any] else {
            throw AgentMisuse("The configuration is no JSON object.")
        }
        var entry = Entries(entries, path: "")
        data = try entry.text("data")
        destination = try Self.destination(&entry)
        health = try entry.optionalText("health")
        queueBytesMax = try entry.integer("queueBytesMax", 10 << 30, 1 << 20)
        itemBytesMax = try entry.integer("itemBytesMax", 64 << 20, 1 << 10)
        freeBytesMin = try entry.integer("freeBytesMin", 256 << 20, 0)
        pauseSecondsMax = try entry.number("pauseSecondsMax", 60)
        sources = []
        for var one in try entry.objects("sources") { sources.append(try Self.source(&one)) }
        try entry.finish()
        guard !sources.isEmpty else { throw AgentMisuse("sources: name at least one.") }
        guard Set(sources.map(\.name)).count == sources.count else {
            throw AgentMisuse("sources: each needs a name of its own.")
        }
        if case .mllp = destination, sources.contains(where: { if case .query = $0.kind { true } else { false } }) {
            throw AgentMisuse("to: rows of a query can't be sent by MLLP; give a server.")
        }
    }

    private static func destination(_ entry: inout Entries) throws(AgentMisuse) -> Destination {
        var to = try entry.object("to")
        let (server, mllp) = (try to.optionalText("server"), try to.optionalText("mllp"))
        let authority = try to.optionalText("authority")
        defer { _ = to }
        if let mllp, server == nil {
            let (host, port): (String, Int)
            do { (host, port) = try MLLPListener.split(mllp) } catch { throw AgentMisuse("to.mllp: \(error)") }
            let papers = Papers(
                authority: authority, certificate: try to.optionalText("certificate"), key: try to.optionalText("key"))
            let isTLS = try to.flag("tls")
            try to.finish()
            return .mllp(host: host, port: port, tls: isTLS ? papers : nil)
        }
        guard var server, mllp == nil else { throw AgentMisuse("to: give either server or mllp.") }
        while server.hasSuffix("/") { server.removeLast() }
        guard let parts = URLComponents(string: server), let host = parts.host, parts.path.isEmpty,
            parts.scheme == "https"
                || parts.scheme == "http" && ["127.0.0.1", "[::1]", "::1", "localhost"].contains(host)
        else { throw AgentMisuse("to.server: an address begins with https://; http:// is for this machine alone.") }
        let (file, client, key) = (
            try to.optionalText("tokenFile"), try to.optionalText("client"), try to.optionalText("key")
        )
        let scope = try to.optionalText("scope") ?? "system/*.cu"
        try to.finish()
        guard (client == nil) == (key == nil), file == nil || client == nil else {
            throw AgentMisuse("to: give client and key together, or tokenFile.")
        }
        var way = file.map { TokenWay.file($0) }
        if let client, let key { way = .backend(client: client, key: key, scope: scope) }
        return .platform(server: server, token: way, authority: authority)
    }

    private static func source(_ entry: inout Entries) throws(AgentMisuse) -> Source {
        let (name, sender) = (try entry.text("name"), try entry.text("sender"))
        let kind: Source.Kind
        if let path = try entry.optionalText("folder") {
            kind = .folder(
                path: path, table: try entry.optionalText("table"), settleSeconds: try entry.number("settleSeconds", 5))
        } else if let database = try entry.optionalText("database") {
            kind = .query(
                QueryPlan(
                    database: database, file: try entry.text("query"), table: try entry.text("table"),
                    mark: try entry.text("mark"), since: try entry.text("since"),
                    everySeconds: try entry.number("everySeconds", 60), rowsMax: try entry.integer("rowsMax", 5_000, 1))
            )
        } else if let address = try entry.optionalText("mllp") {
            kind = .mllp(address: address, from: try entry.texts("from"))
        } else {
            throw AgentMisuse("\(entry.path): a source has a folder, a database or an mllp.")
        }
        try entry.finish()
        return Source(name: name, sender: sender, kind: kind)
    }
}

/// The entries of one object of the configuration; what nobody asked for is a mistake.
private struct Entries {
    private let entries: [String: Any]
    private var asked: Set<String> = []
    let path: String

    init(_ entries: [String: Any], path: String) {
        self.entries = entries
        self.path = path
    }

    private mutating func value(_ name: String) -> Any? {
        asked.insert(name)
        return entries[name]
    }

    private func misuse(_ name: String, _ what: String) -> AgentMisuse { AgentMisuse("\(path)\(name): \(what)") }

    mutating func optionalText(_ name: String) throws(AgentMisuse) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value as? String, !text.isEmpty else { throw misuse(name, "give a text.") }
        return text
    }

    mutating func text(_ name: String) throws(AgentMisuse) -> String {
        guard let text = try optionalText(name) else { throw misuse(name, "is missing.") }
        return text
    }

    mutating func texts(_ name: String) throws(AgentMisuse) -> [String]? {
        guard let value = value(name) else { return nil }
        guard let texts = value as? [String] else { throw misuse(name, "give a list of texts.") }
        return texts
    }

    mutating func flag(_ name: String) throws(AgentMisuse) -> Bool {
        guard let value = value(name) else { return false }
        guard let flag = value as? Bool else { throw misuse(name, "give true or false.") }
        return flag
    }

    mutating func number(_ name: String, _ standard: Double) throws(AgentMisuse) -> Double {
        guard let value = value(name) else { return standard }
        guard let number = value as? Double, number > 0 else { throw misuse(name, "give a number greater than 0.") }
        return number
    }

    mutating func integer(_ name: String, _ standard: Int, _ min: Int) throws(AgentMisuse) -> Int {
        guard let value = value(name) else { return standard }
        guard let number = value as? Int, number >= min else {
            throw misuse(name, "give a whole number from \(min) on.")
        }
        return number
    }

    mutating func object(_ name: String) throws(AgentMisuse) -> Entries {
        guard let object = value(name) as? [String: Any] else { throw misuse(name, "give an object.") }
        return Entries(object, path: "\(path)\(name).")
    }

    mutating func objects(_ name: String) throws(AgentMisuse) -> [Entries] {
        guard let list = value(name) as? [[String: Any]] else { throw misuse(name, "give a list of objects.") }
        return list.enumerated().map { Entries($1, path: "\(path)\(name)[\($0)].") }
    }

    func finish() throws(AgentMisuse) {
        if let stray = entries.keys.filter({ !asked.contains($0) }).min() {
            throw misuse(stray, "is no entry that is known here.")
        }
    }
}

/// What is wrong with a configuration or a file that it names.
public struct AgentMisuse: Error, Sendable, CustomStringConvertible {
    /// What to tell the operator.
    public let description: String

    init(_ description: String) { self.description = description }
}
