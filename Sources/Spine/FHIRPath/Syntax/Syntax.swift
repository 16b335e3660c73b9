/// An expression as it was written, before its names are understood.
struct Syntax {
    indirect enum Form {
        case literal(Item)
        case empty
        /// `%name`
        case variable(String)
        /// `$this`, `$index`, `$total`
        case special(String)
        /// A name or a function that begins a path.
        case step(Step)
        /// A path: what it begins with, and what is taken from there.
        case path(Syntax, [Step])
        /// `-x`, `+x`
        case signed(isNegative: Bool, Syntax)
        /// Operators of one precedence, from left to right.
        case chain(Syntax, [Operand])
        /// `x is T`, `x as T`
        case type(Syntax, isAs: Bool, TypeName)
    }

    struct Operand {
        let operation: BinaryOperator
        let offset: Int
        let value: Syntax
    }

    struct Step {
        enum Kind {
            case member(String)
            case function(String, [Syntax])
            case position(Syntax)
            case special(String)
        }

        let kind: Kind
        let offset: Int

        var height: Int {
            switch kind {
            case .member, .special: 0
            case .position(let position): position.height
            case .function(_, let arguments): arguments.map(\.height).max() ?? 0
            }
        }
    }

    /// `Patient`, `FHIR.Patient`, `System.String`.
    struct TypeName {
        var namespace: String?
        var name: String
        var offset: Int
    }

    let form: Form
    let offset: Int
    /// In the arguments of `sort`: the greatest first.
    var isDescending = false
    /// How many expressions lie one in another.
    let height: Int

    init(_ form: Form, at offset: Int) {
        self.form = form
        self.offset = offset
        let inner: Int
        switch form {
        case .literal, .empty, .variable, .special: inner = 0
        case .step(let step): inner = step.height
        case .path(let first, let steps): inner = max(first.height, steps.map(\.height).max() ?? 0)
        case .signed(_, let operand), .type(let operand, _, _): inner = operand.height
        case .chain(let first, let operands): inner = max(first.height, operands.map(\.value.height).max() ?? 0)
        }
        height = inner + 1
    }

    /// The expression as a type's name, where it can be one.
    var typeName: TypeName? {
        switch form {
        case .step(let step):
            guard case .member(let name) = step.kind else { return nil }
            return TypeName(name: name, offset: offset)
        case .path(let first, let steps):
            guard case .step(let begin) = first.form, case .member(let head) = begin.kind else { return nil }
            var names = [head]
            for step in steps {
                guard case .member(let name) = step.kind else { return nil }
                names.append(name)
            }
            if head == "System" || head == "FHIR" {
                return TypeName(namespace: head, name: names.dropFirst().joined(separator: "."), offset: offset)
            }
            return TypeName(name: names.joined(separator: "."), offset: offset)
        default:
            return nil
        }
    }
}

/// The operators between two operands, but for `is` and `as`.
enum BinaryOperator: String, Sendable {
    case multiply = "*"
    case divide = "/"
    case div, mod
    case add = "+"
    case subtract = "-"
    case concatenate = "&"
    case union = "|"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case equal = "="
    case notEqual = "!="
    case equivalent = "~"
    case notEquivalent = "!~"
    case `in`, contains
    case and, or, xor, implies

    /// From 0, `implies`, which binds least, to 9. 7 is the place of `is` and `as`.
    var precedence: Int {
        switch self {
        case .multiply, .divide, .div, .mod: 9
        case .add, .subtract, .concatenate: 8
        case .union: 6
        case .less, .lessOrEqual, .greater, .greaterOrEqual: 5
        case .equal, .notEqual, .equivalent, .notEquivalent: 4
        case .in, .contains: 3
        case .and: 2
        case .or, .xor: 1
        case .implies: 0
        }
    }
}
