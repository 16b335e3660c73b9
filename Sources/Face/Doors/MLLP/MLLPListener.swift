public import Edge

/// Where an MLLP door listens, and how.
public struct MLLPListener: Sendable {
    /// The address to bind to, and the port; 0 takes a free one.
    public let host: String, port: Int
    /// Who the server is over TLS; nil in the clear.
    public let tls: TLSIdentity?

    /// A listener in the clear.
    /// - Parameter address: `127.0.0.1:2575` or `[::1]:2575`.
    /// - Throws: ``MLLPMisuse`` when it could be reached from beyond this machine and nobody has said who may call.
    public init(_ address: String, _ callers: MLLPCallers) throws(MLLPMisuse) {
        try self.init(address, tls: nil, isAuthenticated: false, callers)
    }

    /// A listener by TLS.
    /// - Parameters:
    ///   - clientAuthority: a file of certificates in PEM; each caller must show one that they signed.
    /// - Throws: ``MLLPMisuse`` when files can't be used, or when anybody at all could call.
    public init(
        _ address: String, _ files: TLSFiles, clientAuthority: String?, _ callers: MLLPCallers
    ) throws(MLLPMisuse) {
        let identity: TLSIdentity
        do { identity = try TLSIdentity(files, protocols: [], clientAuthority: clientAuthority) } catch {
            throw MLLPMisuse("\(error)")
        }
        try self.init(address, tls: identity, isAuthenticated: clientAuthority != nil, callers)
    }

    private init(
        _ address: String, tls: TLSIdentity?, isAuthenticated: Bool, _ callers: MLLPCallers
    ) throws(MLLPMisuse) {
        (host, port) = try Self.split(address)
        self.tls = tls
        if host == "localhost" || NetworkAddress(host)?.isLoopback == true { return }
        guard NetworkAddress(host) != nil else {
            throw MLLPMisuse("\"\(host)\" is no address to listen on. Give one of this machine's, or 0.0.0.0.")
        }
        guard isAuthenticated || callers.from != nil else {
            throw MLLPMisuse(
                "The MLLP door does not bind to \(host) while anybody who reaches it may send: name who may with "
                    + "--mllp-from, or use --mllp-tls with --mllp-client-authority.")
        }
    }

    /// The host and the port of `HOST:PORT`.
    static func split(_ address: String) throws(MLLPMisuse) -> (String, Int) {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]),
            (0...65_535).contains(port), colon > address.startIndex
        else { throw MLLPMisuse("\"\(address)\" is no address with a port. Examples: 127.0.0.1:2575, [::1]:2575.") }
        var host = String(address[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return (host, port)
    }
}
