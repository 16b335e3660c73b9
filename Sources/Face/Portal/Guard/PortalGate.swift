import Access
import Accounts
import AuditLog
import Foundation
import Gate
import Hummingbird
import Records
import SQL
import SignIn

/// What the pages need of the house's access control.
struct PortalGate: Sendable {
    let gate: Gate
    /// The programs that people let in, and other providers of identities; nil for none.
    let signIn: SignIn?
    /// The accounts of a demonstration; nil outside of demo mode.
    let demoAccounts: (@Sendable () -> [DemoAccount])?
    /// What is wrong with the keeping of the log just now, in words for an operator; empty when nothing is.
    let auditFaults: @Sendable () -> [String]
    /// Whether there is a desk for pairs of persons.
    let hasReviews: Bool
    /// Whether residents have health codes.
    let hasCodes: Bool
    /// Whether there are pages of the highway.
    let hasHighway: Bool
    /// Whether there are pages of signals.
    let hasSignals: Bool
    /// Whether there are pages of report cards.
    let hasReports: Bool
    /// Whether there are results of hazards.
    let hasHazards: Bool
    /// Whether pathways of programmes are followed.
    let hasProgrammes: Bool
    /// Whether there is a page of the population.
    let hasPopulation: Bool
    /// Whether there are pages of laboratories.
    let hasLaboratories: Bool

    var accounts: Accounts { gate.accounts }
    var cookies: GateCookies { gate.cookies }

    /// The network address and the device that a request comes from.
    func origin(of request: Request) -> AccountRequest {
        AccountRequest(address: PeerAddress.current, userAgent: request.headers[.userAgent] ?? "")
    }

    /// Who is signed in by this browser, in the role that was chosen; nil for nobody, and for a sign-in that is not complete.
    func caller(_ request: Request) async throws -> PortalCaller? {
        var head = request.head
        // Pages belong to sessions: a token opens the FHIR door alone.
        head.headerFields[.authorization] = nil
        guard let token = cookies.value(cookies.sessionName, in: head.headerFields) else { return nil }
        switch try await gate.caller(head) {
        case .roleless(let signedIn): return PortalCaller(token: token, signedIn: signedIn, caller: .roleless(signedIn))
        case .person(let signedIn, let assignment, let subject):
            return PortalCaller(
                token: token, signedIn: signedIn, caller: .person(signedIn, assignment, subject),
                ownPatient: PortalCaller.ownPatient(of: assignment, in: gate.store))
        case .anonymous, .app, .program: return nil
        }
    }

    /// What the caller reaches of the records, for one page.
    func records(_ caller: PortalCaller, requestID: String) throws -> SeenPage {
        let (records, trace) = try gate.records(caller.caller, request: requestID)
        return SeenPage(records: records, trace: trace, gate: gate)
    }

    /// The same for the purpose of an emergency that the caller has opened; nil when none is open for the patient.
    func emergencyRecords(_ caller: PortalCaller, patient: String?, requestID: String) throws -> SeenPage? {
        try gate.emergencyRecords(caller.caller, patient: patient, request: requestID).map { records, trace in
            SeenPage(records: records, trace: trace, gate: gate)
        }
    }

    /// The ids of the Patients whose accesses the caller may look at, beside the own one: young children.
    func wards(of caller: PortalCaller) throws -> [String] {
        let children = try relations(of: caller).guardianships.map(\.child)
        return try children.filter { try gate.mayRead(caller.caller, about: "Patient/" + $0) }
    }

    /// How the caller stands to others: as a guardian, and by mandates.
    func relations(of caller: PortalCaller) throws -> Relations {
        try gate.store.sight(of: caller.caller.subject, policy: gate.options.policy, now: gate.options.now()).relations
    }

    /// Whether the caller may do what is about no record.
    func may(_ caller: PortalCaller, _ action: Action) -> Bool { gate.may(caller.caller, action) }

    /// Reads the audit log.
    func readAudit<T>(_ body: (SQLConnection) throws -> T) throws -> T { try gate.store.readSQL(body) }
}

/// Somebody who is signed in, in one role.
struct PortalCaller: Sendable {
    /// The session's token.
    let token: String
    /// The session and the account with all its roles.
    let signedIn: SignedIn
    /// The same, for decisions.
    let caller: Caller
    /// The id of the resident's own Patient, or of who stands for it since a merge; nil for staff.
    var ownPatient: String?
    /// The id of the Patient that the account itself is tied to: under it a resident signs, so that it goes with them where a
    /// merge is taken back.
    var accountPatient: String? {
        assignment?.role == .resident ? assignment?.person.flatMap { ResourceKey(reference: $0) }?.id : nil
    }

    /// The role chosen; nil for an account that has none now.
    var assignment: RoleAssignment? { caller.assignment }

    /// The roles that may be chosen among.
    func assignments(at now: Int64) -> [RoleAssignment] { signedIn.account.assignments(at: now) }
}
