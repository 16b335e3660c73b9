import FHIR
import JSON

/// A Period, or a dateTime as the span that it stands for, in milliseconds; an open end reaches to the end of time.
struct FHIRPeriod: Sendable, Hashable {
    let range: ClosedRange<Int64>

    /// - Returns: nil for a value that is neither, for one without any date, and for an end before the start.
    init?(_ node: JSONNode) {
        if let text = node.string {
            guard let time = FHIRDateTime(text) else { return nil }
            range = time.lowMilliseconds...time.highMilliseconds
            return
        }
        let start = node["start"]?.string.flatMap { FHIRDateTime($0) }?.lowMilliseconds
        let end = node["end"]?.string.flatMap { FHIRDateTime($0) }?.highMilliseconds
        guard start != nil || end != nil else { return nil }
        let low = start ?? Int64.min
        let high = end ?? Int64.max
        guard low <= high else { return nil }
        range = low...high
    }
}
