import AuditLog
import Foundation
import SQL
import Synchronization
import Testing

/// Fails once, at one of the places where a process may die around a transaction.
private final class FaultyDatabase: SQLDatabase {
    enum Place: CaseIterable { case before, inside, after }
    struct Crash: Error {}

    private let base: any SQLDatabase
    private let plan: Mutex<(writes: Int, place: Place)>

    init(_ base: any SQLDatabase, failsAt write: Int, _ place: Place) {
        self.base = base
        plan = Mutex((write, place))
    }

    func read<T>(_ body: (SQLConnection) throws -> T) throws -> T { try base.read(body) }
    func readOnce<T>(_ body: (SQLConnection) throws -> T) throws -> T { try base.readOnce(body) }

    func write<T>(_ body: (SQLConnection) throws -> T) throws -> T {
        let place = plan.withLock { plan -> Place? in
            plan.writes -= 1
            return plan.writes == 0 ? plan.place : nil
        }
        if place == .before { throw Crash() }
        let result = try base.write { db throws in
            let result = try body(db)
            if place == .inside { throw Crash() }
            return result
        }
        if place == .after { throw Crash() }
        return result
    }

    func bytes() -> Int { 0 }
    func close() throws {}
}

@Suite("The journal")
struct JournalTests {
    private static let life = MachineLife(boot: "one", bootedAt: 1_000)

    private func options(
        _ folder: String, at clock: @escaping @Sendable () -> Int64 = { 50_000 }, life: MachineLife = life
    ) -> AuditJournal.Options {
        var options = AuditJournal.Options(folder: folder + "/journal")
        options.now = clock
        options.machine = life
        options.segmentBytesMax = 20_000
        options.interval = .milliseconds(5)
        return options
    }

    private func numbered(_ numbers: Range<Int>) -> [AuditEntry] {
        numbers.map { AuditEntry(at: 10_000 + Int64($0), action: .read, request: "\($0)", patients: ["Patient/1"]) }
    }

    /// The numbers of the reads in the log, in order.
    private func logged(_ database: any SQLDatabase) throws -> [Int] {
        #expect(try AuditVerification.run(on: database).findings == [])
        return try all(database).filter { $0.action == .read }.compactMap { Int($0.request) }
    }

    private func all(_ database: any SQLDatabase) throws -> [AuditEntry] {
        try database.read { db in try AuditTrail.entries(from: 0, count: .max, in: db).map(\.entry) }
    }

    @Test("logs events that came as frames like those that came as entries", arguments: 0..<20 as Range<UInt64>)
    func frames(seed: UInt64) throws {
        try TestDatabase.sqlite.with { database in
            try withFolder { folder throws in
                let journal = try AuditJournal(options(folder), database: database)
                var generator = SeededGenerator(seed)
                var given: [AuditEntry] = []
                for number in 0..<50 {
                    var entry = Entries.random(&generator)
                    (entry.action, entry.period) = (.search, nil)
                    given.append(entry)
                    if number % 3 == 0 {
                        try journal.hand(entry)
                        continue
                    }
                    var frames = AuditFrames()
                    try frames.append(
                        entry.action, at: entry.at, outcome: entry.outcome, reason: entry.reason,
                        by: AuditParty(entry.agent, session: entry.session, purpose: entry.purpose),
                        network: entry.network, request: entry.request,
                        patients: entry.patients.map { String($0.dropFirst("Patient/".count)) },
                        entities: entry.entities)
                    try journal.hand(frames)
                }
                try journal.close()
                #expect(try AuditVerification.run(on: database).findings == [])
                #expect(try all(database).filter { $0.action == .search } == given)
            }
        }
    }

    @Test("takes events of many threads and moves each into the log once", arguments: TestDatabase.available)
    func threads(kind: TestDatabase) throws {
        try kind.with { database throws in
            try withFolder { folder in
                let journal = try AuditJournal(options(folder), database: database)
                journal.start()
                let (threads, each) = (200, 25)
                DispatchQueue.concurrentPerform(iterations: threads) { thread in
                    for number in thread * each..<(thread + 1) * each {
                        do { try journal.hand(numbered(number..<number + 1)[0]) } catch { Issue.record(error) }
                    }
                }
                try journal.close()
                #expect(throws: AuditError.self) { try journal.hand(numbered(0..<1)) }
                let found = try logged(database)
                #expect(found.sorted() == Array(0..<threads * each))
                // What one thread hands stays in order.
                for thread in 0..<threads {
                    let own = found.filter { $0 / each == thread }
                    #expect(own == own.sorted())
                }
                #expect(try all(database).map(\.action).filter { $0 != .read } == [.start, .stop])
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/journal") == ["lock"])
            }
        }
    }

