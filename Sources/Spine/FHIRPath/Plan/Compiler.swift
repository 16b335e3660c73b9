import JSON

/// Turns what was written into a plan: resolves names against the types, and finds what can't be right.
struct Compiler {
    let text: String
    let model: TypeModel
    let options: FHIRPathOptions
    /// Where the parts of the plan are kept.
    let store: PlanStore
    /// What `$this` is.
    var this: Inferred
    /// What `%context` and `%resource` are.
    let context: Inferred
    let resource: Inferred
    /// What `$total` is.
    var total = Inferred.unknown
    /// The variables that are surely defined at this place.
    var defined: [String: Inferred] = [:]

    /// The variables of the environment on which each closed part depends.
    private(set) var closedNames: [Set<String>] = []
    /// What is compiled depends on so far.
    private(set) var uses = Uses()
    /// The level of the items that are gone through, that of `$index`, and that of `$total`.
    private var level = 0
    private var indexLevel = 0
    private var totalLevel = 0
    /// Whether an argument that was compiled asks for its own `$this`.
    private var hasUsedThis = false
    /// The levels at which variables are defined, of those too that aren't any more.
    private var definedLevels: [String: Int] = [:]
    private var definesAnyName = false

    /// On what a part depends.
    struct Uses {
        var levels = Levels.none
        /// Variables of the environment.
        var names: Set<String> = []

        mutating func formUnion(_ other: Uses) {
            levels.formUnion(other.levels)
            names.formUnion(other.names)
        }
    }

    /// Whether variables are defined by the expression itself.
    static let textVariables = [
        "sct": "http://snomed.info/sct", "loinc": "http://loinc.org", "ucum": "http://unitsofmeasure.org",
    ]

    init(_ text: String, _ model: TypeModel, _ options: FHIRPathOptions, _ store: PlanStore) {
        self.text = text
        self.model = model
        self.options = options
        self.store = store
        let type = options.contextType.flatMap(model.type)
        context = type.map { Inferred.fhir($0, isSingle: true) } ?? .unknown
        this = context
        if let type, case .resource = model.kind(type) {
            resource = context
        } else if let name = options.contextType?.split(separator: ".").first, let type = model.type(String(name)),
            case .resource = model.kind(type)
        {
            resource = .fhir(type, isSingle: true)
        } else {
            resource = .unknown
        }
    }

    func fault(_ message: String, _ offset: Int, expected: String = "") -> FHIRPathError {
        FHIRPathError(.semantic, message, at: offset, in: text, expected: expected)
    }

    /// Compiles an expression within the present scope.
    mutating func compile(_ syntax: Syntax) throws(FHIRPathError) -> (Plan, Inferred) {
        var outer = uses
        uses = Uses()
        let (plan, inferred) = try form(syntax)
        let result = closing(plan)
        outer.formUnion(uses)
        uses = outer
        return (result, inferred)
    }

    /// The same plan, as a closed part where what is compiled depends on no item and isn't had for nothing.
    private mutating func closing(_ plan: Plan) -> Plan {
        var plan = Plan(plan.operation, at: plan.offset, isDescending: plan.isDescending, levels: uses.levels)
        guard uses.levels.isClosed else { return plan }
        switch plan.operation {
        case .literal, .empty, .this, .index, .total, .closed: return plan
        case .variable(let variable):
            guard case .named = variable.pointee else { return plan }
        default: break
        }
        let part = ClosedPart(plan: plan, number: closedNames.count, isInLoop: indexLevel > 0)
        closedNames.append(uses.names)
        plan = Plan(
            .closed(store.keep(part)), at: plan.offset, isDescending: plan.isDescending, levels: plan.levels)
        return plan
    }

