public import Access
public import Accounts
import Foundation
public import SQL

/// The programs that are known. Nothing is registered from outside: operators do it.
public final class ClientRegistry: Sendable {
    /// How many addresses a client may have.
    private static let redirectsMax = 20

    let store: SignInStore
    private let labels: LabelReader
    private let now: @Sendable () -> Int64
    private let random: @Sendable (Int) -> [UInt8]
    private let recording: @Sendable () -> SignInRecorder

    /// Opens the registry of a database; makes its tables where they are absent.
    ///
    /// - Parameters:
    ///   - database: the database of the accounts.
    ///   - labels: knows the types and parameters of scopes.
    ///   - options: clock and randomness.
    ///   - recording: begins to record what a call does; what can't be recorded is not done.
    public convenience init(
        database: any SQLDatabase, labels: LabelReader, options: AccountsOptions,
        recording: @escaping @Sendable () -> SignInRecorder = { { _, _ in } }
    ) throws {
        try self.init(
            SignInStore(database), labels, now: options.now, random: options.random, recording: recording)
    }

    init(
        _ store: SignInStore, _ labels: LabelReader, now: @escaping @Sendable () -> Int64,
        random: @escaping @Sendable (Int) -> [UInt8], recording: @escaping @Sendable () -> SignInRecorder
    ) {
        self.store = store
        self.labels = labels
        self.now = now
        self.random = random
        self.recording = recording
    }

    /// Adds a client.
    ///
    /// - Returns: the client, and its secret, to be shown once, where it has one.
    /// - Throws: ``ClientFault``.
    public func add(_ new: NewClient) async throws -> (client: Client, secret: String?) {
        try check(new)
        var client = Client(
            id: UUID().uuidString.lowercased(), name: new.name.trimmingCharacters(in: .whitespaces), kind: new.kind,
            redirectURIs: new.redirectURIs, launchURI: new.launchURI, scopes: new.scopes,
            organization: new.organization, division: new.division, purpose: new.purpose,
            sensitivities: new.sensitivities, credential: .none)
        client.created = now()
        let secret = try give(new.keys, to: &client)
        try await write(client, .clientAdded)
        return (client, secret)
    }

    /// A client by its id, in use or not; nil when there is none.
    public func client(_ id: String) throws -> Client? {
        guard id.utf8.count <= 64 else { return nil }
        return try store.read { db in try Self.find(db, id) }
    }

    /// All clients, by name.
    public func clients() throws -> [Client] {
        try store.read { db in
            try db.query("SELECT \(Self.columns) FROM sign_in_client ORDER BY name, id", map: Self.read)
        }
    }

    /// The programs in use that can be started for a patient from a page of the platform (EHR launch), by name.
    public func startable() throws -> [Client] {
        try clients().filter { client in
            client.isEnabled && client.launchURI != nil && client.scopes.split(separator: " ").contains("launch")
        }
    }

    /// Puts a client out of use and ends all that was granted to it, or puts it into use again.
    ///
    /// - Throws: ``ClientFault`` when there is none.
    public func setEnabled(_ isEnabled: Bool, _ id: String) async throws {
        let now = now()
        let tell = telling(isEnabled ? .clientEnabled : .clientDisabled, id)
        try await store.write { db in
            guard try Self.find(db, id) != nil else { throw Self.unknown }
            try db.execute(
                "UPDATE sign_in_client SET enabled = ?, changed = ? WHERE id = ?", .int(isEnabled ? 1 : 0),
                .integer(now), .text(id))
            if !isEnabled { try Grant.endAll(db, ofClient: id) }
            try tell(db)
        }
    }

    /// Gives a client a new secret, or new keys; what was granted before stays.
    ///
    /// - Parameter keys: the keys, or where they are; nil for a secret.
    /// - Returns: the secret, to be shown once.
    /// - Throws: ``ClientFault``.
    public func rotate(_ id: String, keys: String?) async throws -> String? {
        guard var client = try client(id) else { throw Self.unknown }
        guard client.kind != .public else {
            throw ClientFault(field: "kind", rule: "A public client has no secret and no keys.")
        }
        if client.kind == .backend, keys == nil { throw Self.keysNeeded }
        let secret = try give(keys, to: &client)
        try await write(client, .clientRotated)
        return secret
    }

    // MARK: - Rules

    private static let unknown = ClientFault(field: "client", rule: "There is no such client.")
    private static let keysNeeded = ClientFault(
        field: "keys", rule: "A backend program signs: give its public keys, or their https:// address.")

