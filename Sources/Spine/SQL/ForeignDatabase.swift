import CPQ
import GRDBSQLite

/// A database of somebody else, to be asked and never to be changed: nothing of ours is made in it, and each question runs
/// read-only.
public struct ForeignDatabase: Sendable {
    private enum Place: Sendable {
        case sqlite(path: String)
        case postgreSQL(PostgreSQLAddress)
    }

    private let place: Place

    /// A SQLite file, or the address of a PostgreSQL database.
    /// - Throws: ``SQLError`` of reason `statement` when an address can't be read.
    public init(_ text: String) throws(SQLError) {
        place = PostgreSQLAddress.isAddress(text) ? .postgreSQL(try PostgreSQLAddress(text)) : .sqlite(path: text)
    }

    /// Asks one question; opens a connection for it and closes it again.
    ///
    /// - Parameters:
    ///   - sql: a `SELECT`, in which names such as `:since` stand for values.
    ///   - values: the values, as text.
    ///   - columns: called once with the names of the columns.
    ///   - row: called with each row, as text; false ends the reading.
    public func rows(
        _ sql: String, _ values: [String: String], columns: ([String]) throws -> Void,
        row: ([String?]) throws -> Bool
    ) throws {
        switch place {
        case .sqlite(let path): try SQLiteForeign(path).rows(sql, values, columns, row)
        case .postgreSQL(let address): try PostgreSQLForeign(address).rows(sql, values, columns, row)
        }
    }
}

/// A SQLite file of somebody else.
private final class SQLiteForeign {
    private let handle: OpaquePointer

    init(_ path: String) throws(SQLError) {
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let handle else {
            sqlite3_close_v2(handle)
            throw SQLError(.io, "The database \(path) can't be opened for reading.")
        }
        sqlite3_busy_timeout(handle, 10_000)
        self.handle = handle
    }

    deinit { sqlite3_close_v2(handle) }

    func rows(
        _ sql: String, _ values: [String: String], _ columns: ([String]) throws -> Void,
        _ row: ([String?]) throws -> Bool
    ) throws {
        var raw: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &raw, nil) == SQLITE_OK, let raw else { throw failure(sql) }
        defer { sqlite3_finalize(raw) }
        guard sqlite3_stmt_readonly(raw) != 0 else {
            throw SQLError(.statement, "The query changes something.", sql: sql)
        }
        for (name, value) in values {
            let place = sqlite3_bind_parameter_index(raw, ":\(name)")
            if place == 0 { continue }
            // A number is compared as one.
            let code =
                if let integer = Int64(value) { sqlite3_bind_int64(raw, place, integer) } else {
                    sqlite3_bind_text(
                        raw, place, value, Int32(value.utf8.count), unsafeBitCast(-1, to: sqlite3_destructor_type.self))
                }
            guard code == SQLITE_OK else { throw failure(sql) }
        }
        let count = sqlite3_column_count(raw)
        try columns((0..<count).map { String(cString: sqlite3_column_name(raw, $0)) })
        while true {
            let code = sqlite3_step(raw)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw failure(sql) }
            let texts = (0..<count).map { column -> String? in
                guard sqlite3_column_type(raw, column) != SQLITE_NULL, let text = sqlite3_column_text(raw, column)
                else {
                    return nil
                }
                let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(raw, column)))
                return String(decoding: bytes, as: UTF8.self)
            }
            guard try row(texts) else { return }
        }
    }

    private func failure(_ sql: String) -> SQLError {
        SQLError(SQLError.Reason(sqlite: sqlite3_errcode(handle)), String(cString: sqlite3_errmsg(handle)), sql: sql)
    }
}

/// A PostgreSQL database of somebody else.
private final class PostgreSQLForeign {
    private let raw: OpaquePointer

    init(_ address: PostgreSQLAddress) throws(SQLError) {
        var parameters = address.parameters
        parameters["client_encoding"] = "UTF8"
        if parameters["connect_timeout"] == nil { parameters["connect_timeout"] = "10" }
        let pairs = Array(parameters)
        let connected = withCStrings(pairs.map(\.key)) { keys in
            withCStrings(pairs.map(\.value)) { values in PQconnectdbParams(keys, values, 0) }
        }
        guard let raw = connected else { throw SQLError(.unavailable, "libpq has no memory for a connection.") }
        guard PQstatus(raw) == CONNECTION_OK else {
            PQfinish(raw)
            throw SQLError(.unavailable, "\(address) can't be reached.")
        }
        self.raw = raw
    }

    deinit { PQfinish(raw) }

    func rows(
        _ sql: String, _ values: [String: String], _ columns: ([String]) throws -> Void,
        _ row: ([String?]) throws -> Bool
    ) throws {
        let begin = PQexec(raw, "BEGIN READ ONLY")
        PQclear(begin)
        let (numbered, names) = Self.numbered(sql, Set(values.keys))
        let texts = names.map { values[$0] ?? "" }
        let isSent = withCStrings(texts) { pointers in
            PQsendQueryParams(raw, numbered, Int32(texts.count), nil, pointers, nil, nil, 0)
        }
        guard isSent == 1, PQsetSingleRowMode(raw) == 1 else { throw SQLError.lost(sql) }
        var isFirst = true
        while let result = PQgetResult(raw) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
                let count = PQnfields(result)
                if isFirst { try columns((0..<count).map { String(cString: PQfname(result, $0)) }) }
                isFirst = false
                for line in 0..<PQntuples(result) {
                    let texts = (0..<count).map { column -> String? in
                        PQgetisnull(result, line, column) == 1 ? nil : String(cString: PQgetvalue(result, line, column))
                    }
                    guard try row(texts) else { return }
                }
            case PGRES_COMMAND_OK: throw SQLError(.statement, "The query gives no rows.", sql: sql)
            default: throw SQLError(result: result, connection: raw, sql: sql)
            }
        }
    }

    /// Writes `$1` for `:since`, outside of texts, quoted names and remarks; `::` stays a cast.
    static func numbered(_ sql: String, _ known: Set<String>) -> (String, [String]) {
        var (output, names, rest) = ("", [String](), Substring(sql))
        while let character = rest.first {
            if character == "'" || character == "\"" {
                let end = rest.dropFirst().firstIndex(of: character).map { rest.index(after: $0) } ?? rest.endIndex
                output += rest[..<end]
                rest = rest[end...]
            } else if rest.hasPrefix("--") {
                let end = rest.firstIndex(of: "\n") ?? rest.endIndex
                rest = rest[end...]
            } else if rest.hasPrefix("::") {
                output += "::"
                rest = rest.dropFirst(2)
            } else if character == ":" {
                let name = String(rest.dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == "_" })
                guard known.contains(name) else {
                    output.append(character)
                    rest = rest.dropFirst()
                    continue
                }
                let place = names.firstIndex(of: name) ?? names.count
                if place == names.count { names.append(name) }
                output += "$\(place + 1)"
                rest = rest.dropFirst(name.count + 1)
            } else {
                output.append(character)
                rest = rest.dropFirst()
            }
        }
        return (output, names)
    }
}
