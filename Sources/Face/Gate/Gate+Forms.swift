import Accounts
public import HTTPTypes

extension Gate {
    /// Brings the form's token where there is no form: FHIR interactions by script of our own pages.
    static let formHeader = HTTPField.Name("X-Form-Token")

    /// A token for the forms of the session that a request belongs to; nil when it belongs to none.
    public func formToken(_ head: HTTPRequest) -> String? {
        cookies.value(cookies.sessionName, in: head.headerFields).flatMap { try? accounts.formToken(for: $0) }
    }

    /// Whether a request that changes something was made by one of our own pages for this session.
    ///
    /// - Parameter token: what came in the form.
    public func isGood(formToken token: String, _ head: HTTPRequest) -> Bool {
        guard !CrossSite.isForeign(head), let session = cookies.value(cookies.sessionName, in: head.headerFields)
        else { return false }
        return accounts.isGood(formToken: token, for: session)
    }

    /// Refuses an interaction other than GET and HEAD that a foreign page may have made a browser send: what a cookie
    /// proves has to bring the form's token as well. What a bearer token proves can't be sent by a browser unasked.
    ///
    /// - Throws: ``GateError/forged``.
    public func checkForm(_ head: HTTPRequest, _ caller: Caller) throws(GateError) {
        try checkForm(head, isByCookie: caller.isByCookie)
    }

    /// The same, of an entrant.
    ///
    /// - Throws: ``GateError/forged``.
    public func checkForm(_ head: HTTPRequest, _ entrant: Entrant) throws(GateError) {
        try checkForm(head, isByCookie: entrant.isByCookie)
    }

    private func checkForm(_ head: HTTPRequest, isByCookie: Bool) throws(GateError) {
        guard head.method != .get, head.method != .head, isByCookie else { return }
        guard let name = Self.formHeader, let token = head.headerFields[name], isGood(formToken: token, head) else {
            throw .forged
        }
    }
}
