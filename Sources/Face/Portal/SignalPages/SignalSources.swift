import Calendar
import Signals
import Syndromes

/// What each source says of a signal's condition and place, as the template reads it: persons first, then what is counted beside
/// them.
struct SignalSources {
    struct Row {
        let name: String
        let observed: String
        let expected: String
        let upper: String
        /// Above what is usual, within it, or — where too little was counted to tell.
        let compared: String
        let hasRisen: Bool
    }

    /// What rose.
    let name: String
    let rows: [Row]

    /// - Parameters:
    ///   - cells: the counts of the condition in the signal's place in the days that a search needs.
    ///   - condition: one of those that the signal tells.
    ///   - age: among whom it rose; nil: among all.
    ///   - since: the first day of each source.
    init(
        _ cells: [EventCounts.Cell], since: [EventSource: CivilDay], of condition: WatchedCondition, _ age: AgeGroup?,
        in signal: Signal,
        _ search: SignalSearch, _ words: Words
    ) {
        name = words.condition(condition)
        let day = signal.window.upperBound
        let bySource = Dictionary(grouping: cells, by: \.source)
        rows = bySource.keys.sorted { $0.rawValue < $1.rawValue }.map { source in
            let own = (bySource[source] ?? []).filter {
                age == nil || !source.countsPersons || $0.age == age
            }
            let last = search.course(own, since: since, on: day, periods: 1).last
            let newest = own.filter { $0.day.number > day.number - 7 && $0.day <= day }.reduce(0) { $0 + $1.count }
            guard let last, !last.expected.isNaN else {
                return Row(
                    name: words.source(source), observed: words.number(newest), expected: "—", upper: "—",
                    compared: "—", hasRisen: false)
            }
            let hasRisen = last.observed > last.upper
            return Row(
                name: words.source(source), observed: words.number(Int(last.observed)),
                expected: "\((last.expected * 10).rounded() / 10)", upper: words.number(Int(last.upper)),
                compared: words[hasRisen ? "signalIsRisen" : "signalIsUsual"], hasRisen: hasRisen)
        }
    }
}
