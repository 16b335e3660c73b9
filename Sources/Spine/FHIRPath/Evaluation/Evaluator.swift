import Foundation
import JSON

/// Walks a plan. One serves one evaluation.
struct Evaluator: ~Copyable {
    // Both outlive the evaluation.
    private unowned(unsafe) let expression: CompiledExpression
    let environment: UnsafePointer<FHIRPathEnvironment>
    private let types: UnsafePointer<TypeModel>
    let context: Items
    /// `$this`
    var this: Items
    /// `$index`
    var index: Int?
    /// `$total`
    var total = Items()
    /// What `defineVariable` has defined, innermost last.
    var variables: [(name: String, value: Items)] = []
    /// Variables of the environment that were asked for.
    private var known: [(name: String, value: Items)] = []
    /// Documents that came in by the way, kept as long as the evaluation.
    var documents: [JSONDocument] = []
    /// What closed parts have yielded: those that stay the same at the next evaluation, and those of this one.
    let parts: KeptParts?
    var own: [KeptItems?] = []
    private var stepsLeft: Int
    private var moment: FHIRPathTemporal?

    init(
        _ expression: CompiledExpression, _ environment: UnsafePointer<FHIRPathEnvironment>, context: Items,
        _ parts: KeptParts? = nil
    ) {
        self.parts = parts
        self.expression = expression
        self.environment = environment
        self.context = context
        types = TypeModel.address
        stepsLeft = environment.pointee.stepsMax
        this = context
    }

    var model: TypeModel {
        @inline(__always) get { types.pointee }
    }

    var options: FHIRPathOptions {
        expression.options
    }

    /// How many closed parts the expression has.
    var closedCount: Int { expression.closedNames.count }

    func fault(_ message: String, _ offset: Int, expected: String = "") -> FHIRPathError {
        FHIRPathError(.execution, message, at: offset, in: expression.text, expected: expected)
    }

    /// Counts work, so that no expression runs forever.
    mutating func count(_ work: Int = 1, _ offset: Int) throws(FHIRPathError) {
        stepsLeft -= work
        guard stepsLeft >= 0 else {
            throw fault("evaluation takes more than \(environment.pointee.stepsMax) steps", offset)
        }
    }

    /// The time of this evaluation: always the same.
    mutating func now() -> FHIRPathTemporal {
        if let moment { return moment }
        let instant =
            environment.pointee.now
            ?? FHIRPathInstant(milliseconds: Int((Date().timeIntervalSince1970 * 1000).rounded(.down)))
        let result = FHIRPathTemporal(instant)
        moment = result
        return result
    }

    // MARK: Plans

    mutating func evaluate(_ plan: Plan) throws(FHIRPathError) -> Items {
        switch plan.operation {
        case .literal(let items): return items.pointee
        case .empty: return Items()
        case .this: return this
        case .index: return Items(index.map { .integer($0) })
        case .total: return total
        case .variable(let variable): return try evaluate(variable.pointee, plan.offset)
        case .path(let steps): return try take(steps, this)
        case .pathFrom(let head, let steps):
            if case .closed(let part) = head.pointee.operation, case .function(let call)? = steps.first?.kind,
                let filter = call.pointee.dayFilter, let kept = try kept(part),
                let filtered = try filtered(kept, filter)
            {
                return try take(steps, from: 1, filtered)
            }
            return try take(steps, try evaluate(head.pointee))
        case .closed(let part): return try evaluate(part)
        case .negated(let operand):
            return try negated(try scoped(operand.pointee), plan.offset)
        case .positive(let operand):
            let items = try scoped(operand.pointee)
            guard let value = try singleton(items, plan.offset) else { return Items() }
            switch value.system {
            case .integer, .decimal, .quantity: return items
            default: throw fault("'+' before something that is no number", plan.offset)
            }
        case .chain(let first, let operands):
            return try chain(first.pointee, operands)
        case .isType(let operand, let test):
            let items = try scoped(operand.pointee)
            guard let value = try singleton(items, plan.offset) else { return Items() }
            return .boolean(test.matches(value, isExact: false, model))
        case .asType(let operand, let test):
            return try cast(try scoped(operand.pointee), test, plan.offset)
        }
    }

    /// Evaluates without letting out the variables that are defined inside.
    mutating func scoped(_ plan: Plan) throws(FHIRPathError) -> Items {
        let count = variables.count
        let result = try evaluate(plan)
        if variables.count > count { variables.removeSubrange(count...) }
        return result
    }

    /// Evaluates with another `$this`.
    mutating func evaluate(_ plan: Plan, this item: Items, index position: Int?) throws(FHIRPathError) -> Items {
        var kept = item
        let (keptIndex, count) = (index, variables.count)
        swap(&this, &kept)
        index = position
        let result = try evaluate(plan)
        swap(&this, &kept)
        index = keptIndex
        if variables.count > count { variables.removeSubrange(count...) }
        return result
    }

    private mutating func evaluate(_ variable: Plan.Variable, _ offset: Int) throws(FHIRPathError) -> Items {
        switch variable {
        case .context: return context
        case .text(let text): return .string(text)
        case .resource: return resource
        case .rootResource:
            guard let root = environment.pointee.rootResource else { return resource }
            return typed(JSONPlace(root))
        case .named(let name):
            if let found = variables.last(where: { $0.name == name }) { return found.value }
            if let found = known.first(where: { $0.name == name }) { return found.value }
            if let values = environment.pointee.variables[name] {
                let items = Items(values: values)
                known.append((name, items))
                return items
            }
            throw fault("unknown variable %\(name)", offset)
        }
    }

