import SQL
import UCUM

extension NumberCondition {
    /// The same range in another unit; nil when the two measure different things, or when one falls as the other grows.
    func converted(from unit: UCUMUnit, to other: UCUMUnit) -> NumberCondition? {
        guard let value = unit.convert(value, to: other), let low = unit.convert(low, to: other),
            let high = unit.convert(high, to: other), low <= high
        else { return nil }
        return NumberCondition(prefix: prefix, value: value, low: low, high: high)
    }
}

extension SQLConnection {
    /// The unit whose code has a number; nil when that is no UCUM code.
    func unit(_ term: Int64) throws -> UCUMUnit? {
        try first("SELECT text FROM term WHERE id = ?", [.integer(term)]) { $0.text(0) }.flatMap { UCUM.unit($0) }
    }
}
