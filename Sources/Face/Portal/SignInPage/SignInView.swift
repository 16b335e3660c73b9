import SignIn

/// The sign-in page as its template reads it.
struct SignInView {
    /// Another provider of identities.
    struct Provider {
        let action: String
        let text: String
    }

    /// An account of the demonstration.
    struct Demo {
        let role: String
        let name: String
        let login: String
        let password: String
        let enter: String
    }

    let form: String
    let next: String
    let login: String
    let problem: String?
    /// Said above the form: that the session is over, or that signing out is done.
    let notice: String?
    let providers: [Provider]
    let hasProviders: Bool
    /// Empty outside of demo mode, and while the city is not there yet.
    let demo: [Demo]
    let hasDemo: Bool
    /// Whether the demonstration has accounts that are still to come.
    let awaitsDemo: Bool
    /// Whether there may be notices to the public.
    let hasNotices: Bool

    init(
        form: String, next: String, login: String, problem: String?, notice: String?, gate: PortalGate, words: Words
    ) {
        self.form = form
        self.next = next
        self.login = login
        self.problem = problem
        self.notice = notice
        providers = (gate.signIn?.providerNames ?? []).map { provider in
            Provider(
                action: "/auth/oidc/\(Address.encoded(provider.name))/start",
                text: words.text("signInBy", ["name": provider.title]))
        }
        hasProviders = !providers.isEmpty
        let accounts = gate.demoAccounts?()
        demo = (accounts ?? []).map {
            let role = words.role($0.role)
            return Demo(
                role: role, name: $0.name, login: $0.login, password: $0.password,
                enter: words.text("demoEnter", ["role": role]))
        }
        hasDemo = !demo.isEmpty
        awaitsDemo = accounts?.isEmpty == true
        hasNotices = gate.hasSignals
    }
}

/// A page with a form and, above it, what was wrong with what was sent.
struct StepView {
    let form: String
    let next: String
    let problem: String?
}
