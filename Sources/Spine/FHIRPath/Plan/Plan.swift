import JSON

/// A compiled expression: names are resolved, keys hashed, types found. Its parts live as long as their `PlanStore`.
struct Plan {
    enum Operation {
        case literal(UnsafePointer<Items>)
        case empty
        case this, index, total
        case variable(UnsafePointer<Variable>)
        case path(UnsafeBufferPointer<PlanStep>)
        case pathFrom(UnsafePointer<Plan>, UnsafeBufferPointer<PlanStep>)
        case negated(UnsafePointer<Plan>)
        case positive(UnsafePointer<Plan>)
        case chain(UnsafePointer<Plan>, UnsafeBufferPointer<Operand>)
        case isType(UnsafePointer<Plan>, TypeTest)
        case asType(UnsafePointer<Plan>, TypeTest)
        case closed(UnsafePointer<ClosedPart>)
    }

    struct Operand {
        let operation: BinaryOperator
        let offset: Int
        let value: Plan
    }

    /// What `%name` means.
    enum Variable {
        case context, resource, rootResource
        case text(String)
        case named(String)
    }

    let operation: Operation
    let offset: Int
    /// In the arguments of `sort`: the greatest first.
    let isDescending: Bool
    /// On what it depends besides the environment.
    let levels: Levels

    init(_ operation: Operation, at offset: Int, isDescending: Bool = false, levels: Levels = .any) {
        self.operation = operation
        self.offset = offset
        self.isDescending = isDescending
        self.levels = levels
    }
}

/// A part that yields the same wherever it stands: it depends on the environment and the context only.
struct ClosedPart {
    let plan: Plan
    /// Its place among those of the expression.
    let number: Int
    /// Whether it stands in what is evaluated for each item of a collection.
    let isInLoop: Bool
}

/// One step of a path.
struct PlanStep {
    enum Kind {
        case member(UnsafePointer<MemberStep>)
        case function(UnsafePointer<Call>)
        case position(UnsafePointer<Plan>)
        case this, index, total
    }

    let kind: Kind
    let offset: Int
    /// Whether the step can yield something from an empty collection.
    let worksOnNothing: Bool

    init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
        switch kind {
        case .member, .position, .this: worksOnNothing = false
        case .index, .total: worksOnNothing = true
        case .function(let call): worksOnNothing = call.pointee.function.worksOnNothing
        }
    }
}

/// A call of a function.
struct Call {
    let function: Function
    let arguments: UnsafeBufferPointer<Plan>
    /// The type that the first argument names.
    let type: TypeTest?
    /// Of `matches` and `replaceMatches` with a literal pattern.
    let pattern: UnsafePointer<Pattern>?
    /// Of `where`: days with which it compares those of each item first.
    var dayFilter: UnsafePointer<DayFilter>?
    let offset: Int
}

/// A step to the members of one name.
struct MemberStep {
    let name: String
    /// The name's number in the model; -1: no type has it.
    let number: Int32
    /// The name as a JSON key, for values whose type isn't known.
    let key: JSONKey
    /// The type of what the step is taken from, as far as known when compiling; -1: not known.
    let expectedType: Int32
    /// The element of that type.
    let expectedElement: Int32
    /// Where the name begins a path and is a type's name: values of that type are kept. -1: it is none.
    let typeFilter: Int32

    init(_ name: String, model: TypeModel, expectedType: Int32, typeFilter: Int32) {
        self.name = name
        number = model.number(name)
        key = JSONKey(name)
        self.expectedType = expectedType
        expectedElement = expectedType < 0 ? -1 : model.element(number, of: expectedType)
        self.typeFilter = typeFilter
    }
}

/// A type that values are tested for.
struct TypeTest {
    /// The FHIR type; -1: none.
    let fhir: Int32
    /// The System type.
    let system: SystemType?

    /// Whether a value has the type.
    ///
    /// - Parameter isExact: whether a primitive must have this very type, as `as` and `ofType` demand.
    func matches(_ value: Item, isExact: Bool, _ model: TypeModel) -> Bool {
        guard case .node(let node) = value else { return system != nil && SystemType(value) == system }
        guard fhir >= 0 else { return false }
        if node.type == fhir { return true }
        if node.type == TypeModel.unknown { return node.typeName == model.types[Int(fhir)].name }
        if isExact, model.primitive(node.type) != nil { return false }
        return model.isType(node.type, fhir)
    }
}

/// The types of the System namespace.
enum SystemType: String, Sendable {
    case boolean = "Boolean"
    case integer = "Integer"
    case decimal = "Decimal"
    case string = "String"
    case date = "Date"
    case dateTime = "DateTime"
    case time = "Time"
    case quantity = "Quantity"

    /// - Returns: nil of elements.
    init?(_ value: Item) {
        switch value {
        case .node, .type: return nil
        case .boolean: self = .boolean
        case .integer: self = .integer
        case .decimal: self = .decimal
        case .string: self = .string
        case .date: self = .date
        case .dateTime: self = .dateTime
        case .time: self = .time
        case .quantity: self = .quantity
        }
    }

    init(_ primitive: TypeModel.Primitive) {
        switch primitive {
        case .boolean: self = .boolean
        case .integer: self = .integer
        case .decimal: self = .decimal
        case .string: self = .string
        case .date: self = .date
        case .dateTime: self = .dateTime
        case .time: self = .time
        }
    }
}
