import Foundation

extension Accounts {
    /// How long the form of the sign-in page is good, in milliseconds.
    private static let signInFormMilliseconds: Int64 = 3_600_000

    /// A token for the forms of a session, another one at each call. It is good as long as the session keeps its token.
    public func formToken(for token: String) throws(AccountsError) -> String {
        guard let session = SessionToken(token) else { throw .notSignedIn }
        return forms.make(for: session.digest, salt: forms.newSalt(options.random))
    }

    /// Whether a form that came with a session was made for it.
    public func isGood(formToken: String, for token: String) -> Bool {
        guard let session = SessionToken(token) else { return false }
        return forms.isGood(formToken, for: session.digest)
    }

    /// What the sign-in page needs.
    public func signInForm() -> SignInForm {
        let cookie = Base64URL.encode(options.random(16)) + ".\(options.now())"
        return SignInForm(
            cookie: cookie, field: forms.make(for: Self.binding(cookie), salt: forms.newSalt(options.random)))
    }

    /// Whether the form of a sign-in page came with the cookie that it was made with, within an hour.
    public func isGood(signInForm form: SignInForm) -> Bool {
        guard form.cookie.utf8.count <= 64, let made = form.cookie.split(separator: ".").last.flatMap({ Int64($0) })
        else { return false }
        let age = options.now().subtractingReportingOverflow(made)
        guard !age.overflow, (-60_000..<Self.signInFormMilliseconds).contains(age.partialValue) else { return false }
        return forms.isGood(form.field, for: Self.binding(form.cookie))
    }

    private static func binding(_ cookie: String) -> [UInt8] { Array("sign-in \(cookie)".utf8) }
}

extension SignInForm {
    /// What came back from the browser.
    public init(returnedCookie: String, field: String) { self.init(cookie: returnedCookie, field: field) }
}