    private mutating func form(_ syntax: Syntax) throws(FHIRPathError) -> (Plan, Inferred) {
        let offset = syntax.offset
        switch syntax.form {
        case .literal(let value):
            let kind = SystemType(value).map { [Inferred.Kind.system($0)] }
            return (
                Plan(.literal(store.keep(Items(value))), at: offset), Inferred(kinds: kind, isSingle: true, least: 1)
            )
        case .empty:
            return (Plan(.empty, at: offset), Inferred(kinds: [], isSingle: true))
        case .variable(let name):
            return try variable(name, offset)
        case .special(let name):
            return special(name, offset)
        case .step(let step):
            let (plan, inferred) = try firstStep(step)
            return (Plan(.path(store.keep([plan])), at: offset), inferred)
        case .path(let first, let steps):
            return try path(first, steps, offset)
        case .signed(let isNegative, let operand):
            let (plan, inferred) = try scoped(operand)
            if options.isStrict, let types = inferred.systemTypes(model), !types.isEmpty,
                types.isDisjoint(with: [.integer, .decimal, .quantity, .string])
            {
                throw fault("a sign before something that is no number", offset)
            }
            return (Plan(isNegative ? .negated(store.keep(plan)) : .positive(store.keep(plan)), at: offset), inferred)
        case .chain(let first, let operands):
            return try chain(first, operands, offset)
        case .type(let operand, let isAs, let name):
            let (plan, inferred) = try scoped(operand)
            let test = try typeTest(name)
            let result = isAs ? self.inferred(test, from: inferred) : .system(.boolean)
            let kept = store.keep(plan)
            return (Plan(isAs ? .asType(kept, test) : .isType(kept, test), at: offset), result)
        }
    }

    /// Compiles an expression whose own variables end with it.
    mutating func scoped(_ syntax: Syntax) throws(FHIRPathError) -> (Plan, Inferred) {
        let kept = defined
        defer { defined = kept }
        return try compile(syntax)
    }

    /// Compiles an expression for which `$this` is something else.
    ///
    /// - Parameters:
    ///   - isLoop: whether it is evaluated for each item, which has an `$index`.
    ///   - isTotal: whether `$total` is of these items.
    mutating func lambda(
        _ syntax: Syntax, this item: Inferred, isLoop: Bool = true, isTotal: Bool = false
    ) throws(FHIRPathError) -> (Plan, Inferred) {
        let kept = (this, indexLevel, totalLevel, hasUsedThis)
        var outer = uses
        (this, uses) = (item, Uses())
        level += 1
        if isLoop { indexLevel = level }
        if isTotal { totalLevel = level }
        let result = try scoped(syntax)
        let usesThis = uses.levels.contains(level)
        uses.levels.leave(level)
        level -= 1
        outer.formUnion(uses)
        (this, indexLevel, totalLevel, uses) = (kept.0, kept.1, kept.2, outer)
        hasUsedThis = kept.3 || usesThis
        return result
    }

    /// The level of the items of a function's own arguments.
    var innerLevel: Int { level + 1 }

    /// A variable is defined at this place.
    mutating func noteDefinition(_ name: String?) {
        uses.levels = .any
        if let name { definedLevels[name] = level } else { definesAnyName = true }
    }

    /// A function yields something else at another time, or does something besides.
    mutating func note(_ function: Function) {
        switch function {
        case .now, .today, .timeOfDay:
            uses.levels.formUnion(.environment)
            uses.names.insert(FHIRPathVariation.time)
        case .trace: uses.levels = .any
        default: break
        }
    }

    private mutating func special(_ name: String, _ offset: Int) -> (Plan, Inferred) {
        switch name {
        case "this":
            uses.levels.formUnion(Levels(level))
            return (Plan(.this, at: offset), this)
        case "index":
            uses.levels.formUnion(Levels(indexLevel))
            return (Plan(.index, at: offset), .system(.integer))
        default:
            uses.levels.formUnion(Levels(totalLevel))
            return (Plan(.total, at: offset), total)
        }
    }

