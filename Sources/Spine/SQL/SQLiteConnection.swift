import GRDBSQLite

/// A SQLite handle with its prepared statements.
final class SQLiteConnection: SQLConnection {
    let handle: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]
    /// Search makes statements of many shapes; the oldest go when there are too many.
    private static let statementsMax = 400

    init(handle: OpaquePointer) {
        self.handle = handle
        super.init()
    }

    override var clusteredSuffix: String { " WITHOUT ROWID" }

    override func statement(_ sql: String) throws(SQLError) -> SQLStatement {
        if let statement = statements[sql], !statement.isRunning { return statement }
        if statements.count >= Self.statementsMax {
            for (text, held) in statements where !held.isRunning && !held.isHeld { statements[text] = nil }
        }
        let statement = try SQLiteStatement(sql, on: handle)
        if statements[sql] == nil { statements[sql] = statement }
        return statement
    }

    override func run(script: String) throws(SQLError) {
        guard sqlite3_exec(handle, script, nil, nil, nil) == SQLITE_OK else { throw SQLError(on: handle, sql: script) }
    }

    override func analyze() throws(SQLError) { try run(script: "PRAGMA analysis_limit = 1000; ANALYZE") }

    func finalizeStatements() { statements.removeAll() }
}

/// A SQLite statement.
final class SQLiteStatement: SQLStatement {
    private let handle: OpaquePointer
    private let raw: OpaquePointer
    private let sql: String
    private(set) var isRunning = false
    /// Whether an owner keeps it beyond one use.
    var isHeld = false

    init(_ sql: String, on handle: OpaquePointer) throws(SQLError) {
        var raw: OpaquePointer?
        guard sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &raw, nil) == SQLITE_OK, let raw
        else { throw SQLError(on: handle, sql: sql) }
        self.handle = handle
        self.raw = raw
        self.sql = sql
        super.init()
    }

    deinit { sqlite3_finalize(raw) }

    override func bind(_ index: Int, _ value: Int64) throws(SQLError) {
        try check(sqlite3_bind_int64(raw, Int32(index), value))
    }

    override func bind(_ index: Int, _ value: Double) throws(SQLError) {
        try check(sqlite3_bind_double(raw, Int32(index), value))
    }

    override func bind(_ index: Int, _ value: String) throws(SQLError) {
        var value = value
        let code = value.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { bytes in
                sqlite3_bind_text(
                    raw, Int32(index), bytes.baseAddress ?? Self.empty, Int32(bytes.count), Self.transient)
            }
        }
        try check(code)
    }

    override func bind(_ index: Int, _ value: [UInt8]) throws(SQLError) {
        let code = value.withUnsafeBytes { bytes in
            bytes.isEmpty
                ? sqlite3_bind_zeroblob(raw, Int32(index), 0)
                : sqlite3_bind_blob(raw, Int32(index), bytes.baseAddress, Int32(bytes.count), Self.transient)
        }
        try check(code)
    }

    override func bindNull(_ index: Int) throws(SQLError) { try check(sqlite3_bind_null(raw, Int32(index))) }

    override func step() throws(SQLError) -> Bool {
        isRunning = true
        switch sqlite3_step(raw) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let error = SQLError(on: handle, sql: sql)
            reset()
            throw error
        }
    }

    override func reset() {
        sqlite3_reset(raw)
        isRunning = false
    }

    override func int(_ column: Int) -> Int64 { sqlite3_column_int64(raw, Int32(column)) }
    override func real(_ column: Int) -> Double { sqlite3_column_double(raw, Int32(column)) }
    override func isNull(_ column: Int) -> Bool { sqlite3_column_type(raw, Int32(column)) == SQLITE_NULL }

    override func text(_ column: Int) -> String {
        guard let bytes = sqlite3_column_text(raw, Int32(column)) else { return "" }
        let count = Int(sqlite3_column_bytes(raw, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    override func withBlob<R>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let start = sqlite3_column_blob(raw, Int32(column))
        return try body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(raw, Int32(column)))))
    }

    private func check(_ code: Int32) throws(SQLError) {
        if code != SQLITE_OK { throw SQLError(on: handle, sql: sql) }
    }

    /// SQLite copies what is bound.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    private nonisolated(unsafe) static let empty: UnsafePointer<CChar> = {
        let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        byte.initialize(to: 0)
        return UnsafePointer(byte)
    }()
}

extension SQLError {
    fileprivate init(on handle: OpaquePointer, sql: String) {
        self.init(Reason(sqlite: sqlite3_errcode(handle)), String(cString: sqlite3_errmsg(handle)), sql: sql)
    }
}
