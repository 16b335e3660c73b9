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
        guard input.items.count >= Self.fewMax else { return nil }
        var places: [Int]?
        guard var condition = filter.pointee.conditions.baseAddress else { return nil }
        for _ in filter.pointee.conditions {
            defer { condition += 1 }
            if let places, places.isEmpty { return Items() }
            guard let days = try days(input, condition) else { return nil }
            guard let bound = try singleton(try scoped(condition.pointee.operand), condition.pointee.operand.offset)?
                .plainDay
            else { return nil }
            let operation = condition.pointee.operation
            func holds(_ place: Int) -> Bool {
                switch operation {
                case .less: days[place] < bound
                case .lessOrEqual: days[place] <= bound
                case .greater: days[place] > bound
                case .greaterOrEqual: days[place] >= bound
                default: days[place] == bound
                }
            }
            // Of those that the conditions before have kept.
            places = places.map { $0.filter(holds) } ?? days.indices.filter(holds)
        }
        try count(input.items.count / 64 + 1, filter.pointee.conditions[0].operand.offset)
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

    private mutating func days(
        _ input: KeptItems, _ condition: UnsafePointer<DayFilter.Condition>
    ) throws(FHIRPathError) -> [Int32]? {
        if let known = input.column(condition) { return known.days }
        var days: [Int32]? = []
        days?.reserveCapacity(input.items.count)
        var place = 0
        for item in input.items {
            let value = try evaluate(condition.pointee.key, this: Items(item), index: place)
            guard value.rest.isEmpty, let day = value.first?.plainDay else {
                days = nil
                break
            }
            days?.append(day)
            place += 1
        }
        input.keep(days, as: condition)
        return days
    }
}