    private var resource: Items {
        guard let resource = environment.pointee.resource else { return context }
        return typed(JSONPlace(resource))
    }

    /// A resource by what it says to be.
    func typed(_ place: JSONPlace) -> Items {
        Items(.node(Node(place, type: model.resourceType(of: place))))
    }

    // MARK: Steps

    private mutating func take(
        _ steps: UnsafeBufferPointer<PlanStep>, _ input: Items
    ) throws(FHIRPathError) -> Items {
        guard input.rest.isEmpty, case .node(var node)? = input.first else { return try take(steps, from: 0, input) }
        // From one element to one element nothing is collected.
        var place = 0
        walk: while place < steps.count {
            switch steps[place].kind {
            case .member(let member):
                switch model.only(member, of: node) {
                case .node(let next): node = next
                case .nothing: return try take(steps, from: place + 1, Items())
                case .unknown: break walk
                }
            case .function(let call) where call.pointee.function == .ofType:
                try count(1, steps[place].offset)
                guard let type = call.pointee.type, type.matches(.node(node), isExact: true, model) else {
                    return try take(steps, from: place + 1, Items())
                }
            default: break walk
            }
            place += 1
        }
        if place == steps.count { return Items(.node(node)) }
        return try take(steps, from: place, place == 0 ? input : Items(.node(node)))
    }

    private mutating func take(
        _ steps: UnsafeBufferPointer<PlanStep>, from place: Int, _ input: Items
    ) throws(FHIRPathError) -> Items {
        var items = input
        for step in steps[place...] {
            if items.isEmpty, !step.worksOnNothing { continue }
            items = try take(step, items)
        }
        return items
    }

    mutating func take(_ step: PlanStep, _ input: Items) throws(FHIRPathError) -> Items {
        switch step.kind {
        case .member(let member):
            return try members(member, input, step.offset)
        case .function(let call):
            try count(1, step.offset)
            return try self.call(call.pointee, input)
        case .position(let plan):
            guard let position = try singleton(try scoped(plan.pointee), step.offset) else { return Items() }
            guard case .integer(let place) = position.system else {
                throw fault("a position that is no integer", step.offset)
            }
            return Items(input[place])
        case .this: return input
        case .index: return Items(index.map { .integer($0) })
        case .total: return total
        }
    }

    // MARK: Single values

    /// The only item; nil of an empty collection.
    func singleton(_ items: Items, _ offset: Int) throws(FHIRPathError) -> Item? {
        guard items.rest.isEmpty else {
            throw fault("\(items.count) values where one is wanted", offset)
        }
        return items.first
    }

    /// The only item as a truth value, by the rule for collections of one item: what is no Boolean counts as true.
    func boolean(_ items: Items, _ offset: Int) throws(FHIRPathError) -> Bool? {
        guard let value = try singleton(items, offset) else { return nil }
        if case .boolean(let truth) = value { return truth }
        if case .boolean(let truth) = value.system { return truth }
        return true
    }

    /// The only item as a text.
    func text(_ items: Items, _ offset: Int) throws(FHIRPathError) -> Text? {
        guard let value = try singleton(items, offset) else { return nil }
        if case .string(let string) = value { return .string(string) }
        if case .node(let node) = value, node.isText { return .place(node.place) }
        guard let system = value.system else {
            if case .node(let node) = value, node.isPrimitive { return nil }
            throw fault("\(value.typeName) where a string is wanted", offset)
        }
        if case .string(let string) = system { return .string(string) }
        throw fault("\(value.typeName) where a string is wanted", offset)
    }

    /// The only item as a string.
    func string(_ items: Items, _ offset: Int) throws(FHIRPathError) -> String? {
        try text(items, offset)?.string
    }

    /// The only item as an integer.
    func integer(_ items: Items, _ offset: Int) throws(FHIRPathError) -> Int? {
        guard let value = try singleton(items, offset)?.system else { return nil }
        guard case .integer(let integer) = value else {
            throw fault("\(value.typeName) where an integer is wanted", offset)
        }
        return integer
    }

    /// Keeps what has a type; `as` and `ofType`.
    mutating func cast(_ items: Items, _ test: TypeTest, _ offset: Int) throws(FHIRPathError) -> Items {
        if options.refusesAsOnCollections, !items.rest.isEmpty {
            throw fault("'as' on \(items.count) values", offset, expected: "one, or ofType()")
        }
        return ofType(items, test)
    }

    func ofType(_ items: Items, _ test: TypeTest) -> Items {
        guard let first = items.first else { return items }
        if items.rest.isEmpty { return test.matches(first, isExact: true, model) ? items : Items() }
        var result = Items()
        for item in items where test.matches(item, isExact: true, model) { result.append(item) }
        return result
    }
}

extension Function {
    /// Whether the function can yield something, or fail, on an empty collection.
    var worksOnNothing: Bool {
        switch self {
        case .empty, .exists, .all, .allTrue, .anyTrue, .allFalse, .anyFalse, .subsetOf, .supersetOf, .count,
            .isDistinct,
            .union, .combine, .coalesce, .iif, .aggregate, .trace, .defineVariable, .now, .today, .timeOfDay, .hasValue,
            .join:
            true
        default: false
        }
    }
}
