/// Where a signal stands in its loop.
public enum SignalStage: String, Sendable, CaseIterable {
    case detected
    case verifying
    case investigating
    case responding
    case closed
    case falseAlarm = "false-alarm"

    /// The stages that may come next.
    public var next: [SignalStage] {
        switch self {
        case .detected: [.verifying, .falseAlarm]
        case .verifying: [.investigating, .falseAlarm]
        case .investigating: [.responding, .closed, .falseAlarm]
        case .responding: [.closed]
        case .closed, .falseAlarm: []
        }
    }

    /// Whether something is left to do.
    public var isOpen: Bool { !next.isEmpty }

    /// `Task.status`.
    var status: String {
        switch self {
        case .detected: "requested"
        case .verifying: "accepted"
        case .investigating, .responding: "in-progress"
        case .closed: "completed"
        case .falseAlarm: "rejected"
        }
    }
}
