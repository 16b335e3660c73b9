import Mustache

/// The page templates, parsed once.
struct Templates: Sendable {
    /// What a template is given: the texts as `t`, the frame as `shell`, the content as `page`.
    private struct Root {
        let t: [String: String]
        let shell: Shell
        let page: Any
    }

    private static let names =
        ["layout", "city", "feed", "residents", "resident", "source", "error"]
        + [
            "forms", "form", "form-items", "form-answers", "form-faults",
            "sign-in", "second-factor", "password", "enrolment", "recovery-codes", "sign-out", "account",
            "accesses", "objection", "emergency", "accounts", "account-new", "account-detail", "one-time-password",
            "audit", "step-up", "role-fields", "consent", "sign-in-fault", "onward", "family", "mandate-new",
            "identity", "identity-review", "health-code", "highway", "highway-tabs", "highway-dead", "highway-letter",
            "highway-replay", "highway-codes", "highway-quality", "signals", "signal", "reports", "report",
        ] + [
            "signal-contacts", "contact-branch", "contacts", "contact", "notices", "timeliness", "thresholds",
            "seasons", "saved-views", "today", "today-load", "task", "care", "my-programmes", "programmes", "programme",
            "bulk", "hazards", "hazard", "hazard-site", "offline", "offline-sheet", "take-along", "vaccinations",
        ]

    private let library: MustacheLibrary

    /// Reads the templates that ship with the module.
    init() throws(PortalError) {
        var library = MustacheLibrary()
        for file in try PortalResources.names(in: "templates") where file.hasSuffix(".mustache") {
            let text = try PortalResources.text("templates/" + file)
            do {
                try library.register(text, named: String(file.dropLast(".mustache".count)))
            } catch {
                throw PortalError.malformedResource(path: "templates/" + file, reason: "\(error)")
            }
        }
        for name in Self.names where library.getTemplate(named: name) == nil {
            throw PortalError.missingResource(path: "templates/\(name).mustache")
        }
        self.library = library
    }

    /// A whole page as HTML. Every variable is escaped by the template, but for drawings made by ``SVG``.
    func render(_ template: String, words: Words, shell: Shell, page: Any) -> String {
        library.render(Root(t: words.table, shell: shell, page: page), withTemplate: template) ?? ""
    }
}
