import Dispatch
import JSON

extension RecordStore {
    /// Writes versions as they were in another store, in one commit. They must follow the feed of this one.
    func replay(_ versions: [FeedVersion]) async throws {
        let prepared = try parts.preparation.prepare(versions)
        try await writer.replay(prepared)
    }
}

/// A version that is ready to be written again.
struct ReplayedVersion: Sendable {
    var version: FeedVersion
    var write: PreparedWrite
}

extension Preparation {
    /// Indexes and compresses stored texts, on as many threads as there are processors.
    func prepare(_ versions: [FeedVersion]) throws -> [ReplayedVersion] {
        let results = ReplayedVersions(count: versions.count)
        let strides = 8
        DispatchQueue.concurrentPerform(iterations: strides) { first in
            for index in stride(from: first, to: versions.count, by: strides) {
                results.set(index, Result { try prepare(versions[index]) })
            }
        }
        return try results.all()
    }

    private func prepare(_ version: FeedVersion) throws -> ReplayedVersion {
        guard version.verb != .delete else {
            return ReplayedVersion(
                version: version, write: PreparedWrite(key: version.key, operation: .delete(ifMatch: nil)))
        }
        let document = try JSONDocument(parsing: version.body, limits: JSONLimits(bytesMax: .max, depthMax: 1000))
        let body = try prepareStored(document, as: version.key)
        return ReplayedVersion(
            version: version,
            write: PreparedWrite(key: version.key, operation: .put(body, ifMatch: nil, mustBeNew: false)))
    }
}

/// Results that threads fill in, each its own places.
///
/// `@unchecked Sendable`: no place is written by two threads, and none is read before all have ended.
private final class ReplayedVersions: @unchecked Sendable {
    private let places: UnsafeMutableBufferPointer<Result<ReplayedVersion, any Error>?>

    init(count: Int) {
        places = .allocate(capacity: count)
        places.initialize(repeating: nil)
    }

    deinit {
        places.deinitialize()
        places.deallocate()
    }

    func set(_ index: Int, _ result: Result<ReplayedVersion, any Error>) { places[index] = result }

    func all() throws -> [ReplayedVersion] { try places.compactMap { try $0?.get() } }
}

extension WriteSession {
    /// Writes versions with their own instants. What comes out must be what stood in the feed.
    func replay(_ versions: [ReplayedVersion]) throws {
        guard let first = versions.first, first.version.sequence == memory.nextSequence else {
            throw RecordsError(.conflict, "The store was written to while it was being filled.")
        }
        isReplay = true
        try prefetch(versions.map(\.write))
        var start = 0
        while start < versions.count {
            // One job has one instant, and names a resource once.
            var keys: Set<ResourceKey> = []
            let at = versions[start].version.lastUpdated
            let end =
                versions[start...].firstIndex { $0.version.lastUpdated != at || !keys.insert($0.version.key).inserted }
                ?? versions.count
            stand(at: at)
            let outcomes = try perform(versions[start..<end].map(\.write))
            for (outcome, wanted) in zip(outcomes, versions[start..<end].map(\.version)) {
                guard let found = outcome?.version, found.sequence == wanted.sequence, found.verb == wanted.verb,
                    found.versionID == wanted.versionID
                else {
                    throw RecordsError(
                        .conflict, "Version \(wanted.versionID) of \(wanted.key) does not follow what stands before it."
                    )
                }
            }
            start = end
        }
    }
}
