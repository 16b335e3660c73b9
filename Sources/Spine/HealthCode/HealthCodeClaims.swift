import JSON

/// What a health code says.
public struct HealthCodeClaims: Sendable, Equatable {
    /// Who has made it.
    public var issuer: String
    /// The person, sealed: it tells nobody who they are but the issuer, and no two codes have the same.
    public var subject: String
    /// From when it holds, in seconds since 1970 UTC.
    public var notBefore: Int64
    /// Until when.
    public var expires: Int64
    /// Told apart from every other code by this.
    public var nonce: String

    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("iss", string: issuer)
        writer.member("sub", string: subject)
        writer.member("nbf", integer: Int(notBefore))
        writer.member("exp", integer: Int(expires))
        writer.member("jti", string: nonce)
        writer.endObject()
        return writer.bytes
    }

    init(issuer: String, subject: String, notBefore: Int64, expires: Int64, nonce: String) {
        self.issuer = issuer
        self.subject = subject
        self.notBefore = notBefore
        self.expires = expires
        self.nonce = nonce
    }

    init?(_ text: [UInt8]) {
        guard let root = try? JSONDocument(parsing: text).root, let issuer = root["iss"]?.string,
            let subject = root["sub"]?.string, let notBefore = root["nbf"]?.integer,
            let expires = root["exp"]?.integer, let nonce = root["jti"]?.string
        else { return nil }
        self.init(
            issuer: issuer, subject: subject, notBefore: Int64(notBefore), expires: Int64(expires), nonce: nonce)
    }
}
