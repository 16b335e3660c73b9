import Foundation

/// Another provider of identities (OpenID Connect), by configuration.
public struct ProviderConfiguration: Sendable, Codable, Hashable {
    /// What names it in paths: small letters, digits and hyphens.
    public var name: String
    /// The name that people read.
    public var title: String
    /// Its issuer, letter by letter as its tokens write it.
    public var issuer: String
    /// Our id there.
    public var clientID: String
    /// A file that holds our secret there, readable by its owner alone; nil for a public client.
    public var secretFile: String?
    /// What is asked for.
    public var scopes: [String]?
    /// The claim whose value is a login name here: looked at once, for a person who comes for the first time. Then the
    /// provider's `sub` is tied to the account, and nothing else counts. Nil: operators tie them.
    public var loginClaim: String?
    /// What the provider's word on a sign-in must be so that it counts as one with a second factor; nil: it never does, and
    /// the own second factor is asked for.
    public var secondFactor: SecondFactor?
    /// How old a sign-in at the provider may be, in seconds; nil for any. The provider is asked for a new one then
    /// (`max_age`), and its `auth_time` is checked.
    public var maxAgeSeconds: Int?

    /// Values of claims, any of which tells of a second factor (OpenID Connect Core §2, RFC 8176).
    public struct SecondFactor: Sendable, Codable, Hashable {
        /// Values of `acr`; they are asked for, too (`acr_values`).
        public var acr: [String]?
        /// Values of `amr`, such as `mfa`, `otp` or `hwk`.
        public var amr: [String]?

        /// Lists values.
        public init(acr: [String]? = nil, amr: [String]? = nil) {
            self.acr = acr
            self.amr = amr
        }
    }

    /// Names a provider.
    public init(
        name: String, title: String, issuer: String, clientID: String, secretFile: String? = nil,
        scopes: [String]? = nil, loginClaim: String? = nil
    ) {
        self.name = name
        self.title = title
        self.issuer = issuer
        self.clientID = clientID
        self.secretFile = secretFile
        self.scopes = scopes
        self.loginClaim = loginClaim
    }

    /// Reads a file: a JSON list of providers.
    ///
    /// - Throws: ``ClientFault`` naming the field that breaks its rule.
    public static func read(file path: String) throws(ClientFault) -> [ProviderConfiguration] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ClientFault(field: path, rule: "The file of providers can't be read.")
        }
        let all: [ProviderConfiguration]
        do { all = try JSONDecoder().decode([ProviderConfiguration].self, from: data) } catch {
            throw ClientFault(
                field: path,
                rule:
                    "It is a JSON list of objects with name, title, issuer, clientID, and perhaps secretFile, scopes, loginClaim, secondFactor, maxAgeSeconds."
            )
        }
        for provider in all { try provider.check() }
        guard Set(all.map(\.name)).count == all.count else {
            throw ClientFault(field: "name", rule: "Each provider has a name of its own.")
        }
        return all
    }

    private func check() throws(ClientFault) {
        guard (1...40).contains(name.utf8.count),
            name.utf8.allSatisfy({ byte in
                switch byte {
                case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"): true
                default: false
                }
            })
        else { throw ClientFault(field: "name", rule: "A provider's name has small letters, digits and hyphens.") }
        guard !clientID.isEmpty else { throw ClientFault(field: "clientID", rule: "It is what the provider calls us.") }
        if let secondFactor, (secondFactor.acr ?? []).isEmpty, (secondFactor.amr ?? []).isEmpty {
            throw ClientFault(field: "secondFactor", rule: "It lists values of acr or amr.")
        }
        if let maxAgeSeconds, maxAgeSeconds < 0 {
            throw ClientFault(field: "maxAgeSeconds", rule: "It is a number of seconds.")
        }
        if let rule = OutboundAddress.fault(issuer) { throw ClientFault(field: "issuer", rule: rule) }
        _ = try secret()
    }

    /// Our secret; nil for a public client.
    func secret() throws(ClientFault) -> String? {
        guard let path = secretFile else { return nil }
        var status = stat()
        guard stat(path, &status) == 0, let data = FileManager.default.contents(atPath: path) else {
            throw ClientFault(field: "secretFile", rule: "\(path) can't be read.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw ClientFault(field: "secretFile", rule: "Others may read it. Allow its owner alone: chmod 600 \(path)")
        }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { throw ClientFault(field: "secretFile", rule: "\(path) is empty.") }
        return text
    }
}
