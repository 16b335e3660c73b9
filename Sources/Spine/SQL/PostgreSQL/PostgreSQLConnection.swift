import CPQ

/// A PostgreSQL session with its prepared statements.
final class PostgreSQLConnection: SQLConnection {
    /// Search makes statements of many shapes; those longest unused go when there are more than this.
    private static let plansMax = 500

    let session: PostgreSQLSession
    private var plans: [String: PostgreSQLPlan] = [:]
    private var statements: [String: PostgreSQLStatement] = [:]
    private var uses = 0
    private var plansMade = 0
    /// The fault that has ended the transaction; everything fails with it until the transaction or savepoint is undone.
    private var fault: SQLError?
    private var isInTransaction = false
    private var isWriting = false
    /// Answers given since the connection was last taken.
    private(set) var answers = 0
    /// The number of the writing transaction, by which its fate can be asked when the connection is lost in a commit.
    private(set) var transactionID: String?

    init(_ address: PostgreSQLAddress, isWriter: Bool) throws(SQLError) {
        session = try PostgreSQLSession(address, setting: Self.settings(address, isWriter: isWriter))
        super.init()
    }

    private static func settings(_ address: PostgreSQLAddress, isWriter: Bool) -> String {
        // Every search is made for an index; a plan made while a table was empty must not stay a scan: enable_seqscan.
        var script = """
            SET search_path TO \(address.quotedSchema); SET standard_conforming_strings = on; SET jit = off;
            SET client_min_messages = error; SET random_page_cost = 1.1; SET enable_seqscan = off;
            SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
            SET client_connection_check_interval = '1s';
            """
        // A writer that stands still must not hold up the writers of other servers for ever.
        if isWriter { script += "SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = '120s';" }
        return script
    }

    var isBroken: Bool { session.isBroken }

    // MARK: Statements

    override func statement(_ sql: String) throws(SQLError) -> SQLStatement {
        if let statement = statements[sql], !statement.isRunning {
            uses += 1
            statement.plan.lastUse = uses
            return statement
        }
        let plan = try plan(sql)
        let statement = PostgreSQLStatement(plan, on: self)
        if statements[sql] == nil { statements[sql] = statement }
        return statement
    }

    private func plan(_ sql: String) throws(SQLError) -> PostgreSQLPlan {
        uses += 1
        if let plan = plans[sql] {
            plan.lastUse = uses
            return plan
        }
        if plans.count >= Self.plansMax, fault == nil { try forgetOldPlans() }
        plansMade += 1
        let plan = PostgreSQLPlan(sql, number: plansMade)
        plan.lastUse = uses
        plans[sql] = plan
        return plan
    }

    /// Drops a quarter of the plans, those unused for longest.
    private func forgetOldPlans() throws(SQLError) {
        let idle = plans.values.filter { statements[$0.sql]?.isRunning != true }.sorted { $0.lastUse < $1.lastUse }
        for plan in idle.prefix(Self.plansMax / 4) {
            for variant in plan.variants where variant.isPrepared { try session.send("DEALLOCATE \(variant.name)") }
            plans[plan.sql] = nil
            statements[plan.sql] = nil
        }
    }

    /// Sends a statement, within a write without waiting for the answer.
    func enqueue(_ plan: PostgreSQLPlan, _ values: PostgreSQLValues) throws(SQLError) {
        try checked { () throws(SQLError) in
            try session.send(plan, values)
            if !isWriting { try session.synchronize() }
        }
    }

    /// Sends a statement and waits for its rows. The caller clears the result.
    func ask(_ plan: PostgreSQLPlan, _ values: PostgreSQLValues) throws(SQLError) -> OpaquePointer? {
        try checked { () throws(SQLError) in
            try session.send(plan, values)
            let result = try session.synchronize(takesLast: true)
            answers += 1
            return result
        }
    }

    override func run(script: String) throws(SQLError) {
        let text = PostgreSQLDialect.script(script)
        try checked { () throws(SQLError) in try session.run(script: text, sql: script) }
    }

    /// Remembers the first fault of a transaction.
    func checked<T>(_ body: () throws(SQLError) -> T) throws(SQLError) -> T {
        if let fault { throw fault }
        do throws(SQLError) {
            return try body()
        } catch {
            if isInTransaction { fault = error }
            throw error
        }
    }

    // MARK: What differs between databases

    override var kind: SQLKind { .postgreSQL }

