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
    }

    let title: String
    let what: String
    let why: String
    let number: String?

    /// Puts a fault into words.
    init(_ fault: Fault, words: Words) {
        let stem: String
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
        }
        title = words[stem + "Title"]
        what = words[stem + "What"]
        why = words[stem + "Why"]
    }
}
