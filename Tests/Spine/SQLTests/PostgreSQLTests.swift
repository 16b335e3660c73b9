import Foundation
import SQL
import Synchronization
import Testing

/// What only PostgreSQL does: many servers, lost connections.
@Suite(.enabled(if: TestDatabase.postgreSQLURL != nil, "Scripts/with-postgres runs these."))
struct PostgreSQLTests {
    private func withTable<T>(_ body: (PostgreSQLAddress, PostgreSQLDatabase) throws -> T) throws -> T {
        try withPostgreSQL { address throws in
            let database = try PostgreSQLDatabase(address)
            defer { try? database.close() }
            try database.write { db throws in
                try db.run(script: "CREATE TABLE pair (a INTEGER PRIMARY KEY, b INTEGER NOT NULL)")
            }
            return try body(address, database)
        }
    }

    /// Ends every session of a name, as a restart of the server does.
    private func cut(_ name: String) throws {
        let other = try PostgreSQLDatabase(url: TestDatabase.postgreSQLURL ?? "")
        defer { try? other.close() }
        _ = try other.readOnce { db throws in
            try db.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name = ?
                """, [.text(name)]
            ) { $0.int(0) }
        }
    }

    @Test("writers of two servers run one after the other, and numbers follow the commits")
    func writers() async throws {
        try await withPostgreSQLTask { address throws in
            let servers = [try PostgreSQLDatabase(address), try PostgreSQLDatabase(address)]
            defer { for server in servers { try? server.close() } }
            try servers[0].write { db throws in
                try db.run(script: "CREATE TABLE pair (a INTEGER PRIMARY KEY, b INTEGER NOT NULL)")
            }
            await withTaskGroup(of: Void.self) { group in
                for (index, server) in servers.enumerated() {
                    group.addTask {
                        await onThread {
                            for _ in 0..<50 {
                                try server.write { db throws in
                                    let next = try db.first("SELECT coalesce(max(a), 0) + 1 FROM pair") { $0.int(0) }
                                    try db.execute(
                                        "INSERT INTO pair (a, b) VALUES (?, ?)", .integer(next ?? 0), .int(index))
                                }
                            }
                        }
                    }
                }
            }
            let found = try servers[0].read { db in try db.query("SELECT a FROM pair ORDER BY a") { $0.int(0) } }
            #expect(found == Array(1...100))
        }
    }

    @Test("writes of one server wait for one another")
    func waiting() async throws {
        try await withPostgreSQLTask { address throws in
            let database = try PostgreSQLDatabase(address)
            defer { try? database.close() }
            try database.write { db throws in
                try db.run(script: "CREATE TABLE pair (a INTEGER PRIMARY KEY, b INTEGER NOT NULL)")
            }
            await withTaskGroup(of: Void.self) { group in
                for index in 0..<4 {
                    group.addTask {
                        await onThread {
                            try database.write { db throws in
                                try db.execute("INSERT INTO pair (a, b) VALUES (?, 0)", .integer(Int64(index)))
                                _ = try db.query("SELECT 1 FROM pg_sleep(0.2)") { $0.int(0) }
                            }
                        }
                    }
                }
            }
            #expect(try database.read { db in try db.first("SELECT count(*) FROM pair") { $0.int(0) } } == 4)
        }
    }

    @Test("a lost connection fails what ran on it, and the next call connects anew")
    func lost() throws {
        try withTable { address, _ in
            let name = address.schema
            let database = try PostgreSQLDatabase(
                url: "\(TestDatabase.postgreSQLURL ?? "")?schema=\(name)&application_name=\(name)")
            defer { try? database.close() }
            try database.write { db in try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, 1) }
            let mark = "SELECT count(*) FROM pair"
            func count() throws -> Int64? { try database.read { db in try db.first(mark) { $0.int(0) } } }
            #expect(try count() == 1)
            try cut(name)
            // An idle connection that was lost is not noticed by anybody.
            #expect(try count() == 1)
            let error = #expect(throws: SQLError.self) {
                try database.write { db throws in
                    try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 2, 2)
                    _ = try db.first(mark) { $0.int(0) }
                    try cut(name)
                    _ = try db.first(mark) { $0.int(0) }
                }
            }
            #expect(error?.reason == .unavailable)
            #expect(try count() == 1)
            try database.write { db in try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 3, 3) }
            #expect(try count() == 2)
        }
    }

    @Test("a commit whose answer is lost is looked up, and made or not made as the server says")
    func fate() throws {
        try withTable { _, database in
            try database.write { db throws in
                try db.run(
                    script: """
                        CREATE TABLE slow (a INTEGER PRIMARY KEY);
                        CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
                        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
                        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW EXECUTE FUNCTION wait();
                        """)
            }
            // The session is ended inside its commit: the server has given the transaction up.
            let error = #expect(throws: SQLError.self) {
                try database.write { db in try db.execute("INSERT INTO slow (a) VALUES (?)", 1) }
            }
            #expect(error?.reason == .unavailable)
            #expect(try database.read { db in try db.first("SELECT count(*) FROM slow") { $0.int(0) } } == 0)
        }
    }

    @Test("one server leads, and another takes over when its connection is lost")
    func leader() throws {
        try withPostgreSQL { address throws in
            let first = try PostgreSQLDatabase(address)
            let second = try PostgreSQLDatabase(address)
            defer { for database in [first, second] { try? database.close() } }
            let (one, two) = (first.leaderLock("timeline"), second.leaderLock("timeline"))
            #expect(one.hold())
            #expect(!two.hold())
            #expect(one.hold())
            #expect(second.leaderLock("other").hold())
            one.release()
            #expect(two.hold())
            #expect(!one.hold())
            try second.close()
            // The server frees the lock as soon as it sees the connection closed.
            let end = Date(timeIntervalSinceNow: 10)
            var isTaken = one.hold()
            while !isTaken, Date() < end {
                Thread.sleep(forTimeInterval: 0.02)
                isTaken = one.hold()
            }
            #expect(isTaken)
        }
    }

    @Test("servers hear of each other's commits, and of none that was undone", .timeLimit(.minutes(1)))
    func notifications() async throws {
        struct Stop: Error {}
        try await withPostgreSQLTask { address throws in
            let first = try PostgreSQLDatabase(address)
            let second = try PostgreSQLDatabase(address)
            var heard = first.notifications("feed").makeAsyncIterator()
            // The listener is on its way: the first word that comes through tells that it is there.
            var greeting: String?
            let greeter = Task {
                while !Task.isCancelled {
                    try second.write { db in try db.notify("feed", "hello") }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            greeting = await heard.next()
            greeter.cancel()
            _ = await greeter.result
            #expect(greeting == "hello")
            #expect(throws: Stop.self) {
                try second.write { db throws in
                    try db.notify("feed", "undone")
                    throw Stop()
                }
            }
            try second.write { db in try db.notify("feed", "done") }
            var word = await heard.next()
            while word == "hello" { word = await heard.next() }
            #expect(word == "done")
            try first.close()
            try second.close()
            while let rest = await heard.next() { #expect(rest == "hello") }
        }
    }

    @Test("an address never shows its password")
    func password() throws {
        let address = try PostgreSQLAddress("postgres://me:secret@db.example:6543/city?schema=a%20b&sslmode=require")
        #expect(!address.description.contains("secret"))
        #expect(address.description.hasPrefix("postgres://me@db.example:6543/city"))
        let unreachable = try PostgreSQLAddress("postgres://me:secret@%2Fnowhere/city")
        let error = #expect(throws: SQLError.self) { try PostgreSQLDatabase(unreachable) }
        #expect(error?.reason == .unavailable)
        #expect(error.map { !"\($0)".contains("secret") } == true)
        #expect(throws: SQLError.self) { try PostgreSQLAddress("postgres://me:secret@db/city?nonsense=1") }
    }

    @Test("nulls of a bulk write come as nulls, and a loose index is built anew once")
    func rebuilding() throws {
        try withTable { _, database in
            let rows = 60_000
            try database.write { db throws in
                try db.run(script: "CREATE TABLE loose (a INTEGER NOT NULL, b TEXT); CREATE INDEX loose_a ON loose (a)")
                // Keys in the order of their reversed bits fall everywhere.
                let keys = (0..<rows).map { Int64(UInt32($0).byteSwapped) }
                try db.insert(
                    into: "loose",
                    columns: [
                        .integers("a", keys),
                        SQLColumn("b", .texts(keys.map { "\($0)" }), isNull: keys.indices.map { $0 % 2 == 0 }),
                    ])
            }
            func size() throws -> Int64 {
                try database.readOnce { db throws in
                    try db.first("SELECT pg_relation_size('loose_a')", map: { $0.int(0) }) ?? 0
                }
            }
            func comment() throws -> String? {
                try database.readOnce { db throws in
                    try db.first(
                        "SELECT obj_description('loose_a'::regclass, 'pg_class')", map: { $0.textOrNil(0) }) ?? nil
                }
            }
            let nulls = try database.read { db throws in
                try db.first("SELECT count(*) FROM loose WHERE b IS NULL", map: { $0.int(0) })
            }
            #expect(nulls == Int64(rows / 2))
            let before = try size()
            #expect(try comment() == nil)
            try database.rebuildIndexes()
            #expect(try size() <= before)
            let built = try comment()
            #expect(built?.hasPrefix("bytes an entry when built: ") == true)
            try database.rebuildIndexes()
            #expect(try comment() == built)
        }
    }

    @Test("statements of more shapes than are kept go on working")
    func shapes() throws {
        try withTable { _, database in
            try database.read { db throws in
                for number in 0..<1200 {
                    #expect(try db.first("SELECT \(number), ?", [.int(number)]) { $0.int(1) } == Int64(number))
                }
            }
        }
    }
}

/// Runs blocking work on a thread of its own.
func onThread(_ body: @escaping @Sendable () throws -> Void) async {
    await withCheckedContinuation { continuation in
        let thread = Thread {
            do { try body() } catch { Issue.record("\(error)") }
            continuation.resume()
        }
        thread.start()
    }
}

/// As ``withPostgreSQL(_:)``, for work that waits.
func withPostgreSQLTask(_ body: (PostgreSQLAddress) async throws -> Void) async throws {
    let whole = try PostgreSQLAddress(TestDatabase.postgreSQLURL ?? "")
    let address = whole.with(schema: "test_" + UUID().uuidString.lowercased())
    try await body(address)
    let keeper = try PostgreSQLDatabase(whole)
    try keeper.write { db in try db.run(script: "DROP SCHEMA IF EXISTS \"\(address.schema)\" CASCADE") }
    try keeper.close()
}
