import Foundation

extension Evaluator {
    /// Functions on numbers; `abs` and `round` also take quantities.
    mutating func mathFunction(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        let offset = call.offset
        guard let value = try singleton(input, offset) else { return Items() }
        if case .quantity(let quantity) = value.system {
            return try onQuantity(call, quantity)
        }
        guard let system = value.system, let number = Equality.number(system) else {
            throw fault("\(call.function.rawValue)() on \(value.typeName)", offset, expected: "a number")
        }
        switch call.function {
        case .abs:
            if case .integer(let integer) = system { return integer == .min ? Items() : Items(.integer(abs(integer))) }
            return Items(.decimal(number.coefficient < 0 ? number.negated : number))
        case .ceiling: return integer(number.rounded(to: 0, .up))
        case .floor: return integer(number.rounded(to: 0, .down))
        case .truncate: return integer(number.rounded(to: 0, .towardZero))
        case .round:
            let places = try call.arguments.first.map { argument throws(FHIRPathError) in
                try integer(try scoped(argument), offset)
            }
            guard let places = places ?? 0 else { return Items() }
            guard places >= 0 else { throw fault("round() to fewer than no places", offset) }
            let rounded = number.rounded(to: places)
            if places == 0, let integer = rounded.integer { return Items(.integer(integer)) }
            return Items(.decimal(rounded))
        case .sqrt: return decimal(number.coefficient < 0 ? nil : number.double.squareRoot())
        case .exp: return decimal(exp(number.double))
        case .ln: return decimal(number.coefficient <= 0 ? nil : log(number.double))
        case .log:
            guard let base = try argument(call), number.coefficient > 0, base.coefficient > 0 else { return Items() }
            return decimal(log(number.double) / log(base.double))
        case .power: return try power(call, number, isInteger: { if case .integer = system { true } else { false } }())
        default: throw fault("\(call.function.rawValue)() isn't known here", offset)
        }
    }

    private func onQuantity(_ call: Call, _ quantity: FHIRPathQuantity) throws(FHIRPathError) -> Items {
        let value: FHIRPathDecimal
        switch call.function {
        case .abs: value = quantity.value.coefficient < 0 ? quantity.value.negated : quantity.value
        case .round: value = quantity.value.rounded(to: 0)
        case .ceiling: value = quantity.value.rounded(to: 0, .up)
        case .floor: value = quantity.value.rounded(to: 0, .down)
        case .truncate: value = quantity.value.rounded(to: 0, .towardZero)
        default: throw fault("\(call.function.rawValue)() on a quantity", call.offset, expected: "a number")
        }
        return Items(.quantity(FHIRPathQuantity(value, quantity.unit, isCalendar: quantity.isCalendar)))
    }

    private func integer(_ number: FHIRPathDecimal) -> Items {
        Items(number.integer.map { .integer($0) })
    }

    private func decimal(_ value: Double?) -> Items {
        Items(value.flatMap { FHIRPathDecimal(nearest: $0) }.map { .decimal($0) })
    }

    private mutating func argument(_ call: Call) throws(FHIRPathError) -> FHIRPathDecimal? {
        guard let value = try singleton(try scoped(call.arguments[0]), call.offset)?.system else { return nil }
        guard let number = Equality.number(value) else {
            throw fault("\(call.function.rawValue)() is given \(value.typeName)", call.offset, expected: "a number")
        }
        return number
    }

    private mutating func power(_ call: Call, _ number: FHIRPathDecimal, isInteger: Bool) throws(FHIRPathError) -> Items
    {
        guard let exponent = try argument(call) else { return Items() }
        if let whole = exponent.integer, whole >= 0, whole <= 1000 {
            var result = FHIRPathDecimal(1)
            for _ in 0..<whole {
                guard let next = result.multiplied(by: number) else { return Items() }
                result = next
            }
            if isInteger, exponent.scale == 0, let integer = result.integer { return Items(.integer(integer)) }
            return Items(.decimal(result))
        }
        let value = pow(number.double, exponent.double)
        return decimal(value.isNaN ? nil : value)
    }
}