    @Test(
        "a process that dies around any transaction loses nothing and repeats nothing",
        arguments: 1...9, [0, 1, 2])
    func crashes(write: Int, place: Int) throws {
        try TestDatabase.sqlite.with { database throws in
            try withFolder { folder in
                let faulty = FaultyDatabase(database, failsAt: write, FaultyDatabase.Place.allCases[place])
                var handed = 0
                // A life ends at the fault, or after some rounds.
                for life in 0..<4 {
                    let holder: any SQLDatabase = life == 0 ? faulty : database
                    guard let journal = try? AuditJournal(options(folder), database: holder) else { continue }
                    defer { journal.abandon() }
                    do {
                        for round in 0..<4 {
                            try journal.hand(numbered(handed..<handed + 60))
                            handed += 60
                            if round != 2 { try journal.sync() }
                            try journal.drain()
                        }
                        if life == 3 { try journal.close() }
                    } catch is FaultyDatabase.Crash {}
                    // Handed, and never moved by this life.
                    if life < 3 {
                        try journal.hand(numbered(handed..<handed + 3))
                        handed += 3
                    }
                }
                #expect(try logged(database) == Array(0..<handed))
                #expect(try all(database).filter { $0.action == .possibleLoss } == [])
            }
        }
    }

    @Test("a journal goes on after a commit whose answer was lost", arguments: 3...8)
    func lostAnswers(write: Int) throws {
        try TestDatabase.sqlite.with { database throws in
            try withFolder { folder in
                let faulty = FaultyDatabase(database, failsAt: write, .after)
                let journal = try AuditJournal(options(folder), database: faulty)
                for round in 0..<6 {
                    try journal.hand(numbered(round * 100..<(round + 1) * 100))
                    try? journal.drain()
                }
                do { try journal.close() } catch { try journal.close() }
                #expect(try logged(database) == Array(0..<600))
            }
        }
    }

    @Test(
        "a torn tail is passed over, and only another life of the machine may have lost events",
        arguments: [false, true])
    func tails(isPowerCut: Bool) throws {
        for cut in [1, 7, 9, 40] {
            try TestDatabase.sqlite.with { database throws in
                try withFolder { folder in
                    let clock = Mutex<Int64>(20_000)
                    let time: @Sendable () -> Int64 = { clock.withLock { $0 } }
                    let journal = try AuditJournal(options(folder, at: time), database: database)
                    try journal.hand(numbered(0..<10))
                    clock.withLock { $0 = 31_000 }
                    try journal.sync()
                    try journal.hand(numbered(10..<20))
                    journal.abandon()
                    let file = folder + "/journal/0.journal"
                    let bytes = try Self.written(file)
                    try bytes.dropLast(cut).write(to: URL(filePath: file))
                    let next = MachineLife(boot: "two", bootedAt: 45_000)
                    let second = try AuditJournal(
                        options(folder, life: isPowerCut ? next : Self.life), database: database)
                    try second.close()
                    let kept = try logged(database)
                    #expect(kept == Array(0..<19))
                    let losses = try all(database).filter { $0.action == .possibleLoss }
                    #expect(losses.map(\.period) == (isPowerCut ? [31_000..<45_000] : []))
                    // In order again, there is nothing to say.
                    try AuditJournal(options(folder, life: next), database: database).close()
                    #expect(try all(database).filter { $0.action == .possibleLoss }.count == losses.count)
                }
            }
        }
    }

    /// What was written of a segment whose last event has no entities, so that its last byte, and no other behind the last
    /// that is not zero, is a zero.
    private static func written(_ path: String) throws -> Data {
        let bytes = try Data(contentsOf: URL(filePath: path))
        return bytes[..<((bytes.lastIndex { $0 != 0 } ?? -2) + 2)]
    }

