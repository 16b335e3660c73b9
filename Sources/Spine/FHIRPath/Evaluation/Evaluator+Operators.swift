import JSON

extension Evaluator {
    /// Operators of one precedence, from left to right.
    mutating func chain(_ first: Plan, _ operands: UnsafeBufferPointer<Plan.Operand>) throws(FHIRPathError) -> Items {
        var left = try scoped(first)
        if operands.count > 1, operands.allSatisfy({ $0.operation == .concatenate }) {
            var text = ""
            try write(left, operands[0].offset, to: &text)
            for operand in operands {
                if case .literal(let items) = operand.value.operation, case .string(let part)? = items.pointee.first {
                    text.append(part)
                } else {
                    try write(try scoped(operand.value), operand.offset, to: &text)
                }
            }
            return .string(text)
        }
        for operand in operands {
            left = try apply(operand, to: left)
        }
        return left
    }

    private mutating func apply(_ operand: Plan.Operand, to left: Items) throws(FHIRPathError) -> Items {
        let offset = operand.offset
        switch operand.operation {
        case .and, .or, .implies:
            return try logical(operand, left)
        case .xor:
            let right = try boolean(try scoped(operand.value), offset)
            guard let one = try boolean(left, offset), let right else { return Items() }
            return .boolean(one != right)
        case .equal: return .boolean(Equality.equal(left, try scoped(operand.value)))
        case .notEqual: return .boolean(Equality.equal(left, try scoped(operand.value)).map { !$0 })
        case .equivalent: return .boolean(Equality.equivalent(left, try scoped(operand.value)))
        case .notEquivalent: return .boolean(!Equality.equivalent(left, try scoped(operand.value)))
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            return try compare(operand.operation, left, try scoped(operand.value), offset)
        case .union: return try union(left, try scoped(operand.value), offset)
        case .in:
            if let isThere = try isDay(left, among: operand.value) { return .boolean(isThere) }
            let right = try scoped(operand.value)
            guard let item = try singleton(left, offset) else { return Items() }
            return .boolean(right.contains { Equality.equal(item, $0) == true })
        case .contains:
            let right = try scoped(operand.value)
            guard let item = try singleton(right, offset) else { return Items() }
            return .boolean(left.contains { Equality.equal($0, item) == true })
        case .concatenate:
            var text = ""
            try write(left, offset, to: &text)
            try write(try scoped(operand.value), offset, to: &text)
            return .string(text)
        case .add, .subtract, .multiply, .divide, .div, .mod:
            let right = try scoped(operand.value)
            guard let one = try singleton(left, offset), let other = try singleton(right, offset) else {
                return Items()
            }
            guard let one = one.system, let other = other.system else {
                throw fault("'\(operand.operation.rawValue)' on an element that is no value", offset)
            }
            return try arithmetic(operand.operation, one, other, offset)
        }
    }

    /// Appends the text of the only item, for `&`.
    private func write(_ items: Items, _ offset: Int, to text: inout String) throws(FHIRPathError) {
        guard let value = try singleton(items, offset) else { return }
        if case .node(let node) = value, node.isText {
            node.place.withCharacters { text.append(String(decoding: $0, as: UTF8.self)) }
            return
        }
        guard let written = value.system?.conversionText else {
            throw fault("\(value.typeName) where a string is wanted", offset)
        }
        text.append(written)
    }

    // MARK: Logic

    private mutating func logical(_ operand: Plan.Operand, _ left: Items) throws(FHIRPathError) -> Items {
        let one = try boolean(left, operand.offset)
        // What the left side decides needs no right side.
        switch (operand.operation, one) {
        case (.and, false): return .boolean(false)
        case (.or, true): return .boolean(true)
        case (.implies, false): return .boolean(true)
        default: break
        }
        let other = try boolean(try scoped(operand.value), operand.offset)
        switch operand.operation {
        case .and:
            if other == false { return .boolean(false) }
            return one == true && other == true ? .boolean(true) : Items()
        case .or:
            if other == true { return .boolean(true) }
            return one == false && other == false ? .boolean(false) : Items()
        default:
            if other == true { return .boolean(true) }
            return one == true ? .boolean(other) : Items()
        }
    }

