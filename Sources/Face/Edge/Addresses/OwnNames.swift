/// The names by which this server may be called. A request for any other name is none of ours: a page from elsewhere may
/// have had its own name point here (DNS rebinding), and a link made from such a name would lead away.
public struct OwnNames: Sendable, Equatable {
    /// A name that is no host name.
    public struct Malformed: Error, CustomStringConvertible {
        /// What was given.
        public let name: String

        /// What to tell the operator.
        public var description: String {
            "\"\(name)\" is no host name. Give the name alone, without scheme, port or path: health.example.org."
        }
    }

    /// The public names, in small letters, the first being the one to tell people. The names of this machine, `localhost`
    /// and loopback addresses, are always own ones.
    public let names: [String]

    /// Takes public names; none by default.
    public init(_ names: [String] = []) throws(Malformed) {
        for name in names where !Self.isName(name) { throw Malformed(name: name) }
        self.names = names.map { $0.lowercased() }
    }

    /// Names of this machine alone.
    public static let loopback = OwnNames()

    private init() { names = [] }

    /// Whether the authority of a request (`Host`, `:authority`) names this server. One without comes from no browser.
    public func isNamed(by authority: String?) -> Bool {
        guard let authority, !authority.isEmpty else { return true }
        guard let host = Self.host(of: authority) else { return false }
        return host == "localhost" || names.contains(host) || NetworkAddress(host)?.isLoopback == true
    }

    /// The host in small letters, without port and brackets; nil when there is anything else in it.
    static func host(of authority: String) -> String? {
        var host = Substring(authority)
        if host.first == "[" {
            guard let end = host.firstIndex(of: "]"), isPort(host[host.index(after: end)...]) else { return nil }
            host = host[host.index(after: host.startIndex)..<end]
            return NetworkAddress(host) == nil ? nil : String(host)
        }
        if let colon = host.firstIndex(of: ":") {
            guard isPort(host[colon...]) else { return nil }
            host = host[..<colon]
        }
        return isName(host) ? host.lowercased() : nil
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || (text.first == ":" && text.dropFirst().utf8.allSatisfy { (48...57).contains($0) })
    }

    private static func isName(_ text: some StringProtocol) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
