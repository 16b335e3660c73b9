import Access
public import Accounts
import Foundation
public import HTTPTypes
import Records

extension Gate {
    /// States why a program or a page asks: a code of PurposeOfUse.
    static let purposeHeader = HTTPField.Name("X-Purpose-Of-Use")

    /// Who a request comes from: by `Authorization: Bearer`, else by the session's cookie.
    ///
    /// - Parameter statedPurpose: a code of PurposeOfUse that the address states; a header goes before it.
    /// - Throws: ``GateError``: a token that is not good is refused, not taken for nobody's.
    public func caller(_ head: HTTPRequest, statedPurpose: String? = nil) async throws(GateError) -> Caller {
        try await entrant(head, statedPurpose: statedPurpose).caller
    }

    /// Who a request comes from, with what the audit log calls them.
    ///
    /// - Parameter statedPurpose: a code of PurposeOfUse that the address states; a header goes before it.
    /// - Throws: ``GateError``: a token that is not good is refused, not taken for nobody's.
    public func entrant(_ head: HTTPRequest, statedPurpose: String? = nil) async throws(GateError) -> Entrant {
        let purpose = purpose(of: head) ?? statedPurpose
        guard let key = callers.key(head.headerFields, purpose: purpose) else {
            return try await lookUp(head, try self.purpose(purpose))
        }
        let (generation, now) = (generation, options.now())
        if let known = callers.find(key, generation, at: now) { return known }
        let found = try await lookUp(head, try self.purpose(purpose))
        callers.keep(found, key, generation, at: now)
        return found
    }

    /// Who a request comes from, where one with the same proof has told it a moment ago.
    ///
    /// - Returns: nil where ``entrant(_:statedPurpose:)`` is to be asked.
    public func remembered(_ head: HTTPRequest) -> Entrant? {
        guard let key = callers.key(head.headerFields, purpose: purpose(of: head)) else { return nil }
        return callers.find(key, generation, at: options.now())
    }

    private var generation: CallerMemory.Generation {
        CallerMemory.Generation(accounts: accounts.generation, tokens: verifier?.generation ?? 0)
    }

    private func purpose(of head: HTTPRequest) -> String? {
        Self.purposeHeader.flatMap { head.headerFields.text(of: $0) }
    }

    private func lookUp(_ head: HTTPRequest, _ purpose: Purpose?) async throws(GateError) -> Entrant {
        if let authorization = head.headerFields[.authorization] {
            return try await holder(of: authorization, purpose)
        }
        return Entrant(try await visitor(head, purpose))
    }

    private func visitor(_ head: HTTPRequest, _ purpose: Purpose?) async throws(GateError) -> Caller {
        guard let token = cookies.value(cookies.sessionName, in: head.headerFields) else { return .anonymous }
        let signedIn: SignedIn?
        do { signedIn = try await accounts.session(token: token) } catch { throw .unavailable(error.message) }
        guard let signedIn else { return .anonymous }
        let chosen = cookies.value(cookies.roleName, in: head.headerFields)
        guard let assignment = assignment(of: signedIn, chosen: chosen) else { return .roleless(signedIn) }
        return .person(signedIn, assignment, try subject(signedIn.account, assignment, purpose))
    }

    private func purpose(_ code: String?) throws(GateError) -> Purpose? {
        guard let code, !code.isEmpty else { return nil }
        guard let purpose = Purpose.of(code: code) else { throw .unknownPurpose(code) }
        return purpose
    }

    // MARK: Roles

    /// The value of the cookie that keeps the choice of a role, good for this session alone; nil when the account does not
    /// hold the role now.
    public func roleCookie(_ assignment: RoleAssignment, for signedIn: SignedIn) -> String? {
        guard let place = signedIn.account.assignments.firstIndex(of: assignment), assignment.holds(at: options.now())
        else { return nil }
        return "\(place).\(signedIn.session.id.uuidString)"
    }

    /// The role chosen by the cookie where it is the session's and the account holds it now; else the first that it holds.
    public func assignment(of signedIn: SignedIn, chosen: String?) -> RoleAssignment? {
        let now = options.now()
        let all = signedIn.account.assignments
        if let parts = chosen?.split(separator: "."), parts.count == 2, parts[1] == signedIn.session.id.uuidString,
            let place = Int(parts[0]), all.indices.contains(place), all[place].holds(at: now)
        {
            return all[place]
        }
        return all.first { $0.holds(at: now) }
    }

    private func subject(
        _ account: Account, _ assignment: RoleAssignment, _ purpose: Purpose?, scopes: Scopes? = nil
    ) throws(GateError) -> Subject {
        do { return try subjects.subject(account, assignment, purpose: purpose, scopes: scopes) } catch {
            throw .unavailable("the organisations can't be read")
        }
    }

    // MARK: Tokens

    private func holder(of authorization: String, _ purpose: Purpose?) async throws(GateError) -> Entrant {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .badToken }
        let token = String(parts[1])
        if let house, house.matches(token) {
            return Entrant(.program(client: HouseToken.client, HouseToken.subject(ownScopes, purpose)))
        }
        guard let verifier else { throw .badToken }
        let grant: TokenGrant?
        do { grant = try await verifier.grant(of: token) } catch { throw .unavailable("\(error)") }
        guard let grant else { throw .badToken }
        switch grant.holder {
        case .program(let rights):
            do {
                let subject = try subjects.subject(
                    client: grant.client, rights, purpose: purpose ?? grant.purpose, scopes: grant.scopes)
                return Entrant(.program(client: grant.client, subject), expires: grant.expires)
            } catch { throw .unavailable("the organisations can't be read") }
        case .person(let account, let assignment):
            let now = options.now()
            guard account.state == .active, account.assignments.contains(assignment), assignment.holds(at: now) else {
                throw .badToken
            }
            let subject = try subject(account, assignment, purpose ?? grant.purpose, scopes: grant.scopes)
            return Entrant(.app(client: grant.client, account, assignment, subject), expires: grant.expires)
        }
    }
}