    override func analyze() throws(SQLError) {
        let names: [String]
        do {
            names = try query(
                "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
            ) { $0.text(0) }
        } catch let error as SQLError { throw error } catch { throw SQLError(.statement, "\(error)") }
        if names.isEmpty { return }
        try run(script: "ANALYZE " + names.map(quotedIdentifier).joined(separator: ", "))
    }

    override func notify(_ channel: String, _ payload: String) throws(SQLError) {
        try execute("SELECT pg_notify(current_schema() || '/' || ?, ?)", [.text(channel), .text(payload)])
    }

    /// At most this many rows go in one statement.
    private static let bulkRowsMax = 20_000

    override func runBulk(_ sql: String, _ columns: [SQLColumn], _ count: Int) throws(SQLError) -> Bool {
        guard let statement = try statement(sql) as? PostgreSQLStatement else { return false }
        var start = 0
        while start < count {
            let rows = start..<min(count, start + Self.bulkRowsMax)
            for (offset, column) in columns.enumerated() {
                statement.bind(offset + 1, column.values, isNull: column.isNull, rows: rows)
            }
            try statement.finish()
            start = rows.upperBound
        }
        return true
    }

    override func savepoint<T>(_ body: () throws -> T) throws -> T {
        // Faults of what came before belong to the transaction, not to the savepoint.
        try checked { () throws(SQLError) in
            try session.send("SAVEPOINT work")
            try session.synchronize()
        }
        do {
            let result = try body()
            try checked { () throws(SQLError) in
                try session.send("RELEASE SAVEPOINT work")
                try session.synchronize()
            }
            return result
        } catch {
            do {
                try? session.synchronize()
                try session.run(script: "ROLLBACK TO SAVEPOINT work; RELEASE SAVEPOINT work", sql: "ROLLBACK TO work")
                fault = nil
            } catch let lost {
                fault = fault ?? lost
            }
            throw error
        }
    }

    // MARK: Transactions

    /// Begins a read on one snapshot; nothing is waited for.
    func beginReading() throws(SQLError) {
        answers = 0
        isWriting = false
        try session.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        isInTransaction = true
    }

    /// Begins a read of single statements.
    func beginSingleReads() {
        answers = 0
        isWriting = false
    }

    /// Begins a write behind all other writers of the schema, whatever their server.
    ///
    /// - Parameters:
    ///   - lock: the key of the lock that writers of the schema share.
    ///   - mark: leaves a row behind that stands if, and only if, the transaction is committed.
    func beginWriting(lock: Int64, mark: PostgreSQLWriteMark) throws(SQLError) {
        answers = 0
        transactionID = nil
        isWriting = true
        try session.send("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        isInTransaction = true
        do {
            transactionID = try first(
                "SELECT pg_current_xact_id()::text FROM (SELECT pg_advisory_xact_lock(?)) AS held", [.integer(lock)]
            ) { $0.text(0) }
            try mark.leave(self)
        } catch {
            rollback()
            throw error as? SQLError ?? SQLError(.statement, "\(error)")
        }
    }

    /// Begins a write that waits for nobody and whose loss in a crash of the server would do no harm.
    func beginWritingAside() throws(SQLError) {
        answers = 0
        isWriting = true
        try session.send("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        try session.send("SET LOCAL synchronous_commit = off")
        isInTransaction = true
    }

    /// Ends a read without waiting for the answer.
    func endReading() {
        if isInTransaction {
            if fault != nil { return rollback() }
            isInTransaction = false
            do {
                try session.send("COMMIT")
                try session.endStretch()
            } catch {
                // The connection is lost; whoever takes it next sees so.
            }
        }
        fault = nil
    }

    /// Makes what was written durable.
    func commit() throws(SQLError) {
        if let fault {
            rollback()
            throw fault
        }
        do throws(SQLError) {
            try session.send("COMMIT")
            let result = try session.synchronize(takesLast: true)
            defer { PQclear(result) }
            isInTransaction = false
            // A commit of a transaction that had failed is answered by ROLLBACK.
            guard let result, String(cString: PQcmdStatus(result)) == "COMMIT" else {
                throw SQLError(.statement, "The transaction had failed and was rolled back.", sql: "COMMIT")
            }
        } catch {
            if !isBroken { rollback() }
            throw error
        }
    }

    /// Undoes what was written.
    func rollback() {
        try? session.synchronize()
        if isInTransaction, !isBroken { try? session.run(script: "ROLLBACK", sql: "ROLLBACK") }
        isInTransaction = false
        fault = nil
    }
}
