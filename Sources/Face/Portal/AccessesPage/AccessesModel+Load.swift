import AuditLog
import SQL

extension AccessesModel {
    /// Reads a page of what the log holds about a patient.
    /// - Parameters:
    ///   - patient: the Patient's id.
    ///   - own: the reference of the one who asks, whose own doings are left out unless they are asked for.
    static func load(_ gate: PortalGate, patient: String, own: String, choice: Choice) throws -> AccessesModel {
        let reference = "Patient/" + patient
        return try gate.readAudit { db in
            var kept: [AuditTrail.Placed] = []
            var below = choice.below
            var scanned = 0
            while scanned < scannedMax {
                let page = try AuditTrail.entries(ofPatient: reference, below: below, count: entriesMax, in: db)
                for placed in page.entries where choice.keeps(placed.entry, own: own) {
                    if kept.count == entriesMax {
                        return AccessesModel(choice: choice, days: days(kept, about: reference), next: kept.last?.index)
                    }
                    kept.append(placed)
                }
                scanned += page.entries.count
                guard let next = page.next else {
                    return AccessesModel(choice: choice, days: days(kept, about: reference), next: nil)
                }
                below = next
            }
            return AccessesModel(choice: choice, days: days(kept, about: reference), next: below)
        }
    }
}

extension AccessesModel.Choice {
    /// Whether an entry is listed.
    func keeps(_ entry: AuditEntry, own: String) -> Bool {
        // A page that leaves something out is no attempt to look at it.
        if Aside.isTold(by: entry) { return false }
        if !showsOwn, entry.agent.person == own || entry.action == .auditRead { return false }
        return kind.map { $0 == AccessesModel.Kind(entry) } ?? true
    }
}
