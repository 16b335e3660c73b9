public import HTTPTypes

/// From where a request came, and how. Whoever answers it finds it in ``current``.
public struct Arrival: Sendable {
    /// The address of the client: the peer of the connection, or whom a trusted proxy names; nil where there is none, as
    /// in tests without a socket.
    public let client: NetworkAddress?
    /// Whether everything between the client and the server, or its proxy, went through TLS.
    public let isSecure: Bool
    /// Whether a proxy handed it on.
    private let isForwarded: Bool
    /// Which kind of work was asked for, as far as limits care.
    public var kind: RequestKind
    /// The limits in force; nil when nothing is limited.
    let limits: RateLimits?

    /// The arrival of the request that is being answered.
    @TaskLocal public static var current = Arrival(client: nil, isSecure: false)

    /// Says where a request came from.
    public init(
        client: NetworkAddress?, isSecure: Bool, isForwarded: Bool = false, kind: RequestKind = .reads,
        limits: RateLimits? = nil
    ) {
        self.isForwarded = isForwarded
        self.client = client
        self.isSecure = isSecure
        self.kind = kind
        self.limits = limits
    }

    /// Whether it came from this machine itself, by no proxy.
    public var isFromHere: Bool { !isForwarded && client?.isLoopback ?? true }

    /// Counts the request for an account or a client program, once it is known who asks.
    /// - Returns: nil when it may go on.
    public func admit(account: String) -> RateRefusal? { limits?.admit(kind, account: account) }

    /// Whether a trusted proxy has handed a request on: it says for whom, or the request is for a public name. One that says
    /// nothing at all must not make everybody appear to be this machine.
    public static func isForwarded(
        _ request: HTTPRequest, peer: NetworkAddress?, proxies: [AddressRange]
    ) -> Bool {
        guard let peer, !proxies.isEmpty, proxies.contain(peer) else { return false }
        return request.headerFields.contains(.forwardedFor) || !OwnNames.loopback.isNamed(by: request.authority)
    }

    /// What the headers of proxies say of a request.
    ///
    /// `X-Forwarded-For` is read from its end: each address that a trusted proxy has is passed over, and the first other one
    /// is the client, since whatever stands before it was written by somebody whom nobody vouches for.
    /// - Parameters:
    ///   - fields: the fields of the request.
    ///   - peer: who has the other end of the connection.
    ///   - isTLS: whether that connection is TLS.
    ///   - proxies: the addresses of proxies whose word is taken.
    public static func read(
        _ fields: HTTPFields, peer: NetworkAddress?, isTLS: Bool, proxies: [AddressRange]
    ) -> (client: NetworkAddress?, isSecure: Bool) {
        guard let peer, !proxies.isEmpty, proxies.contain(peer) else { return (peer, isTLS) }
        let chain = fields[values: .forwardedFor].joined(separator: ",").split(separator: ",")
        guard !chain.isEmpty else { return (peer, isTLS) }
        var client = peer
        for text in chain.reversed() {
            guard let address = NetworkAddress(text) else { break }
            client = address
            if !proxies.contain(address) { break }
        }
        let scheme = fields[values: .forwardedProto].joined(separator: ",").split(separator: ",").last
        return (client, scheme.map { $0.filter { $0 != " " }.lowercased() } == "https")
    }
}

extension HTTPField.Name {
    /// `X-Forwarded-For`: the addresses through which a request went.
    static let forwardedFor = named("X-Forwarded-For")
    /// `X-Forwarded-Proto`: the scheme that the client used.
    static let forwardedProto = named("X-Forwarded-Proto")

    static func named(_ text: StaticString) -> HTTPField.Name {
        guard let name = HTTPField.Name(text.description) else {
            preconditionFailure("\(text) is not a valid HTTP field name")
        }
        return name
    }
}
