import Access
import JSON
import Records
import Synchronization

/// The tree of organisations as the store has it, kept in memory and read again when an Organization has changed.
final class Organisations: Sendable {
    /// How long a change may go unseen, in milliseconds.
    private static let freshMilliseconds: Int64 = 1_000
    /// Organizations that are read at a time.
    private static let atOnce = 1_000

    /// The tree at one moment.
    struct Known: Sendable {
        var tree = OrganisationTree(parents: [:])
        /// Organisations that are departments of an institution rather than institutions.
        var departments: Set<String> = []
        /// Counts the readings.
        var revision = 0

        /// The institution that an organisation is, or is a department of.
        func institution(of id: String) -> String {
            tree.ancestry(of: id).first { !departments.contains($0) } ?? id
        }
    }

    private struct State {
        var known = Known()
        var head: Int64 = -1
        var lookedAt: Int64 = .min
        var mark = ""
    }

    private let store: RecordStore
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    init(_ store: RecordStore, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.now = now
    }

    /// The tree, at most a second old.
    func known() throws(RecordsError) -> Known {
        let (head, time) = (store.feed.head, now())
        let (current, mark) = state.withLock { state -> (Known?, String) in
            if state.head == head { return (state.known, "") }
            if state.head >= 0, (0..<Self.freshMilliseconds).contains(time - state.lookedAt) {
                return (state.known, "")
            }
            return (nil, state.mark)
        }
        if let current { return current }
        let newest = try newestMark()
        let read = newest == mark ? nil : try readAll()
        return state.withLock { state in
            if var read {
                read.revision = state.known.revision + 1
                state.known = read
                state.mark = newest
            }
            state.head = head
            state.lookedAt = time
            return state.known
        }
    }

    /// Differs when an Organization was written or deleted.
    private func newestMark() throws(RecordsError) -> String {
        let page = try store.search(
            type: "Organization", parameters: [("_sort", "-_lastUpdated"), ("_count", "1"), ("_total", "accurate")])
        let newest = page.entries.first?.version
        return "\(page.total ?? 0) \(newest?.key.id ?? "") \(newest?.versionID ?? 0) \(newest?.lastUpdated ?? 0)"
    }

    private func readAll() throws(RecordsError) -> Known {
        var parents: [String: String] = [:]
        var known = Known()
        var last: Int64 = 0
        while true {
            let found = try store.scan(type: "Organization", after: last, limit: Self.atOnce)
            guard let end = found.last?.rid else { break }
            last = end
            for each in found {
                let root = each.document.root
                let id = each.version.key.id
                if let parent = root["partOf"]?["reference"]?.string.flatMap({ ResourceKey(reference: $0) }),
                    parent.type == "Organization"
                {
                    parents[id] = parent.id
                }
                let codes = root["type"]?.elements.flatMap { $0["coding"]?.elements.map { $0["code"]?.string } ?? [] }
                // organization-type of FHIR, and the simulated city's own.
                if codes?.contains(where: { $0 == "dept" || $0 == "department" }) == true {
                    known.departments.insert(id)
                }
            }
        }
        known.tree = OrganisationTree(parents: parents)
        return known
    }
}
