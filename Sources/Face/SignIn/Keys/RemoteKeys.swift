import Synchronization

/// Key sets at addresses, kept for a while, fetched again when a token names a key that is not among them: so a key that
/// was changed there is known here at the next token.
final class RemoteKeys: Sendable {
    /// How long a set is used without asking, in milliseconds.
    static let keptMilliseconds: Int64 = 3_600_000
    /// How long an address is left alone after it was asked, in milliseconds: tokens with invented key ids cost no more.
    static let pauseMilliseconds: Int64 = 10_000
    private static let addressesMax = 1_000

    private struct Kept {
        var set: PublicKeySet?
        var askedAt: Int64
        var gotAt: Int64
    }

    private let outbound: any Outbound
    private let now: @Sendable () -> Int64
    private let kept = Mutex<[String: Kept]>([:])

    init(_ outbound: any Outbound, now: @escaping @Sendable () -> Int64) {
        self.outbound = outbound
        self.now = now
    }

    /// The keys at an address, among which one that fits if there is any.
    ///
    /// - Throws: ``SignInFailure`` when no set can be had.
    func keys(at address: String, for token: CompactJWT) async throws -> PublicKeySet {
        let time = now()
        let known = kept.withLock { $0[address] }
        if let known, let set = known.set {
            let isFresh = time - known.gotAt < Self.keptMilliseconds
            if isFresh, !set.keys(token.kid, token.algorithm).isEmpty { return set }
            if time - known.askedAt < Self.pauseMilliseconds { return set }
        } else if let known, time - known.askedAt < Self.pauseMilliseconds {
            throw SignInFailure(message: "The keys at \(address) could not be fetched.")
        }
        kept.withLock { kept in
            if kept.count >= Self.addressesMax { kept.removeAll() }
            kept[address, default: Kept(set: nil, askedAt: time, gotAt: time)].askedAt = time
        }
        do {
            let answer = try await outbound.get(address, bytesMax: PublicKeySet.bytesMax)
            guard answer.status == 200, let set = PublicKeySet(json: answer.body) else {
                throw SignInFailure(message: "At \(address) is no set of keys.")
            }
            kept.withLock { $0[address] = Kept(set: set, askedAt: time, gotAt: time) }
            return set
        } catch {
            // A set that is fresh enough goes on while its address does not answer.
            if let known, let set = known.set, time - known.gotAt < Self.keptMilliseconds { return set }
            throw error
        }
    }
}
