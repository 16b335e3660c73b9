extension Compiler {
    private static let functions = Dictionary(uniqueKeysWithValues: Function.allCases.map { ($0.rawValue, $0) })

    /// Compiles a call of a function on an input.
    mutating func call(
        _ name: String, _ arguments: [Syntax], _ input: Inferred, _ offset: Int
    ) throws(FHIRPathError) -> (Call, Inferred) {
        guard let function = Self.functions[name] else { throw fault("unknown function \(name)()", offset) }
        guard function.arity.contains(arguments.count) else {
            let (least, most) = (function.arity.lowerBound, function.arity.upperBound)
            let wanted = least == most ? "\(least)" : "\(least) to \(most)"
            throw fault("\(name)() with \(arguments.count) arguments", offset, expected: wanted)
        }
        if options.isStrict { try check(function, input, offset) }
        if function.takesType, let argument = arguments.first {
            return try typeCall(function, argument, input, offset)
        }
        let (plans, inferred) = try compiled(function, arguments, input, offset)
        if options.isStrict { try check(function, arguments, inferred) }
        let pattern = try self.pattern(function, arguments)
        let result = result(function, input, inferred)
        note(function)
        let filter = function == .where ? DayFilter(plans[0], level: innerLevel, store) : nil
        if function == .defineVariable { try define(arguments, inferred.count > 1 ? inferred[1] : input, offset) }
        return (
            Call(
                function: function, arguments: store.keep(plans), type: nil, pattern: pattern.map { store.keep($0) },
                dayFilter: filter.map { store.keep($0) }, offset: offset), result
        )
    }

    private mutating func typeCall(
        _ function: Function, _ argument: Syntax, _ input: Inferred, _ offset: Int
    ) throws(FHIRPathError) -> (Call, Inferred) {
        guard let name = argument.typeName else {
            throw fault("\(function.rawValue)() wants a type", argument.offset, expected: "a name such as Quantity")
        }
        let test = try typeTest(name)
        let result: Inferred
        switch function {
        case .is: result = .system(.boolean)
        case .getReferenceKey: result = .system(.string)
        default: result = inferred(test, from: input)
        }
        return (Call(function: function, arguments: store.keep([]), type: test, pattern: nil, offset: offset), result)
    }

    /// Compiles the arguments, each with what `$this` is in it.
    private mutating func compiled(
        _ function: Function, _ arguments: [Syntax], _ input: Inferred, _ offset: Int
    ) throws(FHIRPathError) -> ([Plan], [Inferred]) {
        var item = input
        item.isSingle = true
        var plans: [Plan] = []
        var inferred: [Inferred] = []
        let keptTotal = total
        defer { total = keptTotal }
        for (position, argument) in arguments.enumerated() {
            var argument = argument
            let result: (Plan, Inferred)
            switch function {
            case .exists, .all, .where, .select:
                result = try lambda(argument, this: item)
            case .repeat, .repeatAll:
                // What comes out goes in again, so it must suit both.
                let (_, once) = try lambda(argument, this: item)
                var again = item.joined(once)
                again.isSingle = true
                result = (try lambda(argument, this: again).0, once)
            case .iif:
                result = try lambda(argument, this: input, isLoop: false)
            case .trace where position == 1:
                result = try lambda(argument, this: item)
            case .defineVariable where position == 1:
                result = try lambda(argument, this: input, isLoop: false)
            case .aggregate where position == 0:
                total = .unknown
                result = try lambda(argument, this: item, isTotal: true)
            case .sort:
                var isDescending = argument.isDescending
                if case .signed(isNegative: true, let key) = argument.form {
                    isDescending.toggle()
                    argument = key
                }
                let (plan, key) = try lambda(argument, this: item)
                result = (Plan(plan.operation, at: plan.offset, isDescending: isDescending, levels: plan.levels), key)
            default:
                result = try scoped(argument)
            }
            plans.append(result.0)
            inferred.append(result.1)
        }
        return (plans, inferred)
    }

    private mutating func define(_ arguments: [Syntax], _ value: Inferred, _ offset: Int) throws(FHIRPathError) {
        guard case .literal(.string(let name)) = arguments[0].form else { return noteDefinition(nil) }
        let own = ["context", "resource", "rootResource", "sct", "loinc", "ucum"]
        guard defined[name] == nil, !own.contains(name), options.variables?.contains(name) != true else {
            throw fault("the variable %\(name) is defined already", offset)
        }
        defined[name] = value
        noteDefinition(name)
    }

    private func pattern(_ function: Function, _ arguments: [Syntax]) throws(FHIRPathError) -> Pattern? {
        guard [.matches, .matchesFull, .replaceMatches].contains(function),
            case .literal(.string(let pattern)) = arguments[0].form
        else { return nil }
        var flags = ""
        let place = function == .replaceMatches ? 2 : 1
        if arguments.count > place {
            guard case .literal(.string(let given)) = arguments[place].form else { return nil }
            flags = given
        }
        do throws(PatternError) {
            return try Pattern(pattern, flags: flags)
        } catch {
            throw fault("\(error)", arguments[0].offset)
        }
    }

    // MARK: Strictness

    private func check(_ function: Function, _ input: Inferred, _ offset: Int) throws(FHIRPathError) {
        if function.needsOrder, !input.isOrdered { throw unordered(offset) }
        guard let kinds = input.kinds, !kinds.isEmpty else { return }
        let wanted: Set<SystemType>
        switch function.input {
        case .anything: return
        case .string: wanted = [.string]
        case .number: wanted = [.integer, .decimal, .quantity]
        case .boolean: wanted = [.boolean]
        }
        let suits = kinds.contains { kind in
            guard let types = Inferred(kinds: [kind]).systemTypes(model) else { return isOpen(kind) }
            return !types.isDisjoint(with: wanted)
        }
        guard !suits else { return }
        let names = wanted.map(\.rawValue).sorted().joined(separator: " or ")
        throw fault("\(function.rawValue)() on \(describe(kinds))", offset, expected: names)
    }

    /// Whether a type can turn out to be anything.
    private func isOpen(_ kind: Inferred.Kind) -> Bool {
        guard case .fhir(let type) = kind else { return false }
        return type == TypeModel.unknown || type == model.element || type == model.resource
    }

    private func check(_ function: Function, _ arguments: [Syntax], _ inferred: [Inferred]) throws(FHIRPathError) {
        func wants(_ position: Int, _ type: SystemType) throws(FHIRPathError) {
            guard position < inferred.count, let kinds = inferred[position].kinds, !kinds.isEmpty else { return }
            guard inferred[position].systemTypes(model)?.contains(type) != true else { return }
            throw fault(
                "\(function.rawValue)() is given \(describe(kinds))", arguments[position].offset,
                expected: type.rawValue)
        }
        switch function {
        case .iif:
            try wants(0, .boolean)
            if !inferred[0].isSingle, inferred[0].least > 1 {
                throw fault("iif() with a criterion of several values", arguments[0].offset, expected: "one Boolean")
            }
        case .startsWith, .endsWith, .contains, .indexOf, .lastIndexOf, .matches, .matchesFull, .replaceMatches,
            .replace,
            .split, .join, .encode, .decode, .escape, .unescape, .extension, .conformsTo, .memberOf, .trace,
            .defineVariable:
            try wants(0, .string)
        case .substring, .skip, .take:
            try wants(0, .integer)
        default:
            break
        }
    }

    // MARK: Results

    private func result(_ function: Function, _ input: Inferred, _ arguments: [Inferred]) -> Inferred {
        var one = input
        one.isSingle = true
        switch function {
        case .empty, .exists, .all, .allTrue, .anyTrue, .allFalse, .anyFalse, .subsetOf, .supersetOf, .isDistinct, .not,
            .toBoolean, .convertsToBoolean, .convertsToInteger, .convertsToDecimal, .convertsToString, .convertsToDate,
            .convertsToDateTime, .convertsToTime, .convertsToQuantity, .startsWith, .endsWith, .contains, .matches,
            .matchesFull, .comparable, .is, .hasValue, .conformsTo, .memberOf, .subsumes, .subsumedBy, .htmlChecks:
            return .system(.boolean)
        case .count, .toInteger, .indexOf, .lastIndexOf, .length, .precision, .yearOf, .monthOf, .dayOf, .hourOf,
            .minuteOf, .secondOf, .millisecondOf:
            return .system(.integer)
        case .ceiling, .floor, .truncate: return .system(.integer)
        case .weight, .ordinal: return .system(.decimal, isSingle: input.isSingle)
        case .toDecimal, .exp, .ln, .log, .sqrt, .timezoneOffsetOf: return .system(.decimal)
        case .toString, .substring, .upper, .lower, .replace, .replaceMatches, .encode, .decode, .escape, .unescape,
            .trim, .join, .getResourceKey, .getReferenceKey:
            return .system(.string)
        case .toChars, .split: return .system(.string, isSingle: false)
        case .toDate, .today, .dateOf: return .system(.date)
        case .toDateTime, .now: return .system(.dateTime)
        case .toTime, .timeOfDay, .timeOf: return .system(.time)
        case .toQuantity: return .system(.quantity)
        case .where, .distinct, .tail, .skip, .take, .trace, .defineVariable, .exclude, .intersect, .checkModifiers:
            return input
        case .first, .last, .single: return one
        case .select:
            guard var projected = arguments.first else { return .unknown }
            projected.isSingle = projected.isSingle && input.isSingle
            return projected
        case .repeat, .repeatAll:
            guard var projected = arguments.first else { return .unknown }
            projected.isSingle = false
            return projected
        case .union, .combine:
            return arguments.first.map(input.joined) ?? .unknown
        case .iif:
            var result = arguments[1]
            if arguments.count > 2 { result = result.joined(arguments[2]) }
            return result
        case .children, .descendants: return Inferred(kinds: nil, isOrdered: false)
        case .extension: return .fhir(model.extension)
        case .sort: return Inferred(kinds: input.kinds, isSingle: input.isSingle)
        default: return .unknown
        }
    }
}
