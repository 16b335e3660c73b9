/// The pulse of the feed as its template, and the live stream, read it.
struct PulseView {
    struct Row {
        let name: String
        let title: String
        let state: String
        let stateClass: String
        let position: String
        let lag: String
        let failures: String
    }

    let answer: String
    let stateClass: String
    let time: String
    let rows: [Row]

    /// Puts the pulse into words.
    init(_ pulse: Pulse, words: Words) {
        let states = pulse.faculties.map { $0.state(head: pulse.head) }
        let late = states.filter { $0 == .behind || $0 == .rebuilding }.count
        let failing = states.filter { $0 == .failing }.count
        if failing > 0 {
            answer = words.counted("feedFailing", failing)
            stateClass = "act"
        } else if late > 0 {
            answer = words.counted("feedBehind", late)
            stateClass = "watch"
        } else {
            answer = words.counted("feedUpToDate", Int(pulse.head))
            stateClass = "good"
        }
        time = words.text(
            "feedTime",
            ["time": words.dateTime(milliseconds: pulse.at), "size": Self.size(pulse.databaseBytes, words: words)])
        rows = zip(pulse.faculties, states).map { faculty, state in
            Row(
                name: faculty.name, title: words.table["projection_\(faculty.name)"] ?? faculty.name,
                state: words["state_\(state.rawValue)"], stateClass: Self.tone(state),
                position: words.text(
                    "feedPosition",
                    ["n": words.number(Int(faculty.position)), "head": words.number(Int(pulse.head))]),
                lag: words.delay(seconds: faculty.lagSeconds), failures: words.number(faculty.failures))
        }
    }

    private static func tone(_ state: Pulse.State) -> String {
        switch state {
        case .upToDate: "good"
        case .behind, .rebuilding: "watch"
        case .failing: "act"
        }
    }

    /// Bytes as MB, to a tenth.
    static func size(_ bytes: Int, words: Words) -> String {
        let tenths = bytes / 100_000
        return words.number(tenths / 10) + ".\(tenths % 10) MB"
    }
}
