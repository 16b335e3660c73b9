/// A range of addresses as in `10.1.0.0/16`, `2001:db8::/32`, or a single address.
public struct AddressRange: Sendable, Hashable {
    /// The text is no range.
    public struct Malformed: Error, CustomStringConvertible {
        /// What was given.
        public let text: String

        /// What to tell the operator.
        public var description: String {
            "\"\(text)\" is no address or range of addresses. Examples: 10.1.2.3, 10.1.0.0/16, 2001:db8::/32."
        }
    }

    private let first: NetworkAddress
    /// How many of the 128 bits of the IPv6 form are given.
    private let bits: Int

    /// Reads a range.
    public init(_ text: String) throws(Malformed) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = NetworkAddress(parts[0]) else { throw Malformed(text: text) }
        let width = address.isIPv4 ? 32 : 128
        guard parts.count == 1 || Int(parts[1]).map({ (0...width).contains($0) }) == true else {
            throw Malformed(text: text)
        }
        bits = 128 - width + (parts.count == 2 ? Int(parts[1]) ?? 0 : width)
        first = Self.cut(address, bits)
    }

    /// Whether an address is in the range.
    public func contains(_ address: NetworkAddress) -> Bool {
        first.isIPv4 == address.isIPv4 && Self.cut(address, bits) == first
    }

    private static func cut(_ address: NetworkAddress, _ bits: Int) -> NetworkAddress {
        NetworkAddress(high: address.high & mask(bits), low: address.low & mask(bits - 64))
    }

    /// The first so many bits of 64.
    private static func mask(_ bits: Int) -> UInt64 {
        bits <= 0 ? 0 : bits >= 64 ? .max : ~(UInt64.max >> UInt64(bits))
    }
}

extension Sequence where Element == AddressRange {
    /// Whether one of the ranges holds an address.
    public func contain(_ address: NetworkAddress) -> Bool { contains { $0.contains(address) } }
}
