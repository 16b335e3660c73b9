extension Evaluator {
    /// Functions about time, types, variables and precision.
    mutating func utility(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items? {
        let offset = call.offset
        switch call.function {
        case .now: return Items(.dateTime(now()))
        case .today: return Items(.date(now().date))
        case .timeOfDay: return Items(now().timeOfDay.map { .time($0) })
        case .trace: return try traced(call, input)
        case .defineVariable: return try defined(call, input)
        case .type: return Items(input.map { Item.type(typeInfo(of: $0)) })
        case .comparable:
            guard let one = try singleton(input, offset)?.system,
                let other = try singleton(try scoped(call.arguments[0]), offset)?.system
            else { return Items() }
            guard case .quantity(let left) = one, case .quantity(let right) = other else {
                return .boolean(SystemType(one) == SystemType(other))
            }
            return .boolean(left.isCommensurable(with: right))
        case .precision: return try precision(input, offset)
        case .lowBoundary, .highBoundary: return try boundary(call, input)
        case .yearOf, .monthOf, .dayOf, .hourOf, .minuteOf, .secondOf, .millisecondOf, .timezoneOffsetOf, .dateOf,
            .timeOf:
            return try component(call, input)
        default: return nil
        }
    }

    private mutating func traced(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        guard let name = try string(try scoped(call.arguments[0]), call.offset) else { return input }
        guard let trace = environment.pointee.trace else { return input }
        guard call.arguments.count > 1 else {
            trace(name, input.values)
            return input
        }
        var shown = Items()
        var position = 0
        for item in input {
            shown.append(contentsOf: try evaluate(call.arguments[1], this: Items(item), index: position))
            position += 1
        }
        trace(name, shown.values)
        return input
    }

    private mutating func defined(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        guard let name = try string(try scoped(call.arguments[0]), call.offset) else { return input }
        let own = ["context", "resource", "rootResource", "sct", "loinc", "ucum"]
        guard !own.contains(name), !variables.contains(where: { $0.name == name }),
            environment.pointee.variables[name] == nil
        else { throw fault("the variable %\(name) is defined already", call.offset) }
        let value = call.arguments.count > 1 ? try evaluate(call.arguments[1], this: input, index: index) : input
        variables.append((name, value))
        return input
    }

    private func typeInfo(of value: Item) -> FHIRPathTypeInfo {
        let name = value.typeName
        guard let point = name.firstIndex(of: ".") else { return FHIRPathTypeInfo(namespace: "", name: name) }
        return FHIRPathTypeInfo(namespace: String(name[..<point]), name: String(name[name.index(after: point)...]))
    }

    private func precision(_ input: Items, _ offset: Int) throws(FHIRPathError) -> Items {
        guard let value = try singleton(input, offset) else { return Items() }
        switch value.system {
        case .integer: return Items(.integer(0))
        case .decimal(let decimal): return Items(.integer(decimal.scale))
        case .date(let moment), .dateTime(let moment), .time(let moment): return Items(.integer(moment.digits))
        default: throw fault("precision() on \(value.typeName)", offset, expected: "a number, date or time")
        }
    }

    private mutating func boundary(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        let isHigh = call.function == .highBoundary
        guard let value = try singleton(input, call.offset), let system = value.system else { return Items() }
        var places: Int?
        if let argument = call.arguments.first {
            guard let given = try integer(try scoped(argument), call.offset) else { return Items() }
            places = given
        }
        switch system {
        case .integer(let integer):
            let edge = FHIRPathDecimal(Int128(integer)).boundary(places ?? 8, isHigh: isHigh)
            return Items(edge.map { .decimal($0) })
        case .decimal(let decimal):
            return Items(decimal.boundary(places ?? 8, isHigh: isHigh).map { .decimal($0) })
        case .quantity(let quantity):
            let edge = quantity.value.boundary(places ?? 8, isHigh: isHigh)
            return Items(edge.map { .quantity(FHIRPathQuantity($0, quantity.unit, isCalendar: quantity.isCalendar)) })
        case .date(let moment):
            return Items(moment.boundary(places ?? 8, isHigh: isHigh, isDate: true).map { .date($0) })
        case .dateTime(let moment):
            return Items(moment.boundary(places ?? 17, isHigh: isHigh, isDate: false).map { .dateTime($0) })
        case .time(let moment):
            return Items(moment.boundary(places ?? 9, isHigh: isHigh, isDate: false).map { .time($0) })
        default:
            throw fault(
                "\(call.function.rawValue)() on \(value.typeName)", call.offset, expected: "a number, date or time")
        }
    }

    private func component(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        guard let value = try singleton(input, call.offset) else { return Items() }
        let moment: FHIRPathTemporal
        switch value.system {
        case .date(let value), .dateTime(let value), .time(let value): moment = value
        default:
            throw fault("\(call.function.rawValue)() on \(value.typeName)", call.offset, expected: "a date or time")
        }
        func part(_ number: Int, _ least: FHIRPathTemporal.Precision) -> Items {
            moment.precision >= least && (!moment.isTimeOfDay || least >= .hour) ? Items(.integer(number)) : Items()
        }
        switch call.function {
        case .yearOf: return part(Int(moment.year), .year)
        case .monthOf: return part(Int(moment.month), .month)
        case .dayOf: return part(Int(moment.day), .day)
        case .hourOf: return part(Int(moment.hour), .hour)
        case .minuteOf: return part(Int(moment.minute), .minute)
        case .secondOf: return part(Int(moment.second), .second)
        case .millisecondOf:
            return moment.fractionDigits > 0 ? part(Int(moment.nanoseconds) / 1_000_000, .second) : Items()
        case .timezoneOffsetOf:
            guard moment.hasOffset else { return Items() }
            return Items(
                FHIRPathDecimal(Int128(moment.offsetMinutes)).divided(by: FHIRPathDecimal(60)).map { .decimal($0) })
        case .dateOf: return moment.isTimeOfDay ? Items() : Items(.date(moment.date))
        default: return Items(moment.timeOfDay.map { .time($0) })
        }
    }
}
