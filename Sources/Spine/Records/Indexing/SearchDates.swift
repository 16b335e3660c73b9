import FHIR
import JSON

/// The index rows of date parameters.
enum SearchDates {
    static func append(_ node: JSONNode, _ shape: ValueShape, _ param: Int64, _ rows: inout IndexRows) {
        switch shape {
        case .period:
            let start = moment(node[Keys.start])
            let end = moment(node[Keys.end])
            if start != nil || end != nil { add(start?.lowMilliseconds, end?.highMilliseconds, param, &rows) }
        case .timing:
            let events = node[Keys.event].map { $0.elements.compactMap { moment($0) } } ?? []
            if let first = events.map(\.lowMilliseconds).min(), let last = events.map(\.highMilliseconds).max() {
                add(first, last, param, &rows)
            } else if let bounds = node[Keys.repeat]?[Keys.boundsPeriod] {
                append(bounds, .period, param, &rows)
            }
        default:
            if let moment = moment(node) { add(moment.lowMilliseconds, moment.highMilliseconds, param, &rows) }
        }
    }

    private static func add(_ low: Int64?, _ high: Int64?, _ param: Int64, _ rows: inout IndexRows) {
        let low = low ?? DateRange.earliest
        let span = max(0, (high ?? DateRange.latest) - low)
        let isLong = span > IndexedParameter.shortSpanMilliseconds
        rows.dates.append(.init(param: isLong ? -param : param, low: low, span: span))
    }

    private static func moment(_ node: JSONNode?) -> FHIRDateTime? {
        guard let node, node.isString else { return nil }
        return node.withUTF8 { FHIRDateTime(utf8: $0) } ?? nil
    }
}

/// The ends of time as stored.
enum DateRange {
    /// 0001-01-01T00:00:00Z.
    static let earliest: Int64 = -62_135_596_800_000
    /// 9999-12-31T23:59:59.999Z.
    static let latest: Int64 = 253_402_300_799_999
}
