import Containment
import JSON
import Records
import Signals

extension Portal.SignalVisit {
    /// Measures and notices that are read for a page at most.
    private static let responsesMax = 1_000

    /// The measures of a signal, or every one that the reader may see, the earliest first.
    func measures(of signal: String?) throws -> [Measure] {
        try tasks(Measure.search(signal: signal, count: 200), limit: Self.responsesMax) { try Measure($0) }
            .sorted { ($0.steps.first?.at ?? 0, $0.id) < ($1.steps.first?.at ?? 0, $1.id) }
    }

    /// The notices of a signal that the reader sees, the earliest first. They go with the signal: whoever sees it sees them.
    func notices(of signal: String) throws -> [Notice] {
        try desk.store.search(type: "Communication", parameters: Notice.search(signal: signal, count: 200))
            .entries.compactMap { try Notice($0.version) }
            .sorted { ($0.steps.first?.at ?? 0, $0.id) < ($1.steps.first?.at ?? 0, $1.id) }
    }
}
