import SQL
import Synchronization

/// Work that keeps the store small and quick as it grows: training dictionaries, refreshing the planner's statistics, and
/// building indexes anew that have grown loose.
final class Upkeep: Sendable {
    /// A dictionary is trained when the feed first reaches each of these places.
    static let trainAt: [Int64] = [1000, 5000, 20_000, 100_000, 1_000_000]
    /// Statistics are refreshed when the feed first reaches each of these places.
    static let analyzeAt: [Int64] = [10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]
    static let samplesMax = 6000
    /// So many versions at a time are looked at for bodies to be compressed again.
    static let compressedMax: Int64 = 2000
    /// Indexes are built anew when the feed has stood still for this long, in seconds, …
    static let quietSeconds = 60
    /// … has grown by this factor since the last time, …
    static let rebuildGrowth = 1.5
    /// … and has at least this many places.
    static let rebuildMin: Int64 = 10_000

    private struct State {
        var head: Int64 = 0
        var signal: CheckedContinuation<Void, Never>?
        var isClosed = false
    }

    private let state = Mutex(State())
    private let parts: StoreParts
    /// The right to keep a database that several servers have open.
    private let lock: any SQLLeaderLock
    /// The right to build its indexes anew, held while they are built.
    private let rebuildLock: any SQLLeaderLock

    init(parts: StoreParts, lock: any SQLLeaderLock, rebuildLock: any SQLLeaderLock) {
        self.parts = parts
        self.lock = lock
        self.rebuildLock = rebuildLock
    }

