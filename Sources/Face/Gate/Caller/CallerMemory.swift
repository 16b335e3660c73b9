import AuditLog
import HTTPTypes
import Synchronization

/// Who the last requests came from, so that the next one is not looked into anew: for a moment, and until an account, a session
/// or a token is ended.
///
/// Only those who are signed in are remembered, so that nobody else can fill it, and of what proves it only a hash.
final class CallerMemory: Sendable {
    /// For how long, in milliseconds.
    static let freshMilliseconds: Int64 = 250
    /// What proves who asks, in bytes; where there is more, it is looked into each time.
    static let proofBytesMax = 4_096
    /// When there are more, all are forgotten.
    private static let keptMax = 10_000

    /// What a request says of its sender, hashed (SHA-256).
    struct Key: Hashable {
        private let hash: MerkleHash

        /// Nil where the request says nothing, or too much.
        init?(_ fields: HTTPFields, purpose: String?) {
            // A bearer token goes before a cookie.
            let authorization = fields[.authorization]
            guard let proof = authorization ?? fields[.cookie], proof.utf8.count <= CallerMemory.proofBytesMax,
                purpose.map({ $0.utf8.count <= CallerMemory.proofBytesMax }) ?? true
            else { return nil }
            var text: [UInt8] = []
            text.reserveCapacity(proof.utf8.count + 64)
            // No header holds a line feed.
            text.append(authorization == nil ? UInt8(ascii: "c") : UInt8(ascii: "a"))
            text.append(contentsOf: proof.utf8)
            text.append(UInt8(ascii: "\n"))
            if let purpose { text.append(contentsOf: purpose.utf8) }
            hash = MerkleHasher().leaf(text)
        }
    }

    /// Rise with each end of an account, a session or a token of which this process knows.
    struct Generation: Equatable {
        var accounts: UInt64 = 0
        var tokens: UInt64 = 0
    }

    private struct Known {
        var entrant: Entrant
        var at: Int64
    }

    private let kept = Mutex<(generation: Generation, callers: [Key: Known])>((Generation(), [:]))

    func find(_ key: Key, _ generation: Generation, at now: Int64) -> Entrant? {
        let found = kept.withLock { $0.generation == generation ? $0.callers[key] : nil }
        guard let found, (0..<Self.freshMilliseconds).contains(now - found.at), now < found.entrant.expires else {
            return nil
        }
        return found.entrant
    }

    /// - Parameters:
    ///   - generation: as it was before the caller was looked up.
    ///   - now: the instant before that.
    func keep(_ entrant: Entrant, _ key: Key, _ generation: Generation, at now: Int64) {
        switch entrant.caller {
        case .anonymous, .roleless: return
        case .person, .app, .program: break
        }
        kept.withLock { kept in
            if kept.generation != generation || kept.callers.count >= Self.keptMax { kept = (generation, [:]) }
            kept.callers[key] = Known(entrant: entrant, at: now)
        }
    }

    /// How many are remembered.
    var count: Int { kept.withLock { $0.callers.count } }
}