    // MARK: Order

    private func compare(
        _ operation: BinaryOperator, _ left: Items, _ right: Items, _ offset: Int
    ) throws(FHIRPathError) -> Items {
        guard let one = try singleton(left, offset), let other = try singleton(right, offset) else { return Items() }
        guard let order = try order(one, other, offset) else { return Items() }
        switch operation {
        case .less: return .boolean(order < 0)
        case .lessOrEqual: return .boolean(order <= 0)
        case .greater: return .boolean(order > 0)
        default: return .boolean(order >= 0)
        }
    }

    /// -1, 0 or 1; nil where the order isn't known.
    func order(_ one: Item, _ other: Item, _ offset: Int) throws(FHIRPathError) -> Int? {
        guard let left = one.system, let right = other.system else {
            for value in [one, other] {
                if case .node(let node) = value, !node.isPrimitive, node.quantity == nil {
                    throw fault("a comparison of \(one.typeName) with \(other.typeName)", offset)
                }
            }
            return nil
        }
        switch (left, right) {
        case (.string(let left), .string(let right)):
            if left.utf8.elementsEqual(right.utf8) { return 0 }
            return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
        case (.date(let left), .date(let right)), (.date(let left), .dateTime(let right)),
            (.dateTime(let left), .date(let right)), (.dateTime(let left), .dateTime(let right)),
            (.time(let left), .time(let right)):
            switch left.compared(to: right) {
            case .less: return -1
            case .equal: return 0
            case .greater: return 1
            case .unknown: return nil
            }
        case (.quantity(let left), .quantity(let right)): return left.compared(to: right)
        case (.quantity(let left), _):
            if let number = Equality.number(right) { return left.compared(to: FHIRPathQuantity(number, "1")) }
        case (_, .quantity(let right)):
            if let number = Equality.number(left) { return FHIRPathQuantity(number, "1").compared(to: right) }
        case (.integer(let left), .integer(let right)): return left < right ? -1 : left == right ? 0 : 1
        default:
            if let left = Equality.number(left), let right = Equality.number(right) { return left.compared(to: right) }
        }
        throw fault("a comparison of \(one.typeName) with \(other.typeName)", offset)
    }

    // MARK: Sets

    mutating func union(_ one: Items, _ other: Items, _ offset: Int) throws(FHIRPathError) -> Items {
        if other.isEmpty, one.rest.isEmpty { return one }
        if one.isEmpty, other.rest.isEmpty { return other }
        if other.isEmpty, one.rest.count < ItemSet.fewMax {
            try count(one.count, offset)
            var few = Items()
            for item in one where !few.contains(where: { Equality.equal($0, item) == true }) { few.append(item) }
            return few
        }
        var (set, result) = (ItemSet(), Items())
        for item in one where set.insert(item) { result.append(item) }
        for item in other where set.insert(item) { result.append(item) }
        try count(set.work, offset)
        return result
    }

    // MARK: Arithmetic

    func negated(_ items: Items, _ offset: Int) throws(FHIRPathError) -> Items {
        guard let value = try singleton(items, offset) else { return Items() }
        switch value.system {
        case .integer(let integer): return integer == .min ? Items() : Items(.integer(-integer))
        case .decimal(let decimal): return Items(.decimal(decimal.negated))
        case .quantity(let quantity):
            return Items(.quantity(quantity.negated))
        default: throw fault("'-' before \(value.typeName)", offset, expected: "a number or quantity")
        }
    }