    private func check(_ new: NewClient) throws(ClientFault) {
        let name = new.name.trimmingCharacters(in: .whitespaces)
        guard (1...100).contains(name.count),
            name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw ClientFault(field: "name", rule: "A name has 1 to 100 characters.") }
        guard new.redirectURIs.count <= Self.redirectsMax else {
            throw ClientFault(field: "redirect", rule: "A client has \(Self.redirectsMax) addresses at most.")
        }
        for address in new.redirectURIs + [new.launchURI].compactMap({ $0 }) {
            if let rule = RedirectURI.fault(address) { throw ClientFault(field: "redirect \(address)", rule: rule) }
        }
        guard new.redirectURIs.isEmpty == (new.kind == .backend) else {
            throw ClientFault(
                field: "redirect", rule: "Apps of people have an address for answers, backend programs none.")
        }
        if new.kind == .public, new.keys != nil {
            throw ClientFault(field: "keys", rule: "A public client has no secret and no keys.")
        }
        if new.kind == .backend, new.keys == nil { throw Self.keysNeeded }
        guard [.treatment, .publicHealth, .operations].contains(new.purpose) else {
            throw ClientFault(field: "purpose", rule: "A program acts for TREAT, PUBHLTH or HOPERAT.")
        }
        if let organization = new.organization {
            guard organization.hasPrefix("Organization/"), isFHIRID(organization.dropFirst("Organization/".count))
            else { throw ClientFault(field: "organization", rule: "It looks like Organization/ID.") }
        }
        try check(scopes: new.scopes, new.kind)
    }

    private func check(scopes text: String, _ kind: Client.Kind) throws(ClientFault) {
        let scopes: Scopes
        do { scopes = try Scopes(text, labels) } catch { throw ClientFault(field: "scopes", rule: error.description) }
        guard scopes.scopes.allSatisfy({ ($0.context == .system) == (kind == .backend) }) else {
            throw ClientFault(field: "scopes", rule: "system/ is for backend programs, patient/ and user/ for apps.")
        }
        let known = kind == .backend ? [] : ScopeOffer.others
        guard let stranger = scopes.others.first(where: { !known.contains($0) }) else { return }
        throw ClientFault(field: "scopes", rule: "\(stranger) is none of \(known.sorted().joined(separator: ", ")).")
    }

    /// Takes over keys, or makes a secret.
    private func give(_ keys: String?, to client: inout Client) throws(ClientFault) -> String? {
        client.secretDigest = nil
        client.credential = .none
        guard let keys else {
            guard client.kind == .confidential else { return nil }
            let secret = OpaqueToken(.secret, random: random)
            client.credential = .secret
            client.secretDigest = secret.digest
            return secret.text
        }
        if keys.hasPrefix("http") {
            if let rule = OutboundAddress.fault(keys) { throw ClientFault(field: "keys", rule: rule) }
            client.credential = .keysAt(keys)
            return nil
        }
        guard let set = PublicKeySet(json: Array(keys.utf8)), !set.keys.isEmpty,
            set.keys.allSatisfy({ $0.kid?.isEmpty == false })
        else {
            throw ClientFault(
                field: "keys",
                rule: "A JWK set has a list of keys, each with a kid: RSA from 2048 bits on, EC P-256 or P-384.")
        }
        guard !set.holdsPrivateKey else { throw ClientFault(field: "keys", rule: "Give the public keys alone.") }
        client.credential = .keys(keys)
        return nil
    }

    // MARK: - Rows

    private static let columns =
        """
        id, name, kind, redirects, launch, scopes, organization, purpose, secret, jwks, jwks_url, enabled, created,
        division, sensitivities
        """

    static func find(_ db: SQLConnection, _ id: String) throws -> Client? {
        try db.first("SELECT \(columns) FROM sign_in_client WHERE id = ?", [.text(id)], map: read)
    }

    private static func read(_ row: SQLRow) throws -> Client {
        guard let kind = Client.Kind(rawValue: row.text(2)), let purpose = Purpose(rawValue: row.text(7)) else {
            throw SignInFailure(message: "The table sign_in_client is damaged: restore a backup.")
        }
        let credential: Client.Credential =
            if let keys = row.textOrNil(9) { .keys(keys) } else if let address = row.textOrNil(10) {
                .keysAt(address)
            } else { row.isNull(8) ? .none : .secret }
        var client = Client(
            id: row.text(0), name: row.text(1), kind: kind,
            redirectURIs: row.text(3).split(separator: "\n").map(String.init), launchURI: row.textOrNil(4),
            scopes: row.text(5), organization: row.textOrNil(6), division: row.textOrNil(13).flatMap { Division($0) },
            purpose: purpose,
            sensitivities: Set(row.text(14).split(separator: ",").compactMap { Sensitivity(rawValue: String($0)) }),
            credential: credential)
        client.isEnabled = row.int(11) != 0
        client.created = row.int(12)
        client.secretDigest = row.isNull(8) ? nil : row.blob(8)
        return client
    }

    private func write(_ client: Client, _ kind: SignInEvent.Kind) async throws {
        let (now, tell) = (now(), telling(kind, client.id))
        var (keys, address): (String?, String?) = (nil, nil)
        switch client.credential {
        case .keys(let text): keys = text
        case .keysAt(let text): address = text
        case .none, .secret: break
        }
        let values: [SQLValue] = [
            .text(client.id), .text(client.name), .text(client.kind.rawValue),
            .text(client.redirectURIs.joined(separator: "\n")), .optional(client.launchURI), .text(client.scopes),
            .optional(client.organization), .text(client.purpose.rawValue), .optional(client.secretDigest),
            .optional(keys), .optional(address), .int(client.isEnabled ? 1 : 0), .integer(client.created),
            .optional(client.division?.code),
            .text(client.sensitivities.map(\.rawValue).sorted().joined(separator: ",")),
            .integer(now),
        ]
        try await store.write { db in
            try db.execute(
                """
                INSERT INTO sign_in_client (\(Self.columns), changed)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET secret = excluded.secret, jwks = excluded.jwks,
                jwks_url = excluded.jwks_url, changed = excluded.changed
                """, values)
            try tell(db)
        }
    }

    private func telling(_ kind: SignInEvent.Kind, _ id: String) -> @Sendable (SQLConnection) throws -> Void {
        let event = SignInEvent(kind: kind, at: now(), client: id, account: nil, patient: nil, reason: nil)
        let record = recording()
        return { db in try record(event, db) }
    }

    // MARK: - Origins

    /// The origins of the addresses of apps that are in use: pages there may read answers to bearer tokens.
    public func origins() throws -> Set<String> {
        Set(try clients().filter(\.isEnabled).flatMap(\.redirectURIs).compactMap(RedirectURI.origin))
    }
}
