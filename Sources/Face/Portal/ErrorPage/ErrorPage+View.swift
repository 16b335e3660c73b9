/// A page that says what went wrong and where to go on.
struct ErrorView {
    /// What went wrong.
    enum Fault {
        /// No page, resident or document stands under the address.
        case notFound
        /// The resident or document was deleted.
        case gone
        /// The store can't answer now.
        case unavailable
        /// A fault of ours; the number finds it in the log.
        case failed(number: String)
        /// Nobody is signed in, or no longer.
        case notSignedIn
        /// The role does not include it.
        case forbidden
        /// A form came from elsewhere, or its session is over.
        case formExpired
        /// What was sent is no form.
        case malformed
        /// No record, or none that the reader may see.
        case unreached
    }

    let title: String
    let what: String
    let why: String
    let number: String?
    /// Whether to show the way to the pages of an open portal.
    let isOpen: Bool
    let signIn: Bool
    /// Where emergency access to the record that was not shown is asked for.
    var emergencyHref: String?

    /// Puts a fault into words.
    init(_ fault: Fault, words: Words, isGuarded: Bool = false) {
        let stem: String
        isOpen = !isGuarded
        signIn = if case .notSignedIn = fault { true } else { false }
        switch fault {
        case .notFound:
            stem = "errorNotFound"
            number = nil
        case .gone:
            stem = "errorGone"
            number = nil
        case .unavailable:
            stem = "errorUnavailable"
            number = nil
        case .failed(let text):
            stem = "errorFailed"
            number = words.text("errorNumber", ["number": text])
        case .notSignedIn:
            stem = "errorSignIn"
            number = nil
        case .forbidden:
            stem = "errorForbidden"
            number = nil
        case .formExpired:
            stem = "errorForm"
            number = nil
        case .malformed:
            stem = "errorMalformed"
            number = nil
        case .unreached:
            stem = "errorUnreached"
            number = nil
        }
        title = words[stem + "Title"]
        what = words[stem + "What"]
        why = words[stem + "Why"]
    }
}
