import SQL
import Synchronization

/// Fills the tables of access of a store that is older than these, while the store serves.
///
/// The work is done in parts between other writes, and how far it is stands in a setting, so that the next start goes on
/// there. Of several servers on one database one does it. Until it is done nobody looks at the store by rules.
final class LabelUpkeep: Sendable {
    /// At most this many resources are labelled in one commit.
    static let resourcesMax = 500
    /// How often a server looks how far another one is.
    static let lookMilliseconds = 250

    private let isClosed = Mutex(false)
    private let parts: StoreParts
    private let database: any SQLDatabase
    private let lock: any SQLLeaderLock

    init(parts: StoreParts, database: any SQLDatabase, lock: any SQLLeaderLock) {
        self.parts = parts
        self.database = database
        self.lock = lock
    }

    /// Works until ``close()``.
    func run(_ writer: Writer) async {
        for await _ in parts.access.signals {
            while !isClosed.withLock({ $0 }), case .filling = parts.access.state {
                // What fails is tried again: the work stands where it stood.
                if (try? await step(writer)) != true {
                    try? await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
                }
            }
        }
        lock.release()
    }

    func close() {
        isClosed.withLock { $0 = true }
        parts.access.close()
    }

    /// Labels the next resources; false when another server does.
    private func step(_ writer: Writer) async throws -> Bool {
        let state = try database.readOnce { try AccessTables.state($0) }
        guard case .filling(let place, let goal) = state else {
            parts.access.state = state
            return true
        }
        guard lock.hold() else { return false }
        let next = try await writer.index { session in try session.fillLabels(after: place, upTo: goal) }
        parts.access.state = next
        return true
    }
}

extension WriteSession {
    /// Labels the next resources of a store that had no labels.
    ///
    /// - Returns: how far it is then.
    func fillLabels(after place: Int64, upTo goal: Int64) throws -> AccessTables.State {
        let rids = try db.query(
            "SELECT rid FROM resource WHERE rid > ? AND rid <= ? ORDER BY rid LIMIT \(LabelUpkeep.resourcesMax)",
            [.integer(place), .integer(goal)]
        ) { $0.int(0) }
        let lookup = LabelLookup(db: db, parts: parts)
        for rid in rids {
            guard let version = try lookup.lastContent(rid) else { continue }
            // Written since the tables are there.
            guard try db.first("SELECT 1 FROM access_label WHERE rid = ?", [.integer(rid)], map: { _ in true }) == nil
            else { continue }
            try relabel(version, rid)
        }
        try flushLabels()
        let isDone = rids.count < LabelUpkeep.resourcesMax
        let next: AccessTables.State = isDone ? .ready : .filling(place: rids.last ?? goal, goal: goal)
        try AccessTables.save(next, db)
        return next
    }
}
