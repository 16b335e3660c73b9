import Access
import Accounts
import Foundation
import Records
import Synchronization

/// Makes the subjects of the rules from accounts, roles and tokens.
final class Subjects: Sendable {
    /// When there are more, all are forgotten.
    private static let keptMax = 10_000

    private struct Key: Hashable {
        var account: UUID
        var changed: Int64
        var assignment: RoleAssignment
        var purpose: Purpose?
        var revision: Int
    }

    private let organisations: Organisations
    private let kept = Mutex<[Key: Subject]>([:])

    init(_ organisations: Organisations) {
        self.organisations = organisations
    }

    /// A person in a role.
    ///
    /// - Parameters:
    ///   - purpose: what was stated; nil for what the role usually does.
    ///   - scopes: what a token is limited to; nil at the pages.
    func subject(
        _ account: Account, _ assignment: RoleAssignment, purpose: Purpose?, scopes: Scopes? = nil
    ) throws(RecordsError) -> Subject {
        let known = try organisations.known()
        let key = Key(
            account: account.id, changed: account.changed, assignment: assignment, purpose: purpose,
            revision: known.revision)
        var subject: Subject
        if let found = kept.withLock({ $0[key] }) {
            subject = found
        } else {
            subject = Self.make(account, assignment, purpose, known)
            kept.withLock { kept in
                if kept.count >= Self.keptMax { kept.removeAll() }
                kept[key] = subject
            }
        }
        subject.scopes = scopes
        return subject
    }

    /// A program by itself.
    func subject(
        client: String, _ rights: ProgramRights, purpose: Purpose?, scopes: Scopes
    ) throws(RecordsError) -> Subject {
        var subject = Subject(
            account: client, role: .system, reach: .city, division: rights.division,
            purpose: purpose ?? rights.purpose, scopes: scopes, sensitivities: rights.sensitivities)
        if let organisation = rights.organization {
            let known = try organisations.known()
            subject.place(in: organisation, known)
        }
        return subject
    }

    private static func make(
        _ account: Account, _ assignment: RoleAssignment, _ purpose: Purpose?, _ known: Organisations.Known
    ) -> Subject {
        let (role, usual) = role(of: assignment)
        var subject = Subject(
            account: account.id.uuidString, role: role,
            references: Set([assignment.person, assignment.practitionerRole].compactMap { $0 }),
            division: assignment.district.flatMap { Division($0) }, purpose: purpose ?? usual,
            sensitivities: Set(account.sensitivities.compactMap { Sensitivity(rawValue: $0) }))
        if case .resident = role { subject.patient = assignment.person.map { String($0.dropFirst("Patient/".count)) } }
        if let organisation = assignment.organization {
            subject.place(in: String(organisation.dropFirst("Organization/".count)), known)
        }
        return subject
    }

    /// The role, and what it usually acts for.
    private static func role(of assignment: RoleAssignment) -> (Access.Role, Purpose) {
        switch assignment.role {
        case .resident: (.resident, .patientRequest)
        case .clinician: (.clinician, .treatment)
        case .epidemiologist: (.epidemiologist, .publicHealth)
        case .manager: (.manager, .operations)
        case .operator:
            switch assignment.duty {
            case .audit: (.operator(.audit), .audit)
            case .security: (.operator(.security), .operations)
            case .system, nil: (.operator(.system), .operations)
            }
        }
    }
}

extension Subject {
    /// Acts for the institution that an organisation is or belongs to, with all its parts.
    fileprivate mutating func place(in organisation: String, _ known: Organisations.Known) {
        let institution = known.institution(of: organisation)
        reach = .organisations(known.tree.subtree(of: institution))
        organisationsAbove = Set(known.tree.ancestry(of: institution).dropFirst())
    }
}
