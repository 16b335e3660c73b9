import Foundation

/// The part of a network address that one attacker holds: an IPv4 address, or the first 64 bits of an IPv6 one.
package enum NetworkAddress {
    /// Text by which addresses are counted; what is no address stands for itself.
    package static func key(_ text: String) -> String {
        var four = in_addr()
        var six = in6_addr()
        let bare = String(text.utf8.prefix(64).prefix { $0 != UInt8(ascii: "%") }) ?? ""
        if inet_pton(AF_INET, bare, &four) == 1 { return Hex.encode(withUnsafeBytes(of: &four) { Array($0) }) }
        guard inet_pton(AF_INET6, bare, &six) == 1 else { return bare }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        // ::ffff:a.b.c.d is the IPv4 address (RFC 4291 §2.5.5.2).
        let isMapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
        return Hex.encode(isMapped ? bytes[12...] : bytes[..<8])
    }
}
