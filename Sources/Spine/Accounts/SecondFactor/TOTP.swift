/// Time-based one-time passwords, RFC 6238, on HOTP, RFC 4226.
public struct TOTP: Sendable, Hashable {
    /// The hash that HMAC runs on.
    public enum Algorithm: String, Sendable, CaseIterable {
        case sha1 = "SHA1"
        case sha256 = "SHA256"
        case sha512 = "SHA512"

        var digest: Digest {
            switch self {
            case .sha1: .sha1
            case .sha256: .sha256
            case .sha512: .sha512
            }
        }
    }

    /// The secret that the server and the person's device share.
    public let secret: [UInt8]
    /// The hash.
    public let algorithm: Algorithm
    /// How many digits a code has, 6 to 8.
    public let digits: Int
    /// How long a code is valid, in seconds.
    public let periodSeconds: Int

    /// A generator; the defaults are what every authenticator app understands.
    public init(secret: [UInt8], algorithm: Algorithm = .sha1, digits: Int = 6, periodSeconds: Int = 30) {
        precondition((6...8).contains(digits) && periodSeconds > 0, "RFC 4226 codes have 6 to 8 digits")
        self.secret = secret
        self.algorithm = algorithm
        self.digits = digits
        self.periodSeconds = periodSeconds
    }

    /// The step that an instant, in milliseconds since 1970 UTC, falls into.
    public func step(at now: Int64) -> Int64 {
        let period = Int64(periodSeconds) * 1_000
        return now >= 0 ? now / period : (now - period + 1) / period
    }

    /// The code of a step: RFC 4226 §5.3.
    public func code(step: Int64) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * $0)) }
        let digest = algorithm.digest.hmac(counter, key: secret)
        let offset = Int(digest[digest.count - 1] & 15)
        let number = digest[offset..<(offset + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let limit = (0..<digits).reduce(UInt32(1)) { product, _ in product * 10 }
        let text = String(number % limit)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }

    /// The step whose code was given, one step earlier or later than now allowed (RFC 6238 §5.2); nil for a wrong code and
    /// for one of a step that is not later than the last one taken. All three steps are computed, whatever fits.
    ///
    /// - Parameters:
    ///   - code: what the person typed; blanks are passed over.
    ///   - now: the instant, in milliseconds since 1970 UTC.
    ///   - lastStep: the last step whose code was taken; nil for none.
    public func step(of code: String, at now: Int64, after lastStep: Int64?) -> Int64? {
        let typed = Array(code.utf8.prefix(64).filter { $0 != UInt8(ascii: " ") })
        let current = step(at: now)
        var found: Int64?
        for step in (current - 1)...(current + 1) {
            let isRight = isEqualInConstantTime(Array(self.code(step: step).utf8), typed)
            if isRight, step > lastStep ?? .min { found = step }
        }
        return found
    }

    /// The address that authenticator apps read from a picture: `otpauth://totp/…`, the key URI form of Google
    /// Authenticator.
    public func uri(issuer: String, account: String) -> String {
        let label = "\(percentEncoded(issuer)):\(percentEncoded(account))"
        return "otpauth://totp/\(label)?secret=\(Base32.encode(secret))&issuer=\(percentEncoded(issuer))"
            + "&algorithm=\(algorithm.rawValue)&digits=\(digits)&period=\(periodSeconds)"
    }

    /// The secret as a person types it, in groups of four.
    public var typedSecret: String { grouped(Base32.encode(secret), by: " ") }
}

/// RFC 3986 §2.1: everything but unreserved characters as %XX.
private func percentEncoded(_ text: String) -> String {
    text.utf8.map { byte in
        let letter = Character(Unicode.Scalar(byte))
        let isUnreserved = byte < 0x80 && (letter.isLetter || letter.isNumber || "-._~".contains(letter))
        return isUnreserved ? String(letter) : "%" + Hex.encode([byte]).uppercased()
    }.joined()
}

/// A text in groups of four.
func grouped(_ text: String, by separator: String) -> String {
    let letters = Array(text)
    return stride(from: 0, to: letters.count, by: 4)
        .map { String(letters[$0..<min($0 + 4, letters.count)]) }.joined(separator: separator)
}
