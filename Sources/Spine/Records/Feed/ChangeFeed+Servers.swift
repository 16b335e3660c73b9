import SQL
import Synchronization

/// Several servers on one database: each learns of the others' commits, and one leads each projection.
extension ChangeFeed {
    /// How often a server looks for itself, beside what it is told.
    static let lookMilliseconds: Int64 = 250

    /// Follows the other servers until ``close()``. Returns at once where there can be none.
    func watch() async {
        guard isShared else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.listen() }
            group.addTask { await self.look() }
            await group.next()
            group.cancelAll()
        }
    }

    private func listen() async {
        for await text in database.notifications(Self.channel) {
            if let head = Int64(text) { advanced(to: head) } else { refresh() }
        }
        // Ended before the store was closed: the looks go on.
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(1)) }
    }

    private func look() async {
        while !state.withLock({ $0.isClosed }) {
            lead()
            refresh()
            try? await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
        }
        for lock in locks.values { lock.release() }
    }

    /// Takes the lead of every projection that nobody leads, and sees that it is still held where it was.
    private func lead() {
        for (name, lock) in locks {
            let isHeld = lock.hold()
            state.withLock { state in
                if isHeld { state.leading.insert(name) } else { state.leading.remove(name) }
            }
        }
    }

    /// Reads from the database how far the feed and the projections have come.
    func refresh() {
        struct Row {
            var name: String
            var sequence: Int64
            var failures: Int
            var error: String?
            var waiting: Int64?
        }
        let found = try? database.read { db in
            let head = try db.first("SELECT max(sequence) FROM version") { $0.int(0) } ?? 0
            let rows = try db.query(
                """
                SELECT p.name, p.sequence, p.failures, p.error,
                (SELECT at FROM version v WHERE v.sequence > p.sequence ORDER BY v.sequence LIMIT 1) FROM projection p
                """
            ) {
                Row(
                    name: $0.text(0), sequence: $0.int(1), failures: Int($0.int(2)), error: $0.textOrNil(3),
                    waiting: $0.intOrNil(4))
            }
            return (head, rows)
        }
        guard let (head, rows) = found else { return }
        state.withLock { state in
            state.head = max(state.head, head)
            for row in rows {
                guard var standing = state.standings[row.name] else { continue }
                let isLeading = state.leading.contains(row.name)
                // A leader knows its own place better, but for one that a rebuild from elsewhere has set back.
                if !isLeading || row.sequence < standing.sequence { standing.sequence = row.sequence }
                if !isLeading {
                    standing.failures = row.failures
                    standing.lastError = row.error
                    standing.retryAt = nil
                    standing.oldestWaiting = row.waiting
                }
                state.standings[row.name] = standing
            }
        }
        signal()
    }

    /// Leaves a note of failures for the other servers.
    func tell(_ ends: [String: ApplicationEnd]) {
        for (name, end) in ends {
            guard case .failed(let failure) = end, let failures = state.withLock({ $0.standings[name]?.failures })
            else { continue }
            _ = try? database.writeAside { db in
                try db.execute(
                    "UPDATE projection SET failures = ?, error = ? WHERE name = ?", .int(failures), .text(failure),
                    .text(name))
            }
        }
    }
}
