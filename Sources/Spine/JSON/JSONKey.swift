/// A key to look members up by, hashed once.
///
/// Make a key once (`static let given: JSONKey = "given"`) and use it for many look-ups: each then compares 32-bit
/// hashes and touches the text only where they agree.
public struct JSONKey: Sendable, Hashable, ExpressibleByStringLiteral {
    // A literal lives as long as the program: nothing is copied of it.
    private let literal: StaticString?
    private let bytes: [UInt8]
    /// Hash of the key's UTF-8, the same as the tape keeps for each member.
    public let hash: UInt32

    /// - Parameter string: the key, unescaped.
    public init(_ string: String) {
        literal = nil
        bytes = Array(string.utf8)
        hash = bytes.withUnsafeBufferPointer { keyHash($0) }
    }

    /// - Parameter value: the key, unescaped.
    public init(stringLiteral value: StaticString) {
        literal = value
        bytes = []
        hash = value.withUTF8Buffer { keyHash($0) }
    }

    /// The key as text.
    public var string: String { withUTF8 { String(decoding: $0, as: UTF8.self) } }

    /// Calls `body` with the key's UTF-8.
    public func withUTF8<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        guard let literal, literal.hasPointerRepresentation else {
            return literal.map { $0.withUTF8Buffer(body) } ?? bytes.withUnsafeBufferPointer(body)
        }
        return body(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Whether a text is this key.
    @usableFromInline
    func equals(_ text: UnsafeBufferPointer<UInt8>) -> Bool { withUTF8 { $0.hasSameBytes(as: text) } }

    /// Keys are equal when their UTF-8 is; no Unicode normalisation takes place.
    public static func == (one: Self, other: Self) -> Bool {
        one.hash == other.hash && one.withUTF8 { other.equals($0) }
    }

    /// Feeds the stored hash to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether another holds the same.
    func hasSameBytes(as other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == other.count else { return false }
        guard let one = UnsafeRawPointer(baseAddress), let two = UnsafeRawPointer(other.baseAddress) else {
            return true
        }
        var place = 0
        while place &+ 8 <= count {
            guard word(one, place) == word(two, place) else { return false }
            place &+= 8
        }
        while place < count {
            guard self[place] == other[place] else { return false }
            place &+= 1
        }
        return true
    }
}

/// The hash of a key's UTF-8 as the tape keeps it: 64-bit multiplications folded to 32 bits, after the pattern of
/// wyhash.
///
/// It is no defence against chosen collisions; where those could hurt, keys are sorted and compared in full.
@inlinable
public func keyHash(_ key: UnsafeBufferPointer<UInt8>) -> UInt32 {
    keyHash(bytes: key.baseAddress.map { UnsafeRawPointer($0) }, key.count)
}

@inlinable
@inline(__always)
func keyHash(bytes: UnsafeRawPointer?, _ count: Int) -> UInt32 {
    var state = UInt64(truncatingIfNeeded: count) &<< 32 ^ 0xA076_1D64_78BD_642F
    var first: UInt64 = 0
    var last: UInt64 = 0
    if let bytes {
        if count >= 8 {
            var offset = 0
            while offset &+ 16 < count {
                state = fold(state ^ word(bytes, offset), 0xE703_7ED1_A0B4_28DB)
                offset &+= 8
            }
            first = word(bytes, offset)
            last = word(bytes, count &- 8)
        } else if count >= 4 {
            first = halfWord(bytes, 0)
            last = halfWord(bytes, count &- 4)
        } else if count > 0 {
            first = UInt64(bytes.load(fromByteOffset: 0, as: UInt8.self))
            first |= UInt64(bytes.load(fromByteOffset: count &>> 1, as: UInt8.self)) &<< 8
            first |= UInt64(bytes.load(fromByteOffset: count &- 1, as: UInt8.self)) &<< 16
        }
    }
    let mixed = fold(first ^ state, last ^ 0x8EBC_6AF0_9C88_C6E3)
    return UInt32(truncatingIfNeeded: mixed ^ (mixed &>> 32))
}

@inlinable
@inline(__always)
func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
    let product = one.multipliedFullWidth(by: other)
    return product.high ^ product.low
}

@inlinable
@inline(__always)
func word(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
}

@inlinable
@inline(__always)
func halfWord(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
}
