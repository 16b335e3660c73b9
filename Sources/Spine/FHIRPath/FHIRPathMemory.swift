import JSON

/// What parts of expressions have yielded, so that they needn't be worked out again at the next evaluation.
///
/// It may be used for evaluations on one context in one environment, of which only the variables differ that are said to vary. Their other
/// variables, once they are there, must stay. One thread uses it at a time.
public final class FHIRPathMemory {
    /// Stands for the time among the names of variables.
    static let time = "now()"

    private let varying: Set<String>
    private var parts: [ObjectIdentifier: KeptParts] = [:]
    /// Documents that came in by the way, which what is kept may refer to.
    var documents: [JSONDocument] = []

    /// - Parameter varying: the names of the variables that differ from one evaluation to the next.
    public init(varying: Set<String>) { self.varying = varying.union([Self.time]) }

    func parts(of expression: CompiledExpression) -> KeptParts {
        let id = ObjectIdentifier(expression)
        if let known = parts[id] { return known }
        let new = KeptParts(expression, varying)
        parts[id] = new
        return new
    }
}

/// The closed parts of one expression that stay the same from one evaluation to the next.
final class KeptParts {
    // Its place in memory names it.
    private let expression: CompiledExpression
    let staysSame: [Bool]
    var kept: [KeptItems?]

    init(_ expression: CompiledExpression, _ varying: Set<String>) {
        self.expression = expression
        staysSame = expression.closedNames.map { $0.isDisjoint(with: varying) }
        kept = Array(repeating: nil, count: staysSame.count)
    }
}

/// What a closed part has yielded.
final class KeptItems {
    let items: Items
    /// The items as days; nil where not each of them is a whole day.
    private(set) lazy var days = days(of: items)
    private var columns: [Column] = []

    struct Column {
        let condition: UnsafePointer<DayFilter.Condition>
        let days: [Int32]?
    }

    init(_ items: Items) { self.items = items }

    /// The days of the items by a condition's key, as far as they were worked out: none where not each of them is a whole day.
    func column(_ condition: UnsafePointer<DayFilter.Condition>) -> Column? {
        columns.first { $0.condition == condition }
    }

    func keep(_ days: [Int32]?, as condition: UnsafePointer<DayFilter.Condition>) {
        columns.append(Column(condition: condition, days: days))
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
