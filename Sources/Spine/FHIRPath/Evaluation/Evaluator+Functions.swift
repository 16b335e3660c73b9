import JSON

extension Evaluator {
    /// Applies a function to its input.
    mutating func call(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        let offset = call.offset
        switch call.function {
        // Existence
        case .empty: return .boolean(input.isEmpty)
        case .exists:
            guard let criterion = call.arguments.first else { return .boolean(!input.isEmpty) }
            var position = 0
            for item in input {
                if try holds(criterion, item, position) == true { return .boolean(true) }
                position += 1
            }
            return .boolean(false)
        case .all:
            var position = 0
            for item in input {
                guard try holds(call.arguments[0], item, position) == true else { return .boolean(false) }
                position += 1
            }
            return .boolean(true)
        case .allTrue, .anyTrue, .allFalse, .anyFalse: return try quantified(call.function, input, offset)
        case .count: return Items(.integer(input.count))
        case .not: return .boolean(try boolean(input, offset).map { !$0 })
        case .hasValue:
            guard input.count == 1, let first = input.first else { return .boolean(false) }
            guard case .node(let node) = first else { return .boolean(true) }
            return .boolean(node.isPrimitive && !node.isSiblingAlone)
        // Filtering
        case .where: return try filtered(input, call.arguments[0])
        case .select:
            if input.rest.isEmpty {
                try count(1, offset)
                return try evaluate(call.arguments[0], this: input, index: 0)
            }
            var result = Items()
            var position = 0
            for item in input {
                try count(1, offset)
                result.append(contentsOf: try evaluate(call.arguments[0], this: Items(item), index: position))
                position += 1
            }
            return result
        case .first: return Items(input.first)
        case .last: return Items(input.last)
        case .single:
            return Items(try singleton(input, offset))
        case .ofType: return call.type.map { ofType(input, $0) } ?? Items()
        case .as: return try call.type.map { type throws(FHIRPathError) in try cast(input, type, offset) } ?? Items()
        case .is:
            guard let value = try singleton(input, offset), let type = call.type else { return Items() }
            return .boolean(type.matches(value, isExact: false, model))
        case .iif: return try conditional(call, input)
        case .extension: return try extensions(call, input)
        case .children, .descendants:
            var result = Items()
            for case .node(let node) in input {
                appendChildren(node, call.function == .children ? .elements : .descendants, to: &result)
            }
            try count(result.count, offset)
            return result
        default: break
        }
        if call.function.input == .string { return try stringFunction(call, input) }
        if let result = try collectionFunction(call, input) { return result }
        if let result = try conversion(call, input) { return result }
        if let result = try utility(call, input) { return result }
        if let result = try fhirFunction(call, input) { return result }
        return try mathFunction(call, input)
    }

    // MARK: Criteria

    mutating func holds(
        _ criterion: Plan, _ item: Item, _ position: Int
    ) throws(FHIRPathError) -> Bool? {
        try count(1, criterion.offset)
        return try boolean(try evaluate(criterion, this: Items(item), index: position), criterion.offset)
    }

    private mutating func filtered(_ input: Items, _ criterion: Plan) throws(FHIRPathError) -> Items {
        if input.rest.isEmpty, let item = input.first {
            return try holds(criterion, item, 0) == true ? input : Items()
        }
        var result = Items()
        var position = 0
        for item in input {
            if try holds(criterion, item, position) == true { result.append(item) }
            position += 1
        }
        return result
    }

    private func quantified(_ function: Function, _ input: Items, _ offset: Int) throws(FHIRPathError) -> Items {
        var (hasTrue, hasFalse) = (false, false)
        for item in input {
            guard case .boolean(let truth) = item.system else {
                throw fault("\(function.rawValue)() on \(item.typeName)", offset, expected: "Booleans")
            }
            if truth { hasTrue = true } else { hasFalse = true }
        }
        switch function {
        case .allTrue: return .boolean(!hasFalse)
        case .anyTrue: return .boolean(hasTrue)
        case .allFalse: return .boolean(!hasTrue)
        default: return .boolean(hasFalse)
        }
    }

    private mutating func conditional(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        guard input.rest.isEmpty else {
            throw fault("iif() on \(input.count) values", call.offset, expected: "one or none")
        }
        let criterion = try evaluate(call.arguments[0], this: input, index: index)
        if try boolean(criterion, call.arguments[0].offset) == true {
            return try evaluate(call.arguments[1], this: input, index: index)
        }
        return call.arguments.count > 2 ? try evaluate(call.arguments[2], this: input, index: index) : Items()
    }

    private static let urlKey: JSONFixedKey = "url"
    private static let extensionKey: JSONFixedKey = "extension"

    private mutating func extensions(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        guard let url = try string(try scoped(call.arguments[0]), call.offset) else { return Items() }
        var result = Items()
        for item in input {
            guard case .node(let node) = item else { continue }
            let holder = node.isPrimitive ? node.sibling : node.place
            guard let list = holder?[Self.extensionKey] else { continue }
            for element in list.elements where element[Self.urlKey]?.equals(url) == true {
                result.append(.node(Node(element, type: model.extension)))
            }
        }
        return result
    }

    // MARK: Collections