    func advanced(to head: Int64) {
        let waiting = state.withLock { state in
            let before = state.head
            state.head = max(head, before)
            let isDue = (Self.trainAt + Self.analyzeAt).contains { $0 > before && $0 <= head }
            guard isDue else { return CheckedContinuation<Void, Never>?.none }
            defer { state.signal = nil }
            return state.signal
        }
        waiting?.resume()
    }

    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.signal = nil }
            return state.signal
        }
        waiting?.resume()
    }

    /// Does what is due, until ``close()``. What fails is tried again at the next step of growth.
    func run(_ writer: Writer, _ database: any SQLDatabase) async {
        // Compressing again waits for all that is due: it can be done at any time, and a late dictionary never comes back
        // for the bodies that came before it.
        var compressedTo: Int64?
        while true {
            let (head, isClosed) = state.withLock { ($0.head, $0.isClosed) }
            if isClosed { return }
            if (try? await train(writer, database, head: head)) == true { compressedTo = 0 }
            try? await analyze(writer, database, head: head)
            if let place = compressedTo {
                compressedTo = (try? await compressAgain(writer, database, after: place, head: head)) ?? nil
                continue
            }
            await withCheckedContinuation { continuation in
                let goOn = state.withLock { state in
                    let next = (Self.trainAt + Self.analyzeAt).filter { $0 > head }.min() ?? .max
                    if state.isClosed || state.head >= next { return true }
                    state.signal = continuation
                    return false
                }
                if goOn { continuation.resume() }
            }
        }
    }

    /// Builds indexes anew whenever the feed stands still after it has grown, until the task is cancelled.
    func tend(_ database: any SQLDatabase) async {
        var before: Int64 = -1
        while (try? await Task.sleep(for: .seconds(Self.quietSeconds))) != nil {
            let head = state.withLock { $0.head }
            defer { before = head }
            guard head == before, head >= Self.rebuildMin else { continue }
            try? rebuildIndexes(database, head: head)
        }
    }

    /// Builds indexes anew if the feed has grown enough since the last time, or if it is `wanted` in any case.
    func rebuildIndexes(_ database: any SQLDatabase, head: Int64, wanted: Bool = false) throws {
        let last = try database.readOnce { db in
            try db.first("SELECT value FROM setting WHERE name = 'rebuilt'") { Int64($0.text(0)) ?? 0 } ?? 0
        }
        guard wanted || Double(head) >= Double(last) * Self.rebuildGrowth else { return }
        guard rebuildLock.hold() else {
            throw RecordsError(.unavailable, "Another server is building the indexes of this database anew.")
        }
        defer { rebuildLock.release() }
        try database.rebuildIndexes()
        try database.writeAside { db in
            try db.execute(
                """
                INSERT INTO setting (name, value) VALUES ('rebuilt', ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """, .text("\(head)"))
        }
    }

    /// Trains the dictionary that is due; false when none is, or another server trains it.
    private func train(_ writer: Writer, _ database: any SQLDatabase, head: Int64) async throws -> Bool {
        let wanted = Int64(Self.trainAt.filter { $0 <= head }.count)
        guard wanted > parts.codec.current else { return false }
        // Of several servers one trains; the others find its dictionary in the database.
        let newest = try database.readOnce { db in
            try db.first("SELECT id, content FROM dictionary ORDER BY id DESC LIMIT 1") { ($0.int(0), $0.blob(1)) }
        }
        if let newest, newest.0 > parts.codec.current { parts.codec.add(newest.0, content: newest.1) }
        guard wanted > parts.codec.current, lock.hold() else { return false }
        let step = max(1, head / Int64(Self.samplesMax))
        let samples = try database.read { db in
            var samples: [[UInt8]] = []
            try db.rows(
                """
                SELECT dictionary, body FROM version WHERE sequence = ? AND verb <> \(Verb.delete.rawValue)
                AND length(body) < 20000
                """, ofEach: Array(stride(from: step, through: head, by: Int(step)).prefix(Self.samplesMax))
            ) { row in samples.append(try row.withBlob(1) { try parts.codec.decompress($0, dictionary: row.int(0)) }) }
            return samples
        }
        guard let content = BodyCodec.train(samples: samples) else { return false }
        try await writer.perform { db in
            try db.execute("INSERT INTO dictionary (id, content) VALUES (?, ?)", .integer(wanted), .blob(content))
        }
        parts.codec.add(wanted, content: content)
        return true
    }

    /// Compresses the bodies of some versions that came before the first dictionary with the newest one. They are sought beside
    /// the writer: from the second dictionary on there are next to none.
    ///
    /// - Returns: how far it has come; nil when none is left.
    private func compressAgain(
        _ writer: Writer, _ database: any SQLDatabase, after place: Int64, head: Int64
    ) async throws -> Int64? {
        let end = min(place + Self.compressedMax, head)
        let bodies = try database.read { db in
            try db.query(
                """
                SELECT sequence, body FROM version WHERE sequence > ? AND sequence <= ? AND dictionary = 0
                AND verb <> \(Verb.delete.rawValue)
                """, [.integer(place), .integer(end)]
            ) { row in
                let text = try row.withBlob(1) { try parts.codec.decompress($0, dictionary: 0) }
                return (sequence: row.int(0), compressed: parts.codec.compress(text))
            }
        }
        if !bodies.isEmpty {
            try await writer.perform { db in
                for (sequence, (body, dictionary)) in bodies {
                    try db.execute(
                        "UPDATE version SET body = ?, dictionary = ? WHERE sequence = ?", .blob(body),
                        .integer(dictionary), .integer(sequence))
                }
            }
        }
        return end < head ? end : nil
    }

    private func analyze(_ writer: Writer, _ database: any SQLDatabase, head: Int64) async throws {
        guard let due = Self.analyzeAt.last(where: { $0 <= head }) else { return }
        let done = try database.readOnce { db in
            try db.first("SELECT value FROM setting WHERE name = 'analyzed'") { Int64($0.text(0)) ?? 0 } ?? 0
        }
        guard done < due, lock.hold() else { return }
        // On PostgreSQL beside the writer, whom it would hold up.
        try database.writeAside { db in
            try db.analyze()
            try db.execute(
                """
                INSERT INTO setting (name, value) VALUES ('analyzed', ?)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """, .text("\(due)"))
        }
    }
}