    /// A kill in the middle of handing leaves zeros in place of the first eight bytes, and behind them any part of the frames.
    @Test("what a kill has broken off in the window is passed over, and is no damage", arguments: [0, 1, 40, 400])
    func brokenOff(copied: Int) throws {
        try TestDatabase.sqlite.with { database throws in
            try withFolder { folder in
                let journal = try AuditJournal(options(folder), database: database)
                try journal.hand(numbered(0..<10))
                let file = folder + "/journal/0.journal"
                let before = try Self.written(file).count
                try journal.hand(numbered(10..<20))
                journal.abandon()
                var bytes = try Data(contentsOf: URL(filePath: file))
                #expect(bytes.count == 20_000)
                for place in Array(before..<before + 8) + Array(before + 8 + copied..<bytes.count) { bytes[place] = 0 }
                try bytes.write(to: URL(filePath: file))
                try AuditJournal(options(folder), database: database).close()
                #expect(try logged(database) == Array(0..<10))
                #expect(try all(database).filter { $0.action == .possibleLoss } == [])
            }
        }
    }

    @Test("frames that are too long for what is left of the window are written behind it", arguments: [false, true])
    func overflow(isKilled: Bool) throws {
        try TestDatabase.sqlite.with { database throws in
            try withFolder { folder in
                let journal = try AuditJournal(options(folder), database: database)
                // 20,000 bytes have room for some 300 of these, and none is moved on.
                for first in stride(from: 0, to: 1_000, by: 50) { try journal.hand(numbered(first..<first + 50)) }
                let size = try Self.written(folder + "/journal/0.journal").count
                #expect(size > 20_000)
                if isKilled {
                    journal.abandon()
                    try AuditJournal(options(folder), database: database).close()
                } else {
                    try journal.drain()
                    // Another segment follows, which has a window again.
                    try journal.hand(numbered(1_000..<1_001))
                    try journal.close()
                }
                #expect(try logged(database) == Array(0..<(isKilled ? 1_000 : 1_001)))
                #expect(try all(database).filter { $0.action == .possibleLoss } == [])
            }
        }
    }

    @Test("resources in frames are the same as their entities")
    func resources() throws {
        try TestDatabase.sqlite.with { database throws in
            try withFolder { folder in
                let journal = try AuditJournal(options(folder), database: database)
                let all = [
                    AuditResource(type: "Observation", id: "o1", version: 12), AuditResource(type: "Patient", id: "p1"),
                ]
                for (query, resources) in [(nil, []), (nil, all), ("Observation?code=a b", []), ("Patient?", all)] {
                    var frames = AuditFrames()
                    try frames.append(
                        .search, at: 20_000, outcome: .success, reason: "r", by: AuditParty(AuditAgent(account: "a")),
                        network: "::1", request: "q", patients: ["p1"], query: query, resources: resources)
                    try journal.hand(frames)
                }
                try journal.close()
                let found = try self.all(database).filter { $0.action == .search }
                let whole: [AuditEntity] = [
                    .resource("Observation/o1", version: "12"), .resource("Patient/p1"),
                ]
                #expect(
                    found.map(\.entities) == [
                        [], whole, [.query(Array("Observation?code=a b".utf8))],
                        [.query(Array("Patient?".utf8))] + whole,
                    ])
                #expect(found.allSatisfy { $0.patients == ["Patient/p1"] && $0.request == "q" })
            }
        }
    }

    @Test("what is damaged or taken away is told of")
    func damage() throws {
        let harms: [(String, (String) throws -> Void)] = [
            (
                "journal-damaged",
                { path in
                    var bytes = try Self.written(path)
                    bytes[bytes.count / 2] ^= 1
                    try bytes.write(to: URL(filePath: path))
                }
            ),
            ("journal-damaged", { path in try FileManager.default.removeItem(atPath: path) }),
            (
                "journal-missing",
                { path in
                    try FileManager.default.removeItem(atPath: (path as NSString).deletingLastPathComponent)
                }
            ),
        ]
        for (reason, harm) in harms {
            try TestDatabase.sqlite.with { database throws in
                try withFolder { folder in
                    let journal = try AuditJournal(options(folder), database: database)
                    try journal.hand(numbered(0..<10))
                    journal.abandon()
                    try harm(folder + "/journal/0.journal")
                    try AuditJournal(options(folder), database: database).close()
                    let losses = try all(database).filter { $0.action == .possibleLoss }
                    #expect(losses.map(\.reason) == [reason])
                    _ = try logged(database)
                }
            }
        }
    }

    @Test("one process holds a folder")
    func lock() throws {
        try TestDatabase.sqlite.with { database throws in
            try withFolder { folder in
                let journal = try AuditJournal(options(folder), database: database)
                #expect(throws: AuditError.self) { try AuditJournal(options(folder), database: database) }
                try journal.close()
            }
        }
    }
}
