public import Access
public import Accounts
import Foundation
public import Hummingbird
public import SQL

/// The sign-in of programs, and of people by other providers: OAuth 2.0 with SMART App Launch 2, OpenID Connect.
///
/// `Docs/security/sign-in.md` says what is promised. Accounts, sessions and passwords are those of `Accounts`; what a token
/// then opens is decided by `Access`.
public final class SignIn: Sendable {
    /// The programs that are known.
    public let clients: ClientRegistry
    /// Looks at tokens.
    public let tokens: SMARTTokens
    /// Which identities of other providers are tied to which accounts.
    public let identities: Identities

    let options: SignInOptions
    let accounts: Accounts
    let directory: any SignInDirectory
    let labels: LabelReader
    let pages: SignInPages
    let store: SignInStore
    let keys: SigningKeys
    let remoteKeys: RemoteKeys
    let outbound: any Outbound
    let providers: [String: ProviderMemory]

    /// - Parameters:
    ///   - database: the database of the accounts; tables are made where they are absent.
    ///   - key: the server key.
    ///   - accounts: who may sign in.
    ///   - directory: which patients somebody reaches.
    ///   - labels: knows the types and parameters of scopes.
    ///   - providers: other providers of identities.
    ///   - outbound: asks other servers.
    ///   - pages: how pages look.
    ///   - options: the rules.
    public init(
        database: any SQLDatabase, key: ServerKey, accounts: Accounts, directory: any SignInDirectory,
        labels: LabelReader, providers: [ProviderConfiguration] = [], outbound: any Outbound,
        pages: SignInPages, options: SignInOptions
    ) throws {
        self.options = options
        self.accounts = accounts
        self.directory = directory
        self.labels = labels
        self.pages = pages
        self.outbound = outbound
        let (now, random) = (accounts.options.now, accounts.options.random)
        store = try SignInStore(database)
        clients = ClientRegistry(store, labels, now: now, random: random, recording: options.recording)
        tokens = SMARTTokens(store, clients, accounts, labels)
        identities = Identities(store, now: now, recording: options.recording)
        keys = SigningKeys(store, key: key, lifeDays: options.keyDays, now: now, random: random)
        remoteKeys = RemoteKeys(outbound, now: now)
        self.providers = Dictionary(
            providers.map { ($0.name, ProviderMemory($0, outbound, now: now)) }, uniquingKeysWith: { first, _ in first }
        )
    }

    /// Other providers that people can sign in by: name of the path, and the name that people read.
    public var providerNames: [(name: String, title: String)] {
        providers.values.map { ($0.configuration.name, $0.configuration.title) }.sorted { $0.name < $1.name }
    }

    /// What scopes let a program do, in plain words; those that let it do nothing are left out.
    public func words(of scopes: String, isChinese: Bool) -> [String] {
        scopes.split(separator: " ").map(String.init).filter { !ScopeOffer.isSilent($0) }
            .map { ScopeWords.text($0, labels, isChinese: isChinese) }
    }

    /// Makes a new key that signs identities from now on; the one before stays published for a day.
    ///
    /// - Throws: when the database or the audit log can't be written.
    public func rotateSigningKey() async throws {
        try await Self.rotate(keys, options.recording(), at: now)
    }

    /// The same from outside of a server; servers on the database sign by the new key within a minute.
    ///
    /// - Parameters:
    ///   - database: the database of the accounts.
    ///   - key: the server key.
    ///   - options: clock and randomness of the accounts.
    ///   - recording: begins to record; what can't be recorded is not done.
    public static func rotateSigningKey(
        in database: any SQLDatabase, key: ServerKey, options: AccountsOptions,
        recording: @escaping @Sendable () -> SignInRecorder
    ) async throws {
        let keys = SigningKeys(
            try SignInStore(database), key: key, lifeDays: 30, now: options.now, random: options.random)
        try await rotate(keys, recording(), at: options.now())
    }

    private static func rotate(_ keys: SigningKeys, _ record: @escaping SignInRecorder, at now: Int64) async throws {
        try await keys.rotate { db in
            try record(
                SignInEvent(
                    kind: .signingKeyRotated, at: now, client: nil, account: nil, patient: nil, reason: nil), db)
        }
    }

    /// Adds every endpoint.
    public func addRoutes(to router: Router<BasicRequestContext>) {
        addDiscovery(to: router)
        addAuthorization(to: router)
        addTokens(to: router)
        addLaunch(to: router)
        addProviders(to: router)
    }

    var now: Int64 { accounts.options.now() }
    var random: @Sendable (Int) -> [UInt8] { accounts.options.random }

    /// The browser's session, if it is at its last stage.
    func session(_ request: Request) async throws -> (token: String, signedIn: SignedIn)? {
        guard let token = Cookies.value(options.sessionCookie, in: request),
            let signedIn = try await accounts.session(token: token)
        else { return nil }
        return (token, signedIn)
    }

    /// - Throws: ``SignInFailure`` when the audit log does not take it: what it tells of must not be answered then.
    func tell(
        _ kind: SignInEvent.Kind, client: String? = nil, account: UUID? = nil, patient: String? = nil,
        reason: String? = nil
    ) throws {
        let event = SignInEvent(
            kind: kind, at: now, client: client, account: account, patient: patient, reason: reason)
        do { try options.recording()(event, nil) } catch {
            throw SignInFailure(message: "The audit log does not take an event of the sign-in: \(error)")
        }
    }
}
