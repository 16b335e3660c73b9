public import Accounts
import JSON
import Synchronization

/// Makes health codes (健康码, 电子健康卡): signed, short-lived, readable by nobody but the house.
///
/// The keys are derived from the server key, one for each month: all servers of a house sign alike without a table, and the
/// next key is published before it signs, so that an institution without a network for weeks can still verify.
public struct HealthCodeDesk: Sendable {
    /// What may be chosen.
    public struct Options: Sendable {
        /// Who makes the codes: the address at which people reach the server.
        public var issuer: String
        /// How long a code holds. Ours: no published rule says.
        public var lifeSeconds: Int64 = 60
        /// After how many days another key signs. Ours.
        public var keyDays: Int64 = 30

        /// Chooses the issuer.
        public init(issuer: String) { self.issuer = issuer }
    }

    /// A code as it is shown.
    public struct Code: Sendable, Equatable {
        /// What stands in the QR code.
        public let token: String
        /// Until when it holds, in milliseconds since 1970 UTC.
        public let expires: Int64
    }

    /// What was chosen.
    public let options: Options
    private let key: ServerKey
    private let box: SecretBox
    private let known = KnownKeys()
    private let random: @Sendable (Int) -> [UInt8]

    /// - Parameters:
    ///   - key: the server key.
    ///   - random: random bytes, so many.
    public init(
        key: ServerKey, options: Options,
        random: @escaping @Sendable (Int) -> [UInt8] = { count in (0..<count).map { _ in UInt8.random(in: 0...255) } }
    ) {
        self.key = key
        self.options = options
        self.random = random
        box = SecretBox(key: key.derived("health code persons"))
    }

    /// A new code of a person.
    ///
    /// - Parameters:
    ///   - patient: the Patient's id.
    ///   - now: milliseconds since 1970 UTC.
    public func issue(patient: String, now: Int64) -> Code {
        let seconds = now / 1000
        let nonce = Base64URL.encode(random(12))
        let claims = HealthCodeClaims(
            issuer: options.issuer,
            subject: Base64URL.encode(box.seal(Array(patient.utf8), owner: nonce, nonce: random(12))),
            notBefore: seconds, expires: seconds + options.lifeSeconds, nonce: nonce)
        let period = period(seconds)
        var header = JSONWriter()
        header.beginObject()
        header.member("alg", string: "EdDSA")
        header.member("kid", string: kid(period))
        header.member("typ", string: HealthCodeVerifier.type)
        header.endObject()
        let signed = Base64URL.encode(header.bytes) + "." + Base64URL.encode(claims.json())
        let signature = Ed25519.sign(Array(signed.utf8), seed: seed(period))
        return Code(token: signed + "." + Base64URL.encode(signature), expires: claims.expires * 1000)
    }

    /// The public keys (JWK set): the one before, the one that signs, and the next.
    public func keySet(now: Int64) -> [UInt8] {
        let period = period(now / 1000)
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("keys")
        writer.beginArray()
        for period in [period, period + 1, period - 1] {
            writer.beginObject()
            writer.member("kty", string: "OKP")
            writer.member("crv", string: "Ed25519")
            writer.member("alg", string: "EdDSA")
            writer.member("use", string: "sig")
            writer.member("kid", string: kid(period))
            writer.member("x", string: publicKey(period))
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// The id of the Patient of a code that is good now, and what it says.
    public func resolve(
        _ token: String, now: Int64
    ) throws(HealthCodeFault) -> (patient: String, claims: HealthCodeClaims) {
        let claims = try verifier(now: now).verify(token, now: now / 1000)
        guard claims.issuer == options.issuer, let sealed = Base64URL.decode(claims.subject),
            let patient = box.open(Array(sealed), owner: claims.nonce)
        else { throw .unreadablePerson }
        return (String(decoding: patient, as: UTF8.self), claims)
    }

    /// What looks at codes in a period: its keys are worked out once.
    private func verifier(now: Int64) throws(HealthCodeFault) -> HealthCodeVerifier {
        let period = period(now / 1000)
        if let known = known.verifier(of: period) { return known }
        let verifier = try HealthCodeVerifier(keySet: keySet(now: now))
        known.keep(verifier, of: period)
        return verifier
    }

    private func period(_ seconds: Int64) -> Int64 { seconds / (options.keyDays * 86_400) }

    /// The month and the beginning of the key: after a change of the server key it is another.
    private func kid(_ period: Int64) -> String { "hc\(period)-\(publicKey(period).prefix(6))" }

    private func publicKey(_ period: Int64) -> String { Base64URL.encode(Ed25519.publicKey(seed: seed(period))) }

    private func seed(_ period: Int64) -> [UInt8] { key.derived("health code key \(period)") }
}

/// The verifier of the period that was last asked for.
private final class KnownKeys: Sendable {
    private let last = Mutex<(period: Int64, verifier: HealthCodeVerifier)?>(nil)

    func verifier(of period: Int64) -> HealthCodeVerifier? {
        last.withLock { $0?.period == period ? $0?.verifier : nil }
    }

    func keep(_ verifier: HealthCodeVerifier, of period: Int64) { last.withLock { $0 = (period, verifier) } }
}
