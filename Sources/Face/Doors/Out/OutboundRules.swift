public import Edge
import Foundation

/// Where this server may send to, whatever somebody who may write an address asks for.
///
/// Addresses that are not of the public internet are closed unless the operator opens them, so that nobody makes the server
/// ask its own network (server-side request forgery). The rule is asked of the address that is connected to, not of the name.
public struct OutboundRules: Sendable {
    /// Ranges that the operator has opened.
    public var allowed: [AddressRange]
    /// By name; what stands for them in a header is `{NAME}`.
    public var secrets: [String: String]

    /// - Parameters:
    ///   - allowed: ranges beside the public internet.
    ///   - secrets: by name.
    public init(allowed: [AddressRange] = [], secrets: [String: String] = [:]) {
        self.allowed = allowed
        self.secrets = secrets
    }

    /// Whether an address may be connected to.
    public func permits(_ address: NetworkAddress) -> Bool {
        if allowed.contain(address) { return true }
        return !Self.closed.contain(address) && !Self.carried(by: address).contains { !permits($0) }
    }

    /// The rule that an endpoint breaks, by its text alone; nil when it keeps all.
    func fault(of endpoint: String) -> String? {
        guard endpoint.utf8.count <= 2_000, let parts = URLComponents(string: endpoint), let host = parts.host,
            !host.isEmpty, parts.user == nil, parts.password == nil, parts.fragment == nil
        else { return "The endpoint is an address such as https://receiver.example/notifications." }
        let literal = NetworkAddress(Self.bare(host))
        let isHere = literal?.isLoopback ?? (host.lowercased() == "localhost")
        switch parts.scheme {
        case "https": break
        case "http" where isHere: break
        default: return "The endpoint begins with https://; http:// is for this machine alone."
        }
        if let literal, !permits(literal) {
            return "The operator has not opened the address \(literal) (serve --out-to)."
        }
        if literal == nil, isHere, !permits(Self.here) {
            return "The operator has not opened this machine's own address (serve --out-to)."
        }
        return nil
    }

    /// The rule that a field of a request breaks; nil when it keeps all.
    func fault(ofHeader name: String, _ value: String) -> String? {
        let isName = !name.isEmpty && name.utf8.allSatisfy { Self.nameBytes.contains($0) }
        guard isName, value.utf8.count <= 1_000, value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            return "A header is written as “Name: value”, in printable ASCII."
        }
        let lower = name.lowercased()
        if Self.own.contains(lower) { return "The server sets \(name) itself." }
        let names = Self.placeholders(in: value)
        if let unknown = names.first(where: { secrets[$0] == nil }) {
            return "There is no secret {\(unknown)}: the operator keeps them in the file of serve --out-secrets."
        }
        let isSecret = ["auth", "key", "token", "secret", "cookie", "password"].contains { lower.contains($0) }
        if isSecret, names.isEmpty {
            return "A secret is not written here: name it as {NAME}; the operator keeps its value in the file of serve "
                + "--out-secrets."
        }
        return nil
    }

    /// A value with the secrets in it.
    func filled(_ value: String) -> String {
        Self.placeholders(in: value).reduce(value) { $0.replacing("{\($1)}", with: secrets[$1] ?? "") }
    }

    private static func placeholders(in value: String) -> [String] {
        value.split(separator: "{").dropFirst(value.hasPrefix("{") ? 0 : 1).compactMap { part in
            part.firstIndex(of: "}").map { String(part[..<$0]) }
        }
    }

    static func bare(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    private static let here = NetworkAddress(four: 0x7F00_0001)

    private static let nameBytes = Set(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    private static let own: Set<String> = [
        "connection", "content-encoding", "content-length", "content-type", "expect", "host", "idempotency-key",
        "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "x-healthbrain-signature", "x-purpose-of-use",
    ]

    /// What the registries of special addresses (RFC 6890 and after it) keep from the public internet.
    private static let closed: [AddressRange] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
        "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    ].compactMap { try? AddressRange($0) }

    /// The IPv4 address that an IPv6 one leads to: by NAT64 (RFC 6052), 6to4 (RFC 3056), or the old compatible form.
    private static func carried(by address: NetworkAddress) -> [NetworkAddress] {
        guard !address.isIPv4 else { return [] }
        if address.high == 0x0064_FF9B_0000_0000, address.low >> 32 == 0 {
            return [NetworkAddress(four: UInt32(truncatingIfNeeded: address.low))]
        }
        if address.high >> 48 == 0x2002 {
            return [NetworkAddress(four: UInt32(truncatingIfNeeded: address.high >> 16))]
        }
        if address.high == 0, address.low >> 32 == 0 {
            return [NetworkAddress(four: UInt32(truncatingIfNeeded: address.low))]
        }
        return []
    }
}
