import Accounts
import AuditLog
import Calendar
import Foundation

/// The audit log as an operator's template reads it. The values of a search are left out: they may hold names.
struct AuditView {
    struct Option {
        let value: String
        let text: String
        let isChosen: Bool
    }

    struct Row {
        let place: String
        let when: String
        let action: String
        let outcome: String
        let tone: String
        let reason: String?
        let who: String
        let role: String?
        let network: String?
        let patients: String?
        let entities: String?
    }

    let answer: String
    let tone: String
    let state: [Fact]
    let faults: [String]
    let hasFaults: Bool
    let from: String
    let until: String
    let login: String
    let patient: String
    let actions: [Option]
    let onlyRefused: Bool
    let rows: [Row]
    let hasRows: Bool
    let firstHref: String?
    let nextHref: String?
    let hasPager: Bool

    /// A name and a value.
    struct Fact {
        let name: String
        let value: String
    }

    /// - Parameter login: the login name of an account's id; nil for one that is not there.
    init(_ model: AuditModel, words: Words, login loginName: (String) -> String?) {
        let log = model.state
        let isSound = log.agrees != false && log.faults.isEmpty
        tone = log.agrees == nil && log.faults.isEmpty ? "watch" : isSound ? "good" : "act"
        answer = words[log.agrees == nil ? "auditUnsigned" : isSound ? "auditSound" : "auditUnsound"]
        state = [
            Fact(name: words["auditSize"], value: words.number(Int(log.size))),
            Fact(name: words["auditRoot"], value: log.root),
            Fact(
                name: words["auditCheckpoint"],
                value: log.checkpointAt.map { at in
                    words.counted(
                        "auditCheckpointAt", Int(log.checkpointSize ?? 0), ["time": words.dateTime(milliseconds: at)])
                } ?? words["none"]),
        ]
        faults = log.faults
        hasFaults = !faults.isEmpty
        let choice = model.choice
        from = choice.from.isoText
        until = choice.until.isoText
        login = choice.login
        patient = choice.patient
        actions =
            [Option(value: "", text: words["auditAllActions"], isChosen: choice.action == nil)]
            + AuditAction.allCases.map {
                Option(value: "\($0.rawValue)", text: words.action($0), isChosen: choice.action == $0)
            }
        onlyRefused = choice.onlyRefused
        rows = model.entries.map { words.row($0, loginName) }
        hasRows = !rows.isEmpty
        firstHref = choice.after.isEmpty ? nil : choice.href(after: [])
        nextHref = model.next.isEmpty ? nil : choice.href(after: model.next)
        hasPager = firstHref != nil || nextHref != nil
    }
}

extension Words {
    func row(_ placed: AuditTrail.Placed, _ loginName: (String) -> String?) -> AuditView.Row {
        let entry = placed.entry
        let agent = entry.agent
        func given(_ text: String) -> String? { text.isEmpty ? nil : text }
        let entities = entry.entities.prefix(5).map { entity in
            switch entity {
            case .resource(let reference, let version): version.isEmpty ? reference : "\(reference) v\(version)"
            case .query(let bytes): Self.withoutValues(bytes)
            }
        }
        let more = entry.entities.count > 5 ? ["…"] : []
        return AuditView.Row(
            place: "\(placed.index)",
            when: date(CivilDay(milliseconds: entry.at)) + " " + clockWithSeconds(milliseconds: entry.at),
            action: action(entry.action), outcome: outcome(entry.outcome), tone: entry.outcome == .success ? "" : "act",
            reason: given(entry.reason),
            who: given(agent.account).map { loginName($0) ?? $0 } ?? given(agent.client) ?? self["auditNobody"],
            role: agentRole(agent) ?? (agent.role == "resident" ? self["roleResident"] : nil),
            network: given(entry.network), patients: given(entry.patients.prefix(5).joined(separator: " ")),
            entities: given((entities + more).joined(separator: " ")))
    }

    /// A search with the names of its parameters and without their values.
    private static func withoutValues(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes.prefix(400), as: UTF8.self)
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return parts.first.map { $0.contains("=") ? "…" : String($0) } ?? "" }
        let names = parts[1].split(separator: "&").map {
            ($0.split(separator: "=").first.map(String.init) ?? "") + "=…"
        }
        return parts[0] + "?" + names.joined(separator: "&")
    }

    /// The time of day in Shanghai to the second.
    private func clockWithSeconds(milliseconds: Int64) -> String {
        let seconds = (milliseconds - CivilDay(milliseconds: milliseconds).startMilliseconds) / 1_000 % 60
        return clock(milliseconds: milliseconds) + (seconds < 10 ? ":0" : ":") + "\(seconds)"
    }

    func outcome(_ outcome: AuditOutcome) -> String {
        switch outcome {
        case .success: self["outcomeSuccess"]
        case .refused: self["outcomeRefused"]
        case .failed, .majorFailure: self["outcomeFailed"]
        }
    }

    func action(_ action: AuditAction) -> String {
        switch action {
        case .signIn: self["actionSignIn"]
        case .signOut: self["actionSignOut"]
        case .signInFailed: self["actionSignInFailed"]
        case .read: self["actionRead"]
        case .vread: self["actionVread"]
        case .history: self["actionHistory"]
        case .search: self["actionSearch"]
        case .create: self["actionCreate"]
        case .update: self["actionUpdate"]
        case .patch: self["actionPatch"]
        case .delete: self["actionDelete"]
        case .operation: self["actionOperation"]
        case .transaction: self["actionTransaction"]
        case .export: self["actionExport"]
        case .refusal: self["actionRefusal"]
        case .breakGlass: self["actionBreakGlass"]
        case .configuration: self["actionConfiguration"]
        case .auditRead: self["actionAuditRead"]
        case .reveal: self["actionReveal"]
        case .objection: self["actionObjection"]
        case .start: self["actionStart"]
        case .stop: self["actionStop"]
        case .possibleLoss: self["actionPossibleLoss"]
        case .disclosure: self["actionDisclosure"]
        }
    }
}
