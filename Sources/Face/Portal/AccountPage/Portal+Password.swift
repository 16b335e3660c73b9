import Accounts
import Gate
import HTTPTypes
import Hummingbird
import JSON

extension Portal {
    /// Changes the password, as a step of the sign-in or because its person wants to.
    func changePassword(_ visit: GuardedVisit, _ token: String) async throws -> Page {
        let (current, new) = (visit.form["current"], visit.form["new"])
        let accounts = visit.gate.accounts
        guard let account = try visit.pending()?.account else { throw AccountsError.notSignedIn }
        var faults: [PasswordView.Fault] = []
        if current.isEmpty { faults.append(.current(visit.words["currentEmpty"])) }
        // What is wrong with the new one is told before the current one costs an attempt.
        faults += accounts.faults(of: new, words: [account.login.description, account.displayName]).map {
            .new(visit.words.fault($0))
        }
        if visit.form["again"] != new { faults.append(.again(visit.words["againDiffers"])) }
        guard faults.isEmpty else { return try visit.passwordPage(faults: faults) }
        do {
            let session = try await accounts.changePassword(
                current: current, new: new, token: token, request: visit.origin)
            if visit.caller == nil { return visit.onward(session, next: visit.form["next"]) }
            return .elsewhere("/account?done=password").setting(
                visit.cookies.set(visit.cookies.sessionName, session.token))
        } catch {
            if case .password(let found) = error {
                return try visit.passwordPage(faults: found.map { .new(visit.words.fault($0)) })
            }
            guard let problem = visit.words.refusal(error, wrong: "currentWrong", wait: "currentWait") else {
                throw error
            }
            var page = try visit.passwordPage(faults: [.current(problem.text)], status: problem.status)
            page.retryAfterSeconds = problem.seconds
            return page
        }
    }

    /// What is wrong with a password while it is typed, as JSON for the script.
    func addPasswordCheck(to router: Router<BasicRequestContext>, _ gate: PortalGate) {
        router.post("/account/password/check") { request, context -> Response in
            var headers = StrictHeaders.common
            headers[.cacheControl] = "no-store"
            let visit = visit(request, context)
            let cookies = gate.cookies
            guard SameOrigin.isKept(by: request), let form = try? await FormBody(request),
                let token = cookies.value(cookies.sessionName, in: request.headers),
                gate.accounts.isGood(formToken: form["form"], for: token),
                let account = try? gate.accounts.pendingSession(token: token)?.account
            else { return Response(status: .forbidden, headers: headers) }
            let faults = gate.accounts.faults(
                of: form["new"], words: [account.login.description, account.displayName])
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("problems")
            writer.beginArray()
            for fault in faults { writer.string(visit.words.fault(fault)) }
            writer.endArray()
            writer.member("good", string: visit.words["passwordGood"])
            writer.endObject()
            headers[.contentType] = "application/json"
            return Response(
                status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: writer.bytes)))
        }
    }
}

extension Portal.GuardedVisit {
    /// The form for a new password.
    func passwordPage(
        faults: [PasswordView.Fault], status: HTTPResponse.Status = .unprocessableContent
    ) throws -> Portal.Page {
        let view = PasswordView(
            action: visit.path, form: try formToken(),
            next: form["next"].isEmpty ? asked("next") ?? "" : form["next"],
            login: try pending()?.account.login.description ?? "", isStep: caller == nil,
            policy: gate.accounts.options.passwords, faults: faults, words: words)
        return page(
            "password", view, title: words["passwordTitle"], place: .account, status: faults.isEmpty ? .ok : status)
    }
}