    private mutating func variable(_ name: String, _ offset: Int) throws(FHIRPathError) -> (Plan, Inferred) {
        let string = Inferred(kinds: [.system(.string)], isSingle: true, least: 1)
        switch name {
        case "context": return (Plan(.variable(store.keep(Plan.Variable.context)), at: offset), context)
        case "resource": return (Plan(.variable(store.keep(Plan.Variable.resource)), at: offset), resource)
        case "rootResource": return (Plan(.variable(store.keep(Plan.Variable.rootResource)), at: offset), .unknown)
        default:
            if let text = Self.textVariables[name] {
                return (Plan(.variable(store.keep(Plan.Variable.text(text))), at: offset), string)
            }
            if name.hasPrefix("vs-") {
                let url = "http://hl7.org/fhir/ValueSet/" + name.dropFirst(3)
                return (Plan(.variable(store.keep(Plan.Variable.text(url))), at: offset), string)
            }
            if name.hasPrefix("ext-") {
                let url = "http://hl7.org/fhir/StructureDefinition/" + name.dropFirst(4)
                return (Plan(.variable(store.keep(Plan.Variable.text(url))), at: offset), string)
            }
            if let inferred = defined[name] {
                // What the whole expression defines isn't told apart from what it is defined by.
                uses.levels.formUnion(definedLevels[name].map { $0 > 0 ? Levels($0) : .any } ?? .any)
                return (Plan(.variable(store.keep(Plan.Variable.named(name))), at: offset), inferred)
            }
            if let variables = options.variables, !variables.contains(name) {
                throw fault("unknown variable %\(name)", offset)
            }
            uses.levels.formUnion(definesAnyName || definedLevels[name] != nil ? .any : .environment)
            uses.names.insert(name)
            return (Plan(.variable(store.keep(Plan.Variable.named(name))), at: offset), .unknown)
        }
    }

    private mutating func path(
        _ first: Syntax, _ steps: [Syntax.Step], _ offset: Int
    ) throws(FHIRPathError) -> (Plan, Inferred) {
        var inferred: Inferred
        var plans: [PlanStep] = []
        plans.reserveCapacity(steps.count + 1)
        if case .step(let begin) = first.form {
            let head: PlanStep
            (head, inferred) = try firstStep(begin)
            plans.append(head)
            for step in steps {
                let plan: PlanStep
                (plan, inferred) = try self.step(step, inferred, isFirst: false)
                plans.append(plan)
            }
            return (Plan(.path(store.keep(plans)), at: offset), inferred)
        }
        var head: Plan
        (head, inferred) = try compile(first)
        for step in steps {
            let before = uses
            let plan: PlanStep
            (plan, inferred) = try self.step(step, inferred, isFirst: false)
            if case .function(let call) = plan.kind, call.pointee.dayFilter != nil, before.levels.isClosed,
                !plans.isEmpty
            {
                // The days of what it filters can be kept where that is a part of its own.
                let after = uses
                uses = before
                head = closing(Plan(.pathFrom(store.keep(head), store.keep(plans)), at: offset))
                (uses, plans) = (after, [])
            }
            plans.append(plan)
        }
        return (Plan(.pathFrom(store.keep(head), store.keep(plans)), at: offset), inferred)
    }

    /// A step from `$this`.
    private mutating func firstStep(_ begin: Syntax.Step) throws(FHIRPathError) -> (PlanStep, Inferred) {
        let kept = hasUsedThis
        hasUsedThis = false
        let result = try step(begin, this, isFirst: true)
        // `iif` gives its input, of which there is one, to its arguments and does nothing else with it.
        var isOfThis = true
        if this.isSingle, case .function("iif", _) = begin.kind { isOfThis = hasUsedThis }
        if isOfThis { uses.levels.formUnion(Levels(level)) }
        hasUsedThis = kept
        return result
    }

    private mutating func step(
        _ step: Syntax.Step, _ input: Inferred, isFirst: Bool
    ) throws(FHIRPathError) -> (PlanStep, Inferred) {
        switch step.kind {
        case .member(let name):
            return try member(name, input, isFirst: isFirst, step.offset)
        case .function(let name, let arguments):
            let (call, inferred) = try self.call(name, arguments, input, step.offset)
            return (PlanStep(.function(store.keep(call)), at: step.offset), inferred)
        case .position(let syntax):
            if options.isStrict, !input.isOrdered { throw unordered(step.offset) }
            let (plan, inferred) = try scoped(syntax)
            if options.isStrict, let types = inferred.systemTypes(model), !types.isEmpty, !types.contains(.integer) {
                throw fault("a position that is no integer", syntax.offset)
            }
            return (
                PlanStep(.position(store.keep(plan)), at: step.offset), Inferred(kinds: input.kinds, isSingle: true)
            )
        case .special(let name):
            let (_, inferred) = special(name, step.offset)
            let kind: PlanStep.Kind = name == "this" ? .this : name == "index" ? .index : .total
            return (PlanStep(kind, at: step.offset), name == "this" ? input : inferred)
        }
    }

