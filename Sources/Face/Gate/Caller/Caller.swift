public import Access
public import Accounts
public import AuditLog
import Foundation

/// Who a request comes from, as far as its cookie or token tells.
public enum Caller: Sendable {
    /// Nobody that is known.
    case anonymous
    /// A person who is signed in, but holds no role now: the own account is open, nothing else.
    case roleless(SignedIn)
    /// A person at the pages, in one role.
    case person(SignedIn, RoleAssignment, Subject)
    /// A person by way of a program that they let in (SMART App Launch).
    case app(client: String, Account, RoleAssignment, Subject)
    /// A program by itself (SMART Backend Services), or one of the house's own.
    case program(client: String, Subject)

    /// Who asks, for the rules.
    public var subject: Subject {
        switch self {
        case .anonymous, .roleless: .anonymous
        case .person(_, _, let subject), .app(_, _, _, let subject), .program(_, let subject): subject
        }
    }

    /// The account; nil for programs and for nobody.
    public var account: Account? {
        switch self {
        case .anonymous, .program: nil
        case .roleless(let signedIn), .person(let signedIn, _, _): signedIn.account
        case .app(_, let account, _, _): account
        }
    }

    /// The session; nil unless a browser has one.
    public var session: Session? {
        switch self {
        case .roleless(let signedIn), .person(let signedIn, _, _): signedIn.session
        case .anonymous, .app, .program: nil
        }
    }

    /// The role that a person acts in.
    public var assignment: RoleAssignment? {
        switch self {
        case .person(_, let assignment, _), .app(_, _, let assignment, _): assignment
        case .anonymous, .roleless, .program: nil
        }
    }

    /// Whether nobody is signed in.
    public var isAnonymous: Bool {
        if case .anonymous = self { true } else { false }
    }

    /// Whether a browser sends what proves it along with every request, whoever made it do so.
    public var isByCookie: Bool { session != nil }

    /// The same caller as another subject, such as one with another purpose.
    func with(_ subject: Subject) -> Caller {
        switch self {
        case .anonymous, .roleless: self
        case .person(let signedIn, let assignment, _): .person(signedIn, assignment, subject)
        case .app(let client, let account, let assignment, _): .app(client: client, account, assignment, subject)
        case .program(let client, _): .program(client: client, subject)
        }
    }

    /// The same caller for another purpose; whether it goes with the role, the rules say.
    public func stating(_ purpose: Purpose) -> Caller {
        var other = subject
        other.purpose = purpose
        return with(other)
    }

    /// The same caller on another duty: an operator without a duty of its own has all three, one at a time.
    public func on(_ duty: Access.Role.Duty) -> Caller {
        guard case .operator = subject.role, let assignment, assignment.duty == nil else { return self }
        var other = subject
        other.role = .operator(duty)
        other.purpose = duty == .audit ? .audit : .operations
        return with(other)
    }

    /// Who acts, for the audit log: ids and codes, no names.
    public var agent: AuditAgent {
        let subject = subject
        return AuditAgent(
            account: account?.id.uuidString ?? subject.account, person: assignment?.person ?? "",
            role: assignment?.role.rawValue ?? (isProgram ? "program" : ""),
            organization: assignment?.organization.map { String($0.dropFirst("Organization/".count)) } ?? "",
            client: client)
    }

    private var isProgram: Bool {
        if case .program = self { true } else { false }
    }

    private var client: String {
        switch self {
        case .app(let client, _, _, _), .program(let client, _): client
        case .anonymous, .roleless, .person: ""
        }
    }
}
