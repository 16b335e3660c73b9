import AuditLog
import Foundation
import Gate
import SQL

extension AuditModel {
    /// Reads a page of the log and how it stands, on one snapshot.
    /// - Parameter account: the id of the account that was asked for; empty for a login that nobody has.
    static func load(_ gate: PortalGate, _ choice: Choice, account: String?) throws -> AuditModel {
        try gate.readAudit { db in
            let (entries, next) = try search(choice, account, db)
            return AuditModel(
                choice: choice, entries: entries, next: next, state: try state(db, faults: gate.auditFaults()))
        }
    }

    private static func search(
        _ choice: Choice, _ account: String?, _ db: SQLConnection
    ) throws -> ([AuditTrail.Placed], [Int64]) {
        if account?.isEmpty == true { return ([], []) }
        var found: [AuditTrail.Placed] = []
        var after = choice.after
        var scanned = 0
        // Whole pages of the log, so that the cursor stands behind the last entry: a page has up to twice its rows.
        while scanned < scannedMax, found.count < pageRows {
            let (entries, next) = try page(choice, account, after, db)
            found += entries.filter { choice.keeps($0.entry, account: account) }
            scanned += entries.count
            after = next
            // An entry may have been handed on an hour late; before that nothing more is to be found.
            let isPast = entries.last.map { $0.entry.at < choice.time.lowerBound - 3_600_000 } ?? true
            if next.isEmpty || isPast { return (found, []) }
        }
        return (found, after)
    }

    /// A page of entries by the index that narrows most, and where the next one begins.
    private static func page(
        _ choice: Choice, _ account: String?, _ after: [Int64], _ db: SQLConnection
    ) throws -> ([AuditTrail.Placed], [Int64]) {
        if !choice.patient.isEmpty {
            let page = try AuditTrail.entries(
                ofPatient: "Patient/" + choice.patient, below: after.first, count: pageRows, in: db)
            return (page.entries, page.next.map { [$0] } ?? [])
        }
        if let account {
            let page = try AuditTrail.entries(ofAccount: account, below: after.first, count: pageRows, in: db)
            return (page.entries, page.next.map { [$0] } ?? [])
        }
        let cursor =
            after.count == 3 ? AuditTrail.TimeCursor(high: after[0], first: after[1], below: after[2]) : nil
        let page = try AuditTrail.entries(during: choice.time, after: cursor, count: pageRows, in: db)
        return (page.entries, page.next.map { [$0.high, $0.first, $0.below] } ?? [])
    }

    private static func state(_ db: SQLConnection, faults: [String]) throws -> State {
        let state = try AuditTrail.state(in: db)
        let latest = try AuditTrail.latestCheckpoint(in: db)
        let checkpoint = latest.flatMap { SignedNote($0.note) }.flatMap { AuditCheckpoint(text: $0.text) }
        var agrees: Bool?
        if let checkpoint {
            agrees =
                checkpoint.size <= state.size
                ? try AuditTrail.root(at: checkpoint.size, in: db) == checkpoint.root : false
        } else if latest != nil {
            agrees = false
        }
        return State(
            size: state.size, root: Data(state.root.bytes).base64EncodedString(), checkpointAt: latest?.at,
            checkpointSize: checkpoint?.size, agrees: agrees, faults: faults)
    }
}
