import AuditLog
import Calendar
import Records

/// What an operator asks of the audit log, and what it answers, as plain data.
struct AuditModel: Sendable {
    /// What the address asks for.
    struct Choice: Sendable, Equatable {
        var from: CivilDay
        var until: CivilDay
        /// A login name, as typed.
        var login = ""
        /// A Patient's id, as typed.
        var patient = ""
        var action: AuditAction?
        var onlyRefused = false
        /// Where the page begins: one number, or three in the order of time.
        var after: [Int64] = []

        /// Reads `from`, `until`, `login`, `patient`, `action`, `outcome` and `after`; the last seven days when nothing is
        /// said.
        init(query: [(name: String, value: String)] = [], today: CivilDay) {
            from = today.advanced(by: -6)
            until = today
            for (name, value) in query {
                switch name {
                case "from": from = CivilDay(value) ?? from
                case "until": until = CivilDay(value) ?? until
                case "login": login = value.trimmed
                case "patient":
                    let id = value.trimmed
                    patient = id.hasPrefix("Patient/") ? String(id.dropFirst(8)) : id
                case "action": action = UInt8(value).flatMap(AuditAction.init(rawValue:))
                case "outcome": onlyRefused = value == "refused"
                case "after": after = value.split(separator: ".").compactMap { Int64($0) }
                default: break
                }
            }
        }

        /// The address of the page that begins at a place.
        func href(after: [Int64]) -> String {
            Address.make(
                "/operator/audit",
                [
                    ("from", from.isoText), ("until", until.isoText), ("login", login.isEmpty ? nil : login),
                    ("patient", patient.isEmpty ? nil : patient), ("action", action.map { "\($0.rawValue)" }),
                    ("outcome", onlyRefused ? "refused" : nil),
                    ("after", after.isEmpty ? nil : after.map(String.init).joined(separator: ".")),
                ])
        }

        /// The time, in milliseconds; the last day is included.
        var time: Range<Int64> {
            let start = min(from, until).startMilliseconds
            return start..<max(start + 1, max(from, until).advanced(by: 1).startMilliseconds)
        }

        func keeps(_ entry: AuditEntry, account: String?) -> Bool {
            time.contains(entry.at) && (action == nil || entry.action == action)
                && (!onlyRefused || entry.outcome != .success) && (account == nil || entry.agent.account == account)
                && (patient.isEmpty || entry.patients.contains("Patient/" + patient))
        }
    }

    /// How the log stands.
    struct State: Sendable {
        let size: Int64
        let root: String
        let checkpointAt: Int64?
        let checkpointSize: Int64?
        /// Whether the log still begins as it was when the last checkpoint was signed; nil without a checkpoint.
        let agrees: Bool?
        let faults: [String]
    }

    let choice: Choice
    let entries: [AuditTrail.Placed]
    let next: [Int64]
    let state: State

    static let pageRows = 50
    /// Entries looked at for one page at most.
    static let scannedMax = 5_000
}