    func arithmetic(
        _ operation: BinaryOperator, _ one: Item, _ other: Item, _ offset: Int
    ) throws(FHIRPathError) -> Items {
        switch (one, other) {
        case (.integer(let left), .integer(let right)):
            if let result = integers(operation, left, right) { return result }
        case (.string(let left), .string(let right)) where operation == .add:
            return .string(left + right)
        case (.date(let moment), .quantity(let quantity)) where operation == .add || operation == .subtract:
            return Items(try shifted(moment, quantity, operation, offset).map { .date($0) })
        case (.dateTime(let moment), .quantity(let quantity)) where operation == .add || operation == .subtract:
            return Items(try shifted(moment, quantity, operation, offset).map { .dateTime($0) })
        case (.time(let moment), .quantity(let quantity)) where operation == .add || operation == .subtract:
            return Items(try shifted(moment, quantity, operation, offset).map { .time($0) })
        case (.quantity(let left), .quantity(let right)):
            if let result = quantities(operation, left, right) { return result }
        case (.quantity(let left), _):
            if let number = Equality.number(other),
                let result = quantities(operation, left, FHIRPathQuantity(number, "1"))
            {
                return result
            }
        case (_, .quantity(let right)):
            if let number = Equality.number(one),
                let result = quantities(operation, FHIRPathQuantity(number, "1"), right)
            {
                return result
            }
        default: break
        }
        if let left = Equality.number(one), let right = Equality.number(other) {
            return decimals(operation, left, right)
        }
        throw fault("'\(operation.rawValue)' between \(one.typeName) and \(other.typeName)", offset)
    }

    /// - Returns: nil where the result is no Integer by nature: a quotient.
    private func integers(_ operation: BinaryOperator, _ left: Int, _ right: Int) -> Items? {
        func made(_ result: (partialValue: Int, overflow: Bool)) -> Items {
            result.overflow ? Items() : Items(.integer(result.partialValue))
        }
        switch operation {
        case .add: return made(left.addingReportingOverflow(right))
        case .subtract: return made(left.subtractingReportingOverflow(right))
        case .multiply: return made(left.multipliedReportingOverflow(by: right))
        case .div: return right == 0 ? Items() : made(left.dividedReportingOverflow(by: right))
        case .mod: return right == 0 ? Items() : made(left.remainderReportingOverflow(dividingBy: right))
        default: return nil
        }
    }

    private func decimals(_ operation: BinaryOperator, _ left: FHIRPathDecimal, _ right: FHIRPathDecimal) -> Items {
        let result: FHIRPathDecimal?
        switch operation {
        case .add: result = left.adding(right)
        case .subtract: result = left.adding(right.negated)
        case .multiply: result = left.multiplied(by: right)
        case .divide: result = left.divided(by: right)
        case .div:
            return Items(left.integerQuotient(by: right).flatMap { Int(exactly: $0) }.map { .integer($0) })
        default: result = left.remainder(by: right)
        }
        return Items(result.map { .decimal($0) })
    }

    /// - Returns: nil where quantities have no such operation.
    private func quantities(
        _ operation: BinaryOperator, _ left: FHIRPathQuantity, _ right: FHIRPathQuantity
    ) -> Items? {
        switch operation {
        case .add, .subtract:
            return Items(left.adding(operation == .add ? right : right.negated).map { .quantity($0) })
        case .multiply, .divide:
            return Items(left.combined(right, isQuotient: operation == .divide).map { .quantity($0) })
        default: return nil
        }
    }

    private func shifted(
        _ moment: FHIRPathTemporal, _ quantity: FHIRPathQuantity, _ operation: BinaryOperator, _ offset: Int
    ) throws(FHIRPathError) -> FHIRPathTemporal? {
        guard let unit = FHIRPathTemporal.Unit(quantity.unit) else {
            throw fault(
                "a date or time and a quantity in '\(quantity.unit)'", offset,
                expected: "a calendar unit such as year, month or day, or a UCUM duration up to 'wk'")
        }
        if moment.isTimeOfDay, unit == .year || unit == .month || unit == .week || unit == .day {
            throw fault("a time of day and a quantity in \(quantity.unit)", offset, expected: "hours or less")
        }
        // Parts of a unit don't count.
        guard let amount = Int(exactly: quantity.value.rounded(to: 0, .towardZero).coefficient), amount > .min else {
            return nil
        }
        return moment.adding(operation == .add ? amount : -amount, unit)
    }
}
