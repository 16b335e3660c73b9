public import Accounts
public import Hummingbird

/// What the sign-in is run with.
public struct SignInOptions: Sendable {
    /// Where people reach the server, `https://city.example`, without a slash at the end: the issuer.
    public var origin: String
    /// The path of the page where people sign in; it gets the field `next`.
    public var signInPath = "/sign-in"
    /// How long an access token is good, in seconds. SMART: an hour at most.
    public var accessSeconds = 900
    /// How long one of a backend program is good, in seconds. SMART Backend Services recommends five minutes at most.
    public var backendSeconds = 300
    /// How long a code is good, in seconds.
    public var codeSeconds = 60
    /// How long a started app may take to come back, in seconds.
    public var launchSeconds = 300
    /// How long a refresh token may lie unused, in seconds.
    public var refreshSeconds = 30 * 86_400
    /// When a person has to be asked again in any case, in seconds.
    public var grantSeconds = 90 * 86_400
    /// How many days a key signs.
    public var keyDays = 30
    /// Where a request comes from, for the accounts.
    public var accountRequest: @Sendable (Request) -> AccountRequest = { request in
        AccountRequest(address: "", userAgent: request.headers[.userAgent] ?? "")
    }
    /// Whether the reader of a page has chosen Chinese before; nil where none was chosen.
    public var readsChinese: @Sendable (Request) -> Bool? = { _ in nil }
    /// After how many seconds a backend program may ask for a token again; nil when it may now.
    public var admission: @Sendable (_ client: String) -> Int? = { _ in nil }
    /// Begins to record what a request does; called in its task, so that it knows who asks. What can't be recorded is
    /// answered with an error.
    public var recording: @Sendable () -> SignInRecorder = { { _, _ in } }

    /// The rules of the house.
    ///
    /// - Parameter origin: where people reach the server.
    public init(origin: String) { self.origin = origin }

    var isSecure: Bool { origin.hasPrefix("https://") }
    var fhirBase: String { origin + "/fhir" }

    /// The cookie of a person's session.
    public var sessionCookie: String { isSecure ? "__Host-healthbrain" : "healthbrain_session" }
    /// The cookie that the form of the sign-in page is bound to.
    public var formCookie: String { isSecure ? "__Host-healthbrain_form" : "healthbrain_form" }
}
