import CCrypto

/// The id of a resource, made from what identifies it: the same message gives the same id, today and tomorrow.
struct Identity {
    /// The UUID's bits.
    let high: UInt64
    let low: UInt64

    @inline(__always)
    static func == (one: Identity, other: Identity) -> Bool { one.high == other.high && one.low == other.low }

    /// `6f1c0d0e-….`, in lower case, put to the end of a text.
    func put(to arena: inout Arena) {
        let digits: StaticString = "0123456789abcdef"
        for place in 0..<32 {
            if place == 8 || place == 12 || place == 16 || place == 20 { arena.put(byte: UInt8(ascii: "-")) }
            let word = place < 16 ? high : low
            arena.put(byte: digits.utf8Start[Int(truncatingIfNeeded: word >> UInt64(60 - place % 16 * 4)) & 15])
        }
    }
}

/// Makes identities. Whoever makes one gives its memory back by `free`.
struct IdentityMaker {
    private let context = EVP_MD_CTX_new()
    /// Found once, because looking it up costs more than hashing. Only read.
    private nonisolated(unsafe) static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

    func free() { EVP_MD_CTX_free(context) }

    /// An UUID of version 8 (RFC 9562) from the SHA-256 of what identifies something.
    func identity(_ material: Bytes) -> Identity {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digest in
            let isMade =
                EVP_DigestInit_ex2(context, Self.algorithm, nil) == 1
                && EVP_DigestUpdate(context, material.baseAddress, material.count) == 1
                && EVP_DigestFinal_ex(context, digest.baseAddress, nil) == 1
            precondition(isMade, "OpenSSL has no SHA-256")
            let raw = UnsafeRawBufferPointer(digest)
            let high = UInt64(bigEndian: raw.loadUnaligned(as: UInt64.self))
            let low = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            return Identity(
                high: high & 0xFFFF_FFFF_FFFF_0FFF | 0x8000, low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
        }
    }
}

/// Finds the resource with an identity.
struct IdentityTable {
    /// The number of a resource and one; 0: nothing. Their number is a power of two.
    private var slots = [Int32](repeating: 0, count: 64)
    private var identities: [Identity] = []
    private var numbers: [Int32] = []

    subscript(identity: Identity) -> Int32? {
        let slot = slot(identity)
        return slots[slot] == 0 ? nil : numbers[Int(slots[slot]) - 1]
    }

    mutating func insert(_ identity: Identity, _ number: Int32) {
        identities.append(identity)
        numbers.append(number)
        slots[slot(identity)] = Int32(truncatingIfNeeded: identities.count)
        guard identities.count * 2 > slots.count else { return }
        slots = [Int32](repeating: 0, count: slots.count * 2)
        for place in identities.indices { slots[slot(identities[place])] = Int32(truncatingIfNeeded: place + 1) }
    }

    private func slot(_ identity: Identity) -> Int {
        var slot = Int(truncatingIfNeeded: identity.low) & (slots.count - 1)
        while slots[slot] != 0, !(identities[Int(slots[slot]) - 1] == identity) {
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }
}
