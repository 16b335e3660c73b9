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
        enum Holder: Hashable {
            case person(UUID, changed: Int64, RoleAssignment)
            case program(String, ProgramRights)
        }

        var holder: Holder
        var purpose: Purpose?
        /// Of the tree of organisations.
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
        let holder = Key.Holder.person(account.id, changed: account.changed, assignment)
        var subject = kept(Key(holder: holder, purpose: purpose, revision: known.revision)) {
            Self.make(account, assignment, purpose, known)
        }
        subject.scopes = scopes
        return subject
    }

    /// A program by itself.
    func subject(
        client: String, _ rights: ProgramRights, purpose: Purpose?, scopes: Scopes
    ) throws(RecordsError) -> Subject {
        let known = try organisations.known()
        let key = Key(holder: .program(client, rights), purpose: purpose, revision: known.revision)
        var subject = kept(key) {
            var subject = Subject(
                account: client, role: .system, reach: .city, division: rights.division,
                purpose: purpose ?? rights.purpose, sensitivities: rights.sensitivities)
            if let organisation = rights.organization { subject.place(in: organisation, known) }
            return subject
        }
        subject.scopes = scopes
        return subject
    }

    private func kept(_ key: Key, _ make: () -> Subject) -> Subject {
        if let found = kept.withLock({ $0[key] }) { return found }
        let subject = make()
        kept.withLock { kept in
            if kept.count >= Self.keptMax { kept.removeAll() }
            kept[key] = subject
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
