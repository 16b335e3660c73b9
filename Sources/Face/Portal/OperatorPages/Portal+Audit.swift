import Access
import Accounts
import AuditLog
import Foundation
import Hummingbird

extension Portal {
    /// `/operator/audit`: the audit log and how it stands.
    func addAudit(to router: Router<BasicRequestContext>, _ gate: PortalGate) {
        router.get("/operator/audit") { request, context in
            await guarded(request, context, gate, .action(.auditRead)) { visit in
                let choice = AuditModel.Choice(query: visit.visit.query, today: visit.visit.today)
                let accounts = gate.accounts
                let account =
                    choice.login.isEmpty
                    ? nil : (try? accounts.account(login: choice.login).id.uuidString) ?? ""
                let model = try AuditModel.load(gate, choice, account: account)
                try visit.note(
                    .auditRead, patients: choice.patient.isEmpty ? [] : ["Patient/" + choice.patient])
                var logins: [String: String?] = [:]
                let view = AuditView(model, words: visit.words) { id in
                    if let known = logins[id] { return known }
                    let login = UUID(uuidString: id).flatMap { try? accounts.account(id: $0) }?.login.description
                    logins[id] = .some(login)
                    return login
                }
                return visit.page("audit", view, title: visit.words["auditTitle"], place: .audit)
            }
        }
    }
}
