// Parts that yield the same wherever they stand are worked out once.
extension Evaluator {
    mutating func evaluate(_ part: UnsafePointer<ClosedPart>) throws(FHIRPathError) -> Items {
        if let kept = try kept(part) { return kept.items }
        return try evaluate(part.pointee.plan)
    }

    /// What a closed part yields; nil where it isn't worth keeping.
    mutating func kept(_ part: UnsafePointer<ClosedPart>) throws(FHIRPathError) -> KeptItems? {
        let number = part.pointee.number
        if let parts, parts.staysSame[number] {
            if let known = parts.kept[number] { return known }
            let kept = KeptItems(try evaluate(part.pointee.plan))
            parts.kept[number] = kept
            return kept
        }
        guard part.pointee.isInLoop else { return nil }
        if own.isEmpty { own = Array(repeating: nil, count: closedCount) }
        if let known = own[number] { return known }
        let kept = KeptItems(try evaluate(part.pointee.plan))
        own[number] = kept
        return kept
    }

    /// Whether an item is among days; nil where that is to be found out otherwise.
    mutating func isDay(_ left: Items, among plan: Plan) throws(FHIRPathError) -> Bool? {
        guard left.rest.isEmpty, let day = left.first?.plainDay, case .closed(let part) = plan.operation,
            let days = try kept(part)?.days
        else { return nil }
        return days.contains(day)
    }

    /// Below so many items nothing is gained.
    private static var fewMax: Int { 4 }

    /// The items that a criterion keeps; nil where each is to be asked.
    mutating func filtered(_ input: KeptItems, _ filter: UnsafePointer<DayFilter>) throws(FHIRPathError) -> Items? {
        guard input.items.count >= Self.fewMax, var condition = filter.pointee.conditions.baseAddress else {
            return nil
        }
        var places: [Int]?
        for _ in filter.pointee.conditions {
            if let places, places.isEmpty { break }
            guard let column = column(input, condition) else { return nil }
            if let (operation, operand) = condition.pointee.comparison {
                guard let bound = try singleton(try scoped(operand), operand.offset)?.plainDay else { return nil }
                let holds = Self.comparing(operation, bound)
                places = places.map { $0.filter { holds(column[$0]) } } ?? column.indices.filter { holds(column[$0]) }
            } else {
                places = places.map { $0.filter { column[$0] != 0 } } ?? column.indices.filter { column[$0] != 0 }
            }
            condition += 1
        }
        try count(input.items.count / 64 + 1, filter.pointee.conditions[0].key.offset)
        var result = Items()
        for place in places ?? [] {
            guard let item = input.items[place] else { continue }
            if let rest = filter.pointee.rest {
                guard try holds(rest.pointee, item, place) == true else { continue }
            }
            result.append(item)
        }
        return result
    }

    private static func comparing(_ operation: BinaryOperator, _ bound: Int32) -> (Int32) -> Bool {
        switch operation {
        case .less: { $0 < bound }
        case .lessOrEqual: { $0 <= bound }
        case .greater: { $0 > bound }
        case .greaterOrEqual: { $0 >= bound }
        default: { $0 == bound }
        }
    }

    /// The days of the items, or whether each is to be kept; nil where that isn't known of each of them.
    private mutating func column(
        _ input: KeptItems, _ condition: UnsafePointer<DayFilter.Condition>
    ) -> [Int32]? {
        if let known = input.column(condition) { return known.values }
        var values: [Int32]? = []
        values?.reserveCapacity(input.items.count)
        var place = 0
        for item in input.items {
            guard let value = value(of: item, place, condition) else {
                values = nil
                break
            }
            values?.append(value)
            place += 1
        }
        input.keep(values, as: condition)
        return values
    }

    private mutating func value(
        of item: Item, _ place: Int, _ condition: UnsafePointer<DayFilter.Condition>
    ) -> Int32? {
        let key = condition.pointee.key
        let (keptThis, keptIndex, count) = (this, index, variables.count)
        guard let value = try? evaluate(key, this: Items(item), index: place) else {
            // The criterion itself tells so for the items that it is asked about.
            (this, index) = (keptThis, keptIndex)
            variables.removeSubrange(count...)
            return nil
        }
        if condition.pointee.comparison != nil { return value.rest.isEmpty ? value.first?.plainDay : nil }
        return (try? boolean(value, key.offset)).flatMap { $0 }.map { $0 ? 1 : 0 }
    }
}
