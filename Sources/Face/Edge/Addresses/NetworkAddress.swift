import Foundation
public import NIOCore

/// An address of the internet protocol. IPv4 and IPv4-mapped IPv6 addresses are the same.
public struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    /// The first and the last eight bytes of the address in its IPv6 form.
    public let high: UInt64, low: UInt64

    private static let mapped: UInt64 = 0xFFFF_0000_0000

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Whether it is one of IPv4.
    public var isIPv4: Bool { high == 0 && low & 0xFFFF_FFFF_0000_0000 == Self.mapped }

    /// Whether only this machine can have it: 127.0.0.0/8 and ::1.
    public var isLoopback: Bool { isIPv4 ? UInt8(truncatingIfNeeded: low >> 24) == 127 : high == 0 && low == 1 }

    /// What one network stands behind: an IPv4 address, or the first 64 bits of an IPv6 one, which is what a single
    /// customer has at least (RFC 6177).
    public var network: NetworkAddress { isIPv4 ? self : NetworkAddress(high: high, low: 0) }

    /// Reads `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`, each also with a port as proxies write it; nil for
    /// anything else.
    public init?(_ text: some StringProtocol) {
        var text = text.trimmingCharacters(in: .whitespaces)
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            text = String(text[text.index(after: text.startIndex)..<end])
        } else if text.contains("."), let colon = text.firstIndex(of: ":"), !text[..<colon].isEmpty,
            text[text.index(after: colon)...].allSatisfy(\.isNumber)
        {
            text = String(text[..<colon])
        }
        var six = in6_addr()
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(four)
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self.init(six)
        } else {
            return nil
        }
    }

    /// The address of a socket; nil for one that is none of the internet's.
    public init?(_ address: SocketAddress?) {
        switch address {
        case .v4(let address): self.init(address.address.sin_addr)
        case .v6(let address): self.init(address.address.sin6_addr)
        default: return nil
        }
    }

    /// An IPv4 address by its 32 bits.
    public init(four: UInt32) {
        self.init(high: 0, low: Self.mapped | UInt64(four))
    }

    private init(_ address: in_addr) {
        self.init(high: 0, low: Self.mapped | UInt64(UInt32(bigEndian: address.s_addr)))
    }

    private init(_ address: in6_addr) {
        let (high, low) = withUnsafeBytes(of: address) {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }

    /// The address as people write it.
    public var description: String {
        if isIPv4 { return four }
        var bytes = (high.bigEndian, low.bigEndian)
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The four numbers of an IPv4 address. Every request has it told to the audit log: made without anything in between.
    private var four: String {
        String(unsafeUninitializedCapacity: 15) { text in
            var count = 0
            for shift in stride(from: UInt64(24), through: 0, by: -8) {
                let number = UInt8(truncatingIfNeeded: low >> shift)
                if number >= 100 { put(48 + number / 100) }
                if number >= 10 { put(48 + number / 10 % 10) }
                put(48 + number % 10)
                if shift > 0 { put(UInt8(ascii: ".")) }
            }
            func put(_ byte: UInt8) {
                text[count] = byte
                count += 1
            }
            return count
        }
    }
}
