import CPQ

/// One connection of libpq, in pipeline mode: commands are sent without waiting for the answers to those before.
///
/// Answers are read when one is needed: ``synchronize(takesLast:)`` asks for all that is outstanding and throws the first
/// fault, with the statement that it belongs to. After a fault the server passes over what was sent behind it.
/// Source: <https://www.postgresql.org/docs/15/libpq-pipeline-mode.html>.
final class PostgreSQLSession {
    /// At most this many commands are on their way before their answers are read: a bound on memory at both ends.
    private static let outstandingMax = 2000

    private enum Outstanding {
        case command(sql: String)
        case preparation(PostgreSQLPlan.Variant, sql: String)
        case synchronization
    }

    let raw: OpaquePointer
    private var outstanding: [Outstanding] = []

    /// Whether the connection is gone; it never comes back.
    var isBroken: Bool { PQstatus(raw) == CONNECTION_BAD }

    /// The file descriptor of the socket.
    var socket: Int32 { PQsocket(raw) }

    /// Connects. Waits at most ten seconds unless the address says otherwise.
    init(_ address: PostgreSQLAddress, setting script: String) throws(SQLError) {
        var parameters = address.parameters
        for (key, value) in Self.standard where parameters[key] == nil { parameters[key] = value }
        parameters["client_encoding"] = "UTF8"
        let pairs = Array(parameters)
        let connected = withCStrings(pairs.map(\.key)) { keys in
            withCStrings(pairs.map(\.value)) { values in PQconnectdbParams(keys, values, 0) }
        }
        guard let raw = connected else { throw SQLError(.unavailable, "libpq has no memory for a connection.") }
        self.raw = raw
        guard PQstatus(raw) == CONNECTION_OK else {
            let message = String(cString: PQerrorMessage(raw))
            let line = message.split(separator: "\n").joined(separator: " ")
            throw SQLError(.unavailable, "\(address) can't be reached: \(line)")
        }
        let encoding = PQparameterStatus(raw, "server_encoding").map { String(cString: $0) } ?? ""
        guard encoding == "UTF8" else {
            throw SQLError(
                .statement, "The database has encoding \(encoding). Make one with ENCODING 'UTF8' TEMPLATE template0.")
        }
        try runScript(script, sql: "the settings of a session")
        guard PQenterPipelineMode(raw) == 1 else { throw SQLError.lost() }
    }

    deinit { PQfinish(raw) }

    private static let standard = [
        "connect_timeout": "10", "fallback_application_name": "healthbrain", "keepalives_idle": "30",
        "keepalives_interval": "10", "keepalives_count": "3", "tcp_user_timeout": "30000",
    ]

    // MARK: Sending

    /// Sends one command without values.
    func send(_ sql: String) throws(SQLError) {
        try makeRoom()
        guard PQsendQueryParams(raw, sql, 0, nil, nil, nil, nil, 1) == 1 else { throw failure(sql) }
        outstanding.append(.command(sql: sql))
    }

    /// Sends a statement with the values bound to it; prepares it first when it is new.
    func send(_ plan: PostgreSQLPlan, _ values: PostgreSQLValues) throws(SQLError) {
        try makeRoom()
        let variant = plan.variant(values)
        if !variant.isPrepared {
            let count = Int32(values.count)
            guard PQsendPrepare(raw, variant.name, plan.statement.text, count, variant.types) == 1 else {
                throw failure(plan.sql)
            }
            variant.isPrepared = true
            outstanding.append(.preparation(variant, sql: plan.sql))
        }
        let sent = PQsendQueryPrepared(
            raw, variant.name, Int32(values.count), values.pointers, values.lengths, values.formats, 1)
        guard sent == 1 else { throw failure(plan.sql) }
        outstanding.append(.command(sql: plan.sql))
    }

    /// Ends a stretch of commands, and sends all that waits; the answers are read later.
    func endStretch() throws(SQLError) {
        guard PQpipelineSync(raw) == 1 else { throw failure(nil) }
        outstanding.append(.synchronization)
    }

    private func makeRoom() throws(SQLError) {
        if outstanding.count >= Self.outstandingMax { try synchronize() }
    }

    private func failure(_ sql: String?) -> SQLError {
        if isBroken { return .lost(sql) }
        return SQLError(.statement, String(cString: PQerrorMessage(raw)), sql: sql)
    }

    // MARK: Answers

    /// Waits for every answer.
    func synchronize() throws(SQLError) { PQclear(try synchronize(takesLast: false)) }

    /// Waits for every answer, and hands over the last command's when asked for. The caller clears it.
    func synchronize(takesLast: Bool) throws(SQLError) -> OpaquePointer? {
        if outstanding.isEmpty { return nil }
        if case .synchronization = outstanding[outstanding.count - 1] {} else { try endStretch() }
        defer { outstanding.removeAll(keepingCapacity: true) }
        var fault: SQLError?
        var last: OpaquePointer?
        for (index, one) in outstanding.enumerated() {
            switch one {
            case .synchronization: PQclear(PQgetResult(raw))
            case .preparation(let variant, let sql):
                if let found = readAnswer(sql, keeping: nil) {
                    variant.isPrepared = false
                    fault = fault ?? found.error
                }
            case .command(let sql):
                let keeps = takesLast && index == outstanding.count - 2
                let found = withUnsafeMutablePointer(to: &last) { readAnswer(sql, keeping: keeps ? $0 : nil) }
                if let found { fault = fault ?? found.error }
            }
        }
        if fault == nil, isBroken { fault = .lost() }
        guard let fault else { return last }
        PQclear(last)
        throw fault
    }

    private struct Failed {
        /// Nil when it was only passed over because of a fault before it.
        var error: SQLError?
    }

    /// Reads the answer to one command; nil when it went well.
    private func readAnswer(_ sql: String, keeping: UnsafeMutablePointer<OpaquePointer?>?) -> Failed? {
        var failed: Failed?
        while let result = PQgetResult(raw) {
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                if let keeping {
                    PQclear(keeping.pointee)
                    keeping.pointee = result
                    continue
                }
            case PGRES_PIPELINE_ABORTED: failed = failed ?? Failed(error: nil)
            default: failed = Failed(error: SQLError(result: result, connection: raw, sql: sql))
            }
            PQclear(result)
        }
        if failed == nil, isBroken { failed = Failed(error: .lost(sql)) }
        return failed
    }

    // MARK: Scripts

    /// Runs statements without values, one after the other, outside of the pipeline.
    func run(script: String, sql: String) throws(SQLError) {
        try synchronize()
        guard PQexitPipelineMode(raw) == 1 else { throw failure(sql) }
        defer { PQenterPipelineMode(raw) }
        try runScript(script, sql: sql)
    }

    private func runScript(_ script: String, sql: String) throws(SQLError) {
        let result = PQexec(raw, script)
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
        default: throw SQLError(result: result, connection: raw, sql: sql)
        }
    }
}

/// Calls `body` with a null-terminated list of C strings.
func withCStrings<R>(_ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R) -> R {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for text in texts {
        starts.append(bytes.count)
        bytes += text.utf8.map { CChar(bitPattern: $0) } + [0]
    }
    return bytes.withUnsafeBufferPointer { buffer in
        var pointers = starts.map { start in buffer.baseAddress.map { $0 + start } }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