    private mutating func collectionFunction(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items? {
        let offset = call.offset
        switch call.function {
        case .subsetOf, .supersetOf:
            let other = try scoped(call.arguments[0])
            let (small, large) = call.function == .subsetOf ? (input, other) : (other, input)
            let set = ItemSet(large)
            try count(set.work + small.count, offset)
            return .boolean(small.allSatisfy { set.contains($0) })
        case .distinct:
            return try union(input, Items(), offset)
        case .isDistinct:
            return .boolean(try union(input, Items(), offset).count == input.count)
        case .tail:
            return Items(input.rest)
        case .skip:
            guard let number = try integer(try scoped(call.arguments[0]), offset) else { return Items() }
            return number <= 0 ? input : Items(input.dropFirst(number))
        case .take:
            guard let number = try integer(try scoped(call.arguments[0]), offset) else { return Items() }
            return number <= 0 ? Items() : Items(input.prefix(number))
        case .intersect, .exclude:
            let set = ItemSet(try scoped(call.arguments[0]))
            var (seen, result) = (ItemSet(), Items())
            for item in input where set.contains(item) == (call.function == .intersect) {
                if call.function == .exclude || seen.insert(item) { result.append(item) }
            }
            try count(set.work + seen.work + input.count, offset)
            return result
        case .union: return try union(input, try scoped(call.arguments[0]), offset)
        case .combine:
            var result = input
            result.append(contentsOf: try scoped(call.arguments[0]))
            return result
        case .coalesce:
            for argument in call.arguments {
                let items = try scoped(argument)
                if !items.isEmpty { return items }
            }
            return Items()
        case .repeat, .repeatAll: return try repeated(call, input)
        case .aggregate: return try aggregated(call, input)
        case .sum: return try summed(call, input)
        case .sort: return try sorted(call, input)
        default: return nil
        }
    }

    private mutating func repeated(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        var (result, set) = (Items(), ItemSet())
        var queue = input.array
        var position = 0
        while position < queue.count {
            let items = try evaluate(call.arguments[0], this: Items(queue[position]), index: position)
            position += 1
            for item in items where call.function == .repeatAll || set.insert(item) {
                result.append(item)
                queue.append(item)
            }
            try count(items.count * 4 + 1, call.offset)
        }
        try count(set.work, call.offset)
        return result
    }

    private mutating func aggregated(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        let kept = total
        defer { total = kept }
        total = call.arguments.count > 1 ? try scoped(call.arguments[1]) : Items()
        var position = 0
        for item in input {
            try count(1, call.offset)
            total = try evaluate(call.arguments[0], this: Items(item), index: position)
            position += 1
        }
        return total
    }

    /// The sum of numbers or quantities; of nothing it is nothing.
    private func summed(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        var total: Item?
        for item in input {
            guard let value = item.system else {
                throw fault("sum() of an element that is no value", call.offset)
            }
            guard let before = total else {
                total = value
                continue
            }
            guard let sum = try arithmetic(.add, before, value, call.offset).first else { return Items() }
            total = sum
        }
        return Items(total)
    }

    /// Empty keys come first, also in descending order; what can't be compared keeps its order.
    private mutating func sorted(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        struct Row {
            let item: Item
            let keys: [Item?]
            let position: Int
        }
        var rows: [Row] = []
        var position = 0
        for item in input {
            var keys: [Item?] = []
            for argument in call.arguments {
                let key = try evaluate(argument, this: Items(item), index: position)
                keys.append(try singleton(key, argument.offset))
            }
            rows.append(Row(item: item, keys: call.arguments.isEmpty ? [item] : keys, position: position))
            position += 1
        }
        try count(rows.count * 16, call.offset)
        let descending = call.arguments.isEmpty ? [false] : call.arguments.map(\.isDescending)
        var failure: FHIRPathError?
        rows.sort { one, other in
            for (place, isDescending) in descending.enumerated() {
                var order = 0
                switch (one.keys[place], other.keys[place]) {
                case (nil, nil): continue
                case (nil, _): return true
                case (_, nil): return false
                case (let left?, let right?):
                    do throws(FHIRPathError) {
                        order = try self.order(left, right, call.offset) ?? 0
                    } catch {
                        failure = error
                    }
                }
                if order != 0 { return (order < 0) != isDescending }
            }
            return one.position < other.position
        }
        if let failure { throw failure }
        return Items(rows.map(\.item))
    }

    // MARK: Conversions

    private mutating func conversion(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items? {
        let convert: (Item) -> Item?
        switch call.function {
        case .toBoolean, .convertsToBoolean: convert = \.toBoolean
        case .toInteger, .convertsToInteger: convert = \.toInteger
        case .toDecimal, .convertsToDecimal: convert = \.toDecimal
        case .toString, .convertsToString: convert = \.toText
        case .toDate, .convertsToDate: convert = \.toDate
        case .toDateTime, .convertsToDateTime: convert = \.toDateTime
        case .toTime, .convertsToTime: convert = \.toTime
        case .toQuantity, .convertsToQuantity: convert = \.toQuantity
        default: return nil
        }
        guard let value = try singleton(input, call.offset) else { return Items() }
        let result = value.system.flatMap(convert)
        switch call.function {
        case .convertsToBoolean, .convertsToInteger, .convertsToDecimal, .convertsToString, .convertsToDate,
            .convertsToDateTime, .convertsToTime, .convertsToQuantity:
            return .boolean(result != nil)
        case .toQuantity:
            guard let argument = call.arguments.first, let unit = try string(try scoped(argument), call.offset),
                case .quantity(let quantity) = result
            else { return Items(result) }
            let target = FHIRPathQuantity(FHIRPathDecimal(1), unit)
            return Items(quantity.value(inUnitOf: target).map { .quantity(FHIRPathQuantity($0, unit)) })
        default: return Items(result)
        }
    }
}
