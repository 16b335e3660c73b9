import HTTPTypes
import Synchronization

/// Who the last requests came from, so that the next one is not looked into anew: for a moment, and until an account, a session
/// or a token is ended.
///
/// Only those who are signed in are remembered, so that nobody else can fill it, and of what proves it only a hash with a key
/// that never leaves this process.
final class CallerMemory: Sendable {
    /// For how long, in milliseconds.
    static let freshMilliseconds: Int64 = 250
    /// What proves who asks, in bytes; where there is more, it is looked into each time.
    static let proofBytesMax = 4_096
    /// When there are more, all are forgotten.
    private static let keptMax = 10_000

    /// What a request says of its sender: 128 bits of SipHash with keys that nobody outside this process can know, so that
    /// nobody can look for another proof with the same.
    struct Key: Hashable {
        fileprivate let one: Int
        fileprivate let other: Int

        func hash(into hasher: inout Hasher) { hasher.combine(one) }
    }

    private let secrets: (UInt64, UInt64) = (.random(in: 0 ... .max), .random(in: 0 ... .max))

    /// Nil where a request says nothing of its sender, or too much.
    func key(_ fields: HTTPFields, purpose: String?) -> Key? {
        // A bearer token goes before a cookie.
        let authorization = fields.text(of: .authorization)
        guard let proof = authorization ?? fields.text(of: .cookie), proof.utf8.count <= Self.proofBytesMax,
            purpose.map({ $0.utf8.count <= Self.proofBytesMax }) ?? true
        else { return nil }
        // Hasher has a key of its own, made anew with each process.
        var (one, other) = (Hasher(), Hasher())
        one.combine(secrets.0)
        other.combine(secrets.1)
        func feed(_ text: String) {
            var text = text
            text.withUTF8 { bytes in
                one.combine(bytes.count)
                one.combine(bytes: UnsafeRawBufferPointer(bytes))
                other.combine(bytes.count)
                other.combine(bytes: UnsafeRawBufferPointer(bytes))
            }
        }
        feed(authorization == nil ? "c" : "a")
        feed(proof)
        if let purpose { feed(purpose) }
        return Key(one: one.finalize(), other: other.finalize())
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
