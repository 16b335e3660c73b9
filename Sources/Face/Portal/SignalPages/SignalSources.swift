import Calendar
import Signals

/// What each source says of a signal's condition and place, as the template reads it: persons first, then what is counted beside
/// them.
struct SignalSources {
    struct Row {
        let name: String
        let observed: String
        let expected: String
        let upper: String
        let hasRisen: Bool
    }

    let rows: [Row]

    /// - Parameter cells: the counts of the signal's condition and place in the days that a search needs.
    init(_ cells: [EventCounts.Cell], of signal: Signal, _ search: SignalSearch, _ words: Words) {
        let bySource = Dictionary(grouping: cells, by: \.source)
        rows = bySource.keys.sorted { $0.rawValue < $1.rawValue }.compactMap { source in
            let own = (bySource[source] ?? []).filter {
                signal.age == nil || !source.countsPersons || $0.age == signal.age
            }
            guard let last = search.course(own, on: signal.window.upperBound, periods: 1).last else { return nil }
            func text(_ value: Double) -> String { value.isNaN ? "—" : "\((value * 10).rounded() / 10)" }
            return Row(
                name: words.source(source), observed: words.number(Int(last.observed)), expected: text(last.expected),
                upper: last.upper.isNaN ? "—" : words.number(Int(last.upper)), hasRisen: last.observed > last.upper)
        }
    }
}
