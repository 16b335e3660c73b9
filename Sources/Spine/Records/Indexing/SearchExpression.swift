/// The expression of a search parameter, read as far as R4's published parameters go: paths, unions, `as`,
/// `where(a = 'b')`, `where(resolve() is Type)`, `[n]`, and `x.exists() and x != false`.
struct SearchExpression: Equatable {
    enum Step: Equatable {
        case field(String)
        case cast(String)
        case element(Int)
        case whereEquals(field: String, value: String)
        case whereResolves(type: String)
    }

    struct Path: Equatable {
        /// Whether the path begins at the resource though the expression is evaluated on an element of it.
        var fromResource = false
        var steps: [Step] = []
    }

    var alternatives: [Path]
    /// `x.exists() and x != false`: the answer is one boolean.
    var isExistence = false

    /// Reads an expression; nil when it uses what is not understood.
    init?(_ text: String) {
        if let range = text.firstRange(of: ".exists() and ") {
            let path = String(text[..<range.lowerBound])
            guard text[range.upperBound...] == path + " != false", let inner = SearchExpression(path) else {
                return nil
            }
            alternatives = inner.alternatives
            isExistence = true
            return
        }
        var scanner = Scanner(text)
        var paths: [Path] = []
        repeat {
            guard let path = scanner.path() else { return nil }
            paths.append(path)
        } while scanner.take("|")
        guard scanner.isAtEnd else { return nil }
        alternatives = paths
    }

    private struct Scanner {
        private let characters: [Character]
        private var position = 0

        init(_ text: String) { characters = Array(text) }

        var isAtEnd: Bool { position == characters.count }

        private mutating func skipSpaces() {
            while position < characters.count, characters[position] == " " { position += 1 }
        }

        mutating func take(_ text: String) -> Bool {
            skipSpaces()
            let wanted = Array(text)
            guard characters.count - position >= wanted.count,
                Array(characters[position..<position + wanted.count]) == wanted
            else { return false }
            position += wanted.count
            skipSpaces()
            return true
        }

        private mutating func name() -> String? {
            skipSpaces()
            let start = position
            while position < characters.count, characters[position].isLetter || characters[position].isNumber {
                position += 1
            }
            guard position > start else { return nil }
            return String(characters[start..<position])
        }

        mutating func path() -> Path? {
            skipSpaces()
            var path = Path()
            if take("(") {
                guard let inner = self.path(), take("as"), let type = name(), take(")") else { return nil }
                path = inner
                path.steps.append(.cast(type))
            } else {
                if take("%resource.") { path.fromResource = true }
                guard let first = name() else { return nil }
                path.steps.append(.field(first))
            }
            while true {
                if take("[") {
                    guard let digits = name(), let index = Int(digits), take("]") else { return nil }
                    path.steps.append(.element(index))
                } else if take(".") {
                    guard let step = step() else { return nil }
                    path.steps.append(step)
                } else {
                    return path
                }
            }
        }

        private mutating func step() -> Step? {
            guard let name = name() else { return nil }
            switch name {
            case "as", "ofType":
                guard take("("), let type = self.name(), take(")") else { return nil }
                return .cast(type)
            case "where":
                guard take("(") else { return nil }
                if take("resolve() is ") {
                    guard let type = self.name(), take(")") else { return nil }
                    return .whereResolves(type: type)
                }
                guard let field = self.name(), take("="), let value = string(), take(")") else { return nil }
                return .whereEquals(field: field, value: value)
            default:
                return .field(name)
            }
        }

        private mutating func string() -> String? {
            guard take("'"), let end = characters[position...].firstIndex(of: "'") else { return nil }
            defer { position = end + 1 }
            return String(characters[position..<end])
        }
    }
}