    func unordered(_ offset: Int) -> FHIRPathError {
        fault("a position in a collection that has no order", offset, expected: "no more than where() or ofType()")
    }

    private func member(
        _ name: String, _ input: Inferred, isFirst: Bool, _ offset: Int
    ) throws(FHIRPathError) -> (PlanStep, Inferred) {
        let number = model.number(name)
        let filter = isFirst && name.first?.isUppercase == true ? model.type(name) ?? -1 : -1
        func plan(_ inferred: Inferred) -> (PlanStep, Inferred) {
            let expected = input.onlyType
            let step = MemberStep(name, model: model, expectedType: expected, typeFilter: filter)
            return (PlanStep(.member(store.keep(step)), at: offset), inferred)
        }
        guard let kinds = input.kinds else {
            return plan(filter >= 0 ? .fhir(filter, isSingle: input.isSingle) : .unknown)
        }
        var result: [Inferred.Kind] = []
        var isKnown = true
        var isSingle = input.isSingle
        var isFound = false
        for case .fhir(let type) in kinds {
            if filter >= 0, model.isType(type, filter) || model.isType(filter, type) {
                isFound = true
                let narrow = model.isType(type, filter) ? type : filter
                if !result.contains(.fhir(narrow)) { result.append(.fhir(narrow)) }
                continue
            }
            if model.isOpen(type) { (isKnown, isFound) = (false, true) }
            let element = model.element(number, of: model.primitive(type) == nil ? type : model.element)
            guard element >= 0 else { continue }
            isFound = true
            let found = model.elements[Int(element)]
            if found.isList { isSingle = false }
            for place in found.slot..<found.slot + found.slotCount {
                let slot = model.slots[Int(place)]
                if slot.isResource || slot.type == TypeModel.unknown { isKnown = false }
                if !result.contains(.fhir(slot.type)) { result.append(.fhir(slot.type)) }
            }
        }
        if !isFound, options.isStrict, !kinds.isEmpty {
            throw fault("\(describe(kinds)) has no member '\(name)'", offset)
        }
        return plan(
            Inferred(kinds: isKnown && isFound ? result : nil, isSingle: isSingle, isOrdered: input.isOrdered))
    }

    func describe(_ kinds: [Inferred.Kind]) -> String {
        kinds.map { kind in
            switch kind {
            case .fhir(let type): model.types[Int(type)].name
            case .system(let type): "System." + type.rawValue
            }
        }.joined(separator: ", ")
    }

    /// What a type's name means.
    func typeTest(_ name: Syntax.TypeName) throws(FHIRPathError) -> TypeTest {
        switch name.namespace {
        case "System": return TypeTest(fhir: -1, system: SystemType(rawValue: name.name))
        case "FHIR": return TypeTest(fhir: model.type(name.name) ?? -1, system: nil)
        default:
            let test = TypeTest(fhir: model.type(name.name) ?? -1, system: SystemType(rawValue: name.name))
            if test.fhir < 0, test.system == nil {
                throw fault("unknown type '\(name.name)'", name.offset, expected: "a type of FHIR or System")
            }
            return test
        }
    }

    /// What remains of a collection when only one type is left.
    func inferred(_ test: TypeTest, from input: Inferred) -> Inferred {
        var kinds: [Inferred.Kind] = []
        if test.fhir >= 0 { kinds.append(.fhir(test.fhir)) }
        if let system = test.system {
            let some = input.kinds?.contains { if case .system = $0 { true } else { false } } ?? true
            if some || kinds.isEmpty { kinds.append(.system(system)) }
        }
        return Inferred(kinds: kinds.isEmpty ? nil : kinds, isSingle: input.isSingle, isOrdered: input.isOrdered)
    }
}
