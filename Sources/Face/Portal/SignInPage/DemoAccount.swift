public import Accounts

/// An account of the demonstration, as the sign-in page lists it.
public struct DemoAccount: Sendable, Hashable {
    /// Which of the five faces.
    public let role: Role
    /// Who it is.
    public let name: String
    /// What is typed to sign in.
    public let login: String
    /// In full: the people and their records are simulated.
    public let password: String

    /// An account.
    public init(role: Role, name: String, login: String, password: String) {
        self.role = role
        self.name = name
        self.login = login
        self.password = password
    }
}
