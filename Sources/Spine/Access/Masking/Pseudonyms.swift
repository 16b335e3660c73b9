import CCrypto

/// Tokens that stand for numbers and ids in one export: HMAC-SM3 (GB/T 32905) with a secret that only the keeper has.
///
/// The same input gives the same token in one export; another export takes another secret. The secret must be kept apart
/// from the copy, or thrown away.
public struct Pseudonyms: Sendable {
    private let secret: [UInt8]

    /// - Parameter secret: at least 16 bytes of randomness; fewer are a mistake of the program.
    public init(secret: [UInt8]) {
        precondition(secret.count >= 16, "a secret has at least 16 bytes")
        self.secret = secret
    }

    /// The token of a text: 32 hexadecimal digits.
    public func token(_ text: String) -> String {
        Self.hex(Self.hmacSM3(secret, Array(text.utf8)).prefix(16))
    }

    /// By how many days the times of a person are moved: from 1 to `daysMax`, forwards or back.
    public func shiftDays(of person: String, daysMax: Int) -> Int {
        let digest = Self.hmacSM3(secret, Array("shift \(person)".utf8))
        let value = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let place = Int(value % UInt64(2 * max(daysMax, 1)))
        return place < daysMax ? place - daysMax : place - daysMax + 1
    }

    /// HMAC-SM3 of a message: 32 bytes.
    static func hmacSM3(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count = 0
        let result = EVP_Q_mac(
            nil, "HMAC", nil, "SM3", nil, key, key.count, message, message.count, &code, code.count, &count)
        precondition(result != nil && count == 32, "OpenSSL has HMAC with SM3")
        return Array(code.prefix(count))
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
