import Accounts
import FHIR
import Gate
import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// Sessions for programs that are no browser pages, such as a mobile one: JSON in, JSON out, the session in a cookie.
///
/// `POST /session` with login and password begins one, `POST /session/second-factor` and `/session/password` take the next
/// steps, `POST /session/role` chooses a role, `GET /session` tells how it stands, `DELETE /session` ends it. A body must be
/// labelled `application/json`, which no form of another site can send.
struct SessionDoor: Sendable {
    let gate: Gate
    let options: DoorOptions

    private static let bodyBytesMax = 16 << 10

    func respond(to request: Request, path: Substring, requestID: String) async -> Response {
        var reply: Reply
        do { reply = try await self.reply(request, path) } catch { reply = Reply(Fault(error)) }
        reply.fields[.cacheControl] = "no-store"
        if reply.body != nil, reply.fields[.contentType] == nil { reply.fields[.contentType] = MediaTypes.plainJSON }
        return Dressing(request: request, call: nil, options: options, requestID: requestID).response(reply)
    }

    private func reply(_ request: Request, _ path: Substring) async throws -> Reply {
        switch (request.method, path) {
        case (.get, "/session"): return try stand(request)
        case (.post, "/session"): return try await begin(request)
        case (.delete, "/session"): return try await end(request)
        case (.post, "/session/second-factor"):
            let body = try await body(request)
            return try await step(request) { token, origin in
                try await gate.accounts.giveSecondFactor(try body.required("code"), token: token, request: origin)
            }
        case (.post, "/session/password"):
            let body = try await body(request)
            return try await step(request) { token, origin in
                try await gate.accounts.changePassword(
                    current: try body.required("current"), new: try body.required("new"), token: token, request: origin)
            }
        case (.post, "/session/role"): return try await choose(request)
        default: throw Fault.methodNotAllowed(request.method, [.get, .post, .delete])
        }
    }

    private func origin(_ request: Request) -> AccountRequest {
        AccountRequest(address: PeerAddress.current, userAgent: request.headers[.userAgent] ?? "")
    }

    private func token(_ request: Request) throws(Fault) -> String {
        guard let token = gate.cookies.value(gate.cookies.sessionName, in: request.headers) else { throw .notSignedIn }
        return token
    }

    // MARK: The steps

    private func begin(_ request: Request) async throws -> Reply {
        let body = try await body(request)
        let session = try await gate.accounts.signIn(
            login: try body.required("login"), password: try body.required("password"), request: origin(request),
            previousToken: gate.cookies.value(gate.cookies.sessionName, in: request.headers))
        return entered(session)
    }

    private func step(
        _ request: Request, _ body: (String, AccountRequest) async throws -> NewSession
    ) async throws -> Reply {
        entered(try await body(try token(request), origin(request)))
    }

    private func entered(_ session: NewSession) -> Reply {
        var reply = Reply(.ok, json: text(session.signedIn, token: session.token, chosen: nil))
        reply.fields.append(gate.cookies.set(gate.cookies.sessionName, session.token))
        return reply
    }

    private func stand(_ request: Request) throws -> Reply {
        let token = try token(request)
        guard let signedIn = try gate.accounts.pendingSession(token: token) else { throw Fault.notSignedIn }
        let chosen = gate.cookies.value(gate.cookies.roleName, in: request.headers)
        return Reply(.ok, json: text(signedIn, token: token, chosen: gate.assignment(of: signedIn, chosen: chosen)))
    }

    private func end(_ request: Request) async throws -> Reply {
        try await gate.accounts.signOut(token: try token(request), request: origin(request))
        var reply = Reply(.noContent)
        reply.fields.append(gate.cookies.clear(gate.cookies.sessionName))
        reply.fields.append(gate.cookies.clear(gate.cookies.roleName))
        return reply
    }

    private func choose(_ request: Request) async throws -> Reply {
        let body = try await body(request)
        let token = try token(request)
        guard let signedIn = try await gate.accounts.session(token: token) else { throw Fault.notSignedIn }
        let all = signedIn.account.assignments
        guard let place = body.root["role"]?.integer, all.indices.contains(place - 1),
            let cookie = gate.roleCookie(all[place - 1], for: signedIn)
        else { throw Fault(.unprocessableContent, .value, "\"role\" must be the number of a role that you hold now.") }
        var reply = Reply(.ok, json: text(signedIn, token: token, chosen: all[place - 1]))
        reply.fields.append(gate.cookies.set(gate.cookies.roleName, cookie))
        return reply
    }

    // MARK: Bodies

    private func body(_ request: Request) async throws -> SessionBody {
        guard MediaTypes.name(of: request.headers[.contentType] ?? "") == "application/json" else {
            throw Fault(.unsupportedMediaType, .notSupported, "Send application/json.")
        }
        guard let buffer = try? await request.body.collect(upTo: Self.bodyBytesMax) else {
            throw Fault.bodyTooLarge(limit: Self.bodyBytesMax)
        }
        return SessionBody(root: try JSONDocument(parsing: Array(buffer.readableBytesView)).root)
    }

    private func text(_ signedIn: SignedIn, token: String, chosen: RoleAssignment?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("stage", string: "\(signedIn.session.stage)")
        if signedIn.session.stage == .full {
            writer.member("name", string: signedIn.account.displayName)
            if let form = try? gate.accounts.formToken(for: token) { writer.member("formToken", string: form) }
            writer.key("roles")
            writer.beginArray()
            let now = gate.options.now()
            let acting = chosen ?? signedIn.account.assignments(at: now).first
            for (place, role) in signedIn.account.assignments.enumerated() where role.holds(at: now) {
                writer.beginObject()
                writer.member("number", integer: place + 1)
                writer.member("role", string: role.role.rawValue)
                if let duty = role.duty { writer.member("duty", string: duty.rawValue) }
                if let person = role.person { writer.member("person", string: person) }
                if let organization = role.organization { writer.member("organization", string: organization) }
                if let district = role.district { writer.member("district", string: district) }
                writer.member("chosen", bool: role == acting)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }
}

/// What was sent to a session.
private struct SessionBody {
    let root: JSONNode

    func required(_ name: String) throws(Fault) -> String {
        guard let text = root[JSONKey(name)]?.string else {
            throw Fault(.badRequest, .required, "\"\(name)\" is needed, a text.")
        }
        return text
    }
}

extension Fault {
    /// Why a sign-in goes no further.
    init(_ error: AccountsError) {
        switch error {
        case .refused(let seconds):
            self.init(seconds > 0 ? .tooManyRequests : .unauthorized, .login, error.message)
            if seconds > 0 { fields[.retryAfter] = "\(seconds)" }
        case .passwordExpired, .notSignedIn, .stepUpNeeded: self.init(.unauthorized, .login, error.message)
        case .busy(let seconds):
            self.init(.serviceUnavailable, .throttled, error.message)
            fields[.retryAfter] = "\(seconds)"
        case .password, .invalid, .loginTaken: self.init(.unprocessableContent, .value, error.message)
        case .notFound: self.init(.notFound, .notFound, error.message)
        case .key, .breachList, .unavailable:
            self.init(.serviceUnavailable, .transient, "The accounts can't be reached now; try again.")
            fields[.retryAfter] = "1"
        }
    }
}
