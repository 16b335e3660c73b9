import JSON

/// What parts of expressions have yielded, so that they needn't be worked out again at the next evaluation.
///
/// It may be used for evaluations on one context in one environment, of which only the variables differ that are said to vary. Their other
/// variables, once they are there, must stay. One thread uses it at a time.
public final class FHIRPathMemory {
    private let variation: FHIRPathVariation
    private var parts: [KeptParts?]
    /// Documents that came in by the way, which what is kept may refer to.
    var documents: [JSONDocument] = []

    /// - Parameter variation: for which expressions, and what differs from one evaluation to the next.
    public init(_ variation: FHIRPathVariation) {
        self.variation = variation
        parts = Array(repeating: nil, count: variation.staysSame.count)
    }

    /// - Returns: nil of an expression of which no part stays the same.
    func parts(of expression: CompiledExpression) -> KeptParts? {
        guard let place = variation.places[ObjectIdentifier(expression)] else { return nil }
        if let known = parts[place] { return known }
        let new = KeptParts(variation.staysSame[place])
        parts[place] = new
        return new
    }
}

/// Which parts of expressions stay the same from one evaluation to the next.
public struct FHIRPathVariation: Sendable {
    /// Stands for the time among the names of variables.
    static let time = "now()"

    // Kept, for their places in memory name them.
    private let expressions: [CompiledExpression]
    let places: [ObjectIdentifier: Int]
    let staysSame: [[Bool]]

    /// - Parameters:
    ///   - expressions: those that are evaluated.
    ///   - varying: the names of the variables that differ from one evaluation to the next.
    public init(_ expressions: [FHIRPathExpression], varying: Set<String>) {
        let varying = varying.union([Self.time])
        var places: [ObjectIdentifier: Int] = [:]
        var staysSame: [[Bool]] = []
        self.expressions = expressions.map(\.compiled)
        for expression in self.expressions where places[ObjectIdentifier(expression)] == nil {
            let parts = expression.closedNames.map { $0.isDisjoint(with: varying) }
            guard parts.contains(true) else { continue }
            places[ObjectIdentifier(expression)] = staysSame.count
            staysSame.append(parts)
        }
        (self.places, self.staysSame) = (places, staysSame)
    }
}

/// The closed parts of one expression that stay the same from one evaluation to the next.
final class KeptParts {
    let staysSame: [Bool]
    var kept: [KeptItems?]

    init(_ staysSame: [Bool]) {
        self.staysSame = staysSame
        kept = Array(repeating: nil, count: staysSame.count)
    }
}

/// What a closed part has yielded.
final class KeptItems {
    let items: Items
    /// The items as days; nil where not each of them is a whole day.
    private(set) lazy var days = days(of: items)
    private var columns: [Column] = []

    /// What a condition asks of each item; none where that isn't known of each of them.
    struct Column {
        let condition: UnsafePointer<DayFilter.Condition>
        let values: [Int32]?
    }

    init(_ items: Items) { self.items = items }

    /// What was worked out for a condition.
    func column(_ condition: UnsafePointer<DayFilter.Condition>) -> Column? {
        columns.first { $0.condition == condition }
    }

    func keep(_ values: [Int32]?, as condition: UnsafePointer<DayFilter.Condition>) {
        columns.append(Column(condition: condition, values: values))
    }

    private func days(of items: Items) -> Set<Int32>? {
        var days: Set<Int32> = []
        for item in items {
            guard let day = item.plainDay else { return nil }
            days.insert(day)
        }
        return days
    }
}

extension Item {
    /// A number that grows with the days, of a date that is known to the day and has no zone; nil of anything else.
    var plainDay: Int32? {
        guard case .date(let date)? = system, date.precision == .day, !date.hasOffset, date.offsetMinutes == 0,
            !date.isTimeOfDay, date.year >= 0
        else { return nil }
        return Int32(date.year) << 9 | Int32(date.month) << 5 | Int32(date.day)
    }
}
