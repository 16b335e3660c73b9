import JSON

/// A compiled expression: names are resolved, keys hashed, types found.
final class Plan: Sendable {
    indirect enum Operation: Sendable {
        case literal(FHIRPathValue)
        case empty
        case this, index, total
        case variable(Variable)
        case path(PlanStep, [PlanStep])
        case pathFrom(Plan, [PlanStep])
        case negated(Plan)
        case positive(Plan)
        case chain(Plan, [Operand])
        case isType(Plan, TypeTest)
        case asType(Plan, TypeTest)
    }

    struct Operand: Sendable {
        let operation: BinaryOperator
        let offset: Int
        let value: Plan
    }

    /// What `%name` means.
    enum Variable: Sendable {
        case context, resource, rootResource
        case text(String)
        case named(String)
    }

    let operation: Operation
    let offset: Int
    /// In the arguments of `sort`: the greatest first.
    let isDescending: Bool

    init(_ operation: Operation, at offset: Int, isDescending: Bool = false) {
        self.operation = operation
        self.offset = offset
        self.isDescending = isDescending
    }
}

/// One step of a path.
final class PlanStep: Sendable {
    enum Kind: Sendable {
        case member(MemberStep)
        case function(Call)
        case position(Plan)
        case this, index, total
    }

    let kind: Kind
    let offset: Int

    init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}

/// A call of a function.
final class Call: Sendable {
    let function: Function
    let arguments: [Plan]
    /// The type that the first argument names.
    let type: TypeTest?
    /// Of `matches` and `replaceMatches` with a literal pattern.
    let pattern: Pattern?
    let offset: Int

    init(_ function: Function, _ arguments: [Plan], type: TypeTest?, pattern: Pattern?, at offset: Int) {
        self.function = function
        self.arguments = arguments
        self.type = type
        self.pattern = pattern
        self.offset = offset
    }
}

/// A step to the members of one name.
final class MemberStep: Sendable {
    let name: String
    /// The name's number in the model; -1: no type has it.
    let number: Int32
    /// The name as a JSON key, for values whose type isn't known.
    let key: JSONKey
    let siblingKey: JSONKey
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
        siblingKey = JSONKey("_" + name)
        self.expectedType = expectedType
        expectedElement = expectedType < 0 ? -1 : model.element(number, of: expectedType)
        self.typeFilter = typeFilter
    }
}

/// A type that values are tested for.
struct TypeTest: Sendable {
    /// The FHIR type; -1: none.
    let fhir: Int32
    /// The System type.
    let system: SystemType?

    /// Whether a value has the type.
    ///
    /// - Parameter isExact: whether a primitive must have this very type, as `as` and `ofType` demand.
    func matches(_ value: FHIRPathValue, isExact: Bool, _ model: TypeModel) -> Bool {
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
    init?(_ value: FHIRPathValue) {
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
