/// The sign-in page as its template reads it.
struct SignInView {
    let form: String
    let next: String
    let login: String
    let problem: String?
    /// Said above the form: that the session is over, or that signing out is done.
    let notice: String?
}

/// A page with a form and, above it, what was wrong with what was sent.
struct StepView {
    let form: String
    let next: String
    let problem: String?
}
