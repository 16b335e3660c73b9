/// A request came too soon.
public struct RateRefusal: Error, Sendable, Equatable {
    /// When to come again, in whole seconds from now.
    public let retrySeconds: Int
    /// Of what there was too much.
    public let kind: RequestKind
}

/// How often each network address, and each account or client program, may ask.
public final class RateLimits: Sendable {
    /// The rates of one kind; nil for no limit.
    public struct Rates: Sendable, Equatable {
        /// For one IPv4 address, or one /64 of IPv6.
        public var address: Rate?
        /// For one account or client program.
        public var account: Rate?

        /// Makes rates.
        public init(address: Rate?, account: Rate?) {
            self.address = address
            self.account = account
        }
    }

    /// What is allowed when nobody says otherwise: enough for a hospital whose two thousand people share one address, and
    /// whose interfaces write what happens there.
    public static let standard: [RequestKind: Rates] = [
        .signIn: Rates(address: Rate(perSecond: 5, burst: 300), account: Rate(perSecond: 0.2, burst: 20)),
        .reads: Rates(address: Rate(perSecond: 2_000, burst: 20_000), account: Rate(perSecond: 200, burst: 4_000)),
        .searches: Rates(address: Rate(perSecond: 200, burst: 2_000), account: Rate(perSecond: 20, burst: 400)),
        .writes: Rates(address: Rate(perSecond: 1_000, burst: 10_000), account: Rate(perSecond: 500, burst: 5_000)),
        .exports: Rates(address: Rate(perSecond: 10, burst: 200), account: Rate(perSecond: 1, burst: 50)),
    ]

    private let addresses: [TokenBuckets<NetworkAddress>?]
    private let accounts: [TokenBuckets<String>?]
    private let now: @Sendable () -> Int64

    /// Makes limits.
    /// - Parameters:
    ///   - rates: by kind; a kind that is missing has no limit.
    ///   - keysMax: how many addresses, and how many accounts, are remembered for each kind at least; twice as many at most.
    ///   - now: nanoseconds of a clock that only goes forth.
    public init(
        _ rates: [RequestKind: Rates] = RateLimits.standard, keysMax: Int = 16_384, now: @escaping @Sendable () -> Int64
    ) {
        addresses = RequestKind.allCases.map { kind in
            rates[kind]?.address.map { TokenBuckets($0, keysMax: keysMax) }
        }
        accounts = RequestKind.allCases.map { kind in
            rates[kind]?.account.map { TokenBuckets($0, keysMax: keysMax) }
        }
        self.now = now
    }

    /// Counts a request from an address.
    /// - Returns: nil when it may go on.
    public func admit(_ kind: RequestKind, address: NetworkAddress) -> RateRefusal? {
        addresses[kind.place]?.take(address.network, now: now()).map { Self.refusal($0, kind) }
    }

    /// Counts a request of an account or a client program.
    /// - Returns: nil when it may go on.
    public func admit(_ kind: RequestKind, account: String) -> RateRefusal? {
        accounts[kind.place]?.take(account, now: now()).map { Self.refusal($0, kind) }
    }

    private static func refusal(_ nanoseconds: Int64, _ kind: RequestKind) -> RateRefusal {
        RateRefusal(retrySeconds: Int((nanoseconds + 999_999_999) / 1_000_000_000), kind: kind)
    }
}

extension RequestKind {
    /// Where the kind stands in ``allCases``.
    var place: Int {
        switch self {
        case .signIn: 0
        case .reads: 1
        case .searches: 2
        case .writes: 3
        case .exports: 4
        }
    }
}

extension RateLimits {
    /// A rate that can't be read.
    public struct Malformed: Error, CustomStringConvertible {
        /// What was given.
        public let text: String

        /// What to tell the operator.
        public var description: String {
            "\"\(text)\" is no limit. It looks like KIND=PER_SECOND:BURST/PER_SECOND:BURST, for an address and for an account, "
                + "or KIND=off; KIND is one of \(RequestKind.allCases.map(\.rawValue).joined(separator: ", "))."
        }
    }

    /// Reads limits as an operator writes them, each in place of the standard one: `sign-in=5:300/0.2:20`, `reads=off`.
    public static func rates(_ texts: [String]) throws(Malformed) -> [RequestKind: Rates] {
        var all = standard
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let kind = RequestKind(rawValue: parts[0]) else { throw Malformed(text: text) }
            if parts[1] == "off" {
                all[kind] = nil
                continue
            }
            let rates = parts[1].split(separator: "/", omittingEmptySubsequences: false)
            guard rates.count == 2, let address = Rate(rates[0]), let account = Rate(rates[1]) else {
                throw Malformed(text: text)
            }
            all[kind] = Rates(address: address, account: account)
        }
        return all
    }
}
