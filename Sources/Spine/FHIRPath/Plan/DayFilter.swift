/// What a criterion begins with: comparisons of a day of each item with one that is the same for all, and what depends on the item
/// alone. It is read of each item once, so that a criterion that is asked for again and again, for other days, needn't go through what
/// it drops.
struct DayFilter {
    struct Condition {
        /// The day of an item, or whether it is to be kept.
        let key: Plan
        /// With what the day is compared.
        let comparison: (operation: BinaryOperator, operand: Plan)?
    }

    let conditions: UnsafeBufferPointer<Condition>
    /// What else must hold.
    let rest: UnsafePointer<Plan>?

    /// - Parameter level: that of the items.
    /// - Returns: nil where a criterion begins otherwise.
    init?(_ criterion: Plan, level: Int, _ store: PlanStore) {
        guard case .chain(let first, let operands) = criterion.operation else { return nil }
        var parts = [criterion]
        if operands.allSatisfy({ $0.operation == .and }) { parts = [first.pointee] + operands.map(\.value) }
        let known = parts.map { Self.condition($0, level) }
        let found = known.prefix { $0 != nil }.compactMap { $0 }
        guard found.contains(where: { $0.comparison != nil }) else { return nil }
        conditions = store.keep(found)
        let left = Array(parts.dropFirst(found.count))
        if let head = left.first {
            let more = Array(operands.suffix(left.count - 1))
            let whole = Plan(.chain(store.keep(head), store.keep(more)), at: head.offset, levels: criterion.levels)
            rest = store.keep(more.isEmpty ? head : whole)
        } else {
            rest = nil
        }
    }

    private static func condition(_ plan: Plan, _ level: Int) -> Condition? {
        if case .chain(let key, let operands) = plan.operation, operands.count == 1, isDay(key.pointee, level),
            !operands[0].value.levels.contains(level)
        {
            switch operands[0].operation {
            case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal:
                return Condition(key: key.pointee, comparison: (operands[0].operation, operands[0].value))
            default: break
            }
        }
        return plan.levels == Levels(level) ? Condition(key: plan, comparison: nil) : nil
    }

    /// Whether it is the item itself, or a path from it that asks for nothing else.
    private static func isDay(_ plan: Plan, _ level: Int) -> Bool {
        guard plan.levels == Levels(level) else { return false }
        switch plan.operation {
        case .this: return true
        case .path(let steps):
            return steps.allSatisfy { step in
                switch step.kind {
                case .member: true
                case .function(let call): [.toDate, .ofType, .first, .last].contains(call.pointee.function)
                default: false
                }
            }
        default: return false
        }
    }
}
