extension Compiler {
    /// Compiles operators of one precedence.
    mutating func chain(
        _ first: Syntax, _ operands: [Syntax.Operand], _ offset: Int
    ) throws(FHIRPathError) -> (Plan, Inferred) {
        var (head, inferred) = try scoped(first)
        var plans: [Plan.Operand] = []
        plans.reserveCapacity(operands.count)
        for operand in operands {
            let (plan, right) = try scoped(operand.value)
            plans.append(Plan.Operand(operation: operand.operation, offset: operand.offset, value: plan))
            if options.isStrict { try check(operand, inferred, right) }
            inferred = result(operand.operation, inferred, right)
        }
        head = Plan(.chain(store.keep(head), store.keep(plans)), at: offset)
        return (head, inferred)
    }

    private func result(_ operation: BinaryOperator, _ left: Inferred, _ right: Inferred) -> Inferred {
        switch operation {
        case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual, .equivalent, .notEquivalent, .in,
            .contains, .and, .or, .xor, .implies:
            return .system(.boolean)
        case .concatenate: return .system(.string)
        case .union:
            var joined = left.joined(right)
            joined.isOrdered = left.isOrdered && right.isOrdered
            return joined
        case .add, .subtract: return arithmetic(left, right)
        case .multiply: return arithmetic(left, right)
        case .div: return .system(.integer)
        case .divide, .mod: return Inferred(kinds: nil, isSingle: true)
        }
    }

    private func arithmetic(_ left: Inferred, _ right: Inferred) -> Inferred {
        guard let left = left.systemTypes(model), let right = right.systemTypes(model), left.count == 1,
            right.count == 1, let one = left.first, let other = right.first
        else { return Inferred(kinds: nil, isSingle: true) }
        if one == other, [.integer, .decimal, .string].contains(one) { return .system(one) }
        let numbers: Set<SystemType> = [.integer, .decimal]
        if numbers.contains(one), numbers.contains(other) { return .system(.decimal) }
        if [.date, .dateTime, .time].contains(one), other == .quantity { return .system(one) }
        return Inferred(kinds: nil, isSingle: true)
    }

    /// Finds operands that can't have an operator between them.
    private func check(_ operand: Syntax.Operand, _ left: Inferred, _ right: Inferred) throws(FHIRPathError) {
        let numbers: Set<SystemType> = [.integer, .decimal, .quantity]
        let moments: Set<SystemType> = [.date, .dateTime]
        guard let left = left.systemTypes(model), let right = right.systemTypes(model), !left.isEmpty, !right.isEmpty
        else { return }
        func suits(_ one: SystemType, _ other: SystemType) -> Bool {
            switch operand.operation {
            case .multiply, .divide: numbers.contains(one) && numbers.contains(other)
            case .div, .mod: numbers.contains(one) && numbers.contains(other)
            case .add:
                one == .string && other == .string || numbers.contains(one) && numbers.contains(other)
                    || (moments.contains(one) || one == .time) && other == .quantity
            case .subtract:
                numbers.contains(one) && numbers.contains(other)
                    || (moments.contains(one) || one == .time) && other == .quantity
            case .less, .lessOrEqual, .greater, .greaterOrEqual:
                one == other && one != .boolean || numbers.contains(one) && numbers.contains(other)
                    || moments.contains(one) && moments.contains(other)
            default: true
            }
        }
        for one in left where right.contains(where: { suits(one, $0) }) { return }
        throw fault(
            "'\(operand.operation.rawValue)' between \(name(left)) and \(name(right))", operand.offset)
    }

    private func name(_ types: Set<SystemType>) -> String {
        types.map(\.rawValue).sorted().joined(separator: " or ")
    }
}
