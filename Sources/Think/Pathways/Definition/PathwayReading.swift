import FHIRPath
import JSON

/// What the expressions and the questionnaires of a pathway can find in a record: each way of going through it once, by number.
struct PathwayReading: Sendable {
    /// Whether that is known: nobody can tell of an expression that reads everything, nor may what it finds change though neither the
    /// record nor what it waits for does.
    let isKnown: Bool
    /// Each once.
    let all: [SelectionReading]
    private let byName: [String: Int]
    private var byExpression: [ObjectIdentifier: [Int]] = [:]

    init(_ expressions: [PathwayExpression], _ parts: [PathwayPart]) {
        isKnown = !expressions.contains {
            $0.names.contains("record") || $0.text.contains(/\b(resolve|memberOf|today|now|timeOfDay)\s*\(/)
        }
        let forms = parts.compactMap(\.form).map { SelectionReading(questionnaire: $0) }
        let readings = Dictionary((expressions.flatMap(\.readings) + forms).map { ($0.name, $0) }) { one, _ in one }
        // The same numbers in every process: they are kept.
        all = readings.sorted { $0.key < $1.key }.map(\.value)
        byName = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })
        for expression in expressions {
            byExpression[expression.id] = expression.readings.compactMap { byName[$0.name] }
        }
    }

    /// The numbers of what an expression goes through itself, not through its variables.
    func numbers(_ expression: PathwayExpression) -> [Int] { byExpression[expression.id] ?? [] }

    /// The numbers of what goes through the answers to a form.
    func numbers(form: String) -> [Int] { byName[SelectionReading(questionnaire: form).name].map { [$0] } ?? [] }

    /// The numbers of all that goes through a type.
    func numbers(type: String) -> [Int] { all.indices.filter { all[$0].type == type } }
}

extension PathwayPart {
    /// The form that shows that it was done, without a version, where nothing else does.
    var form: String? { evidence.isEmpty ? questionnaire?.split(separator: "|").first.map(String.init) : nil }
}

/// What of a record one plan was made from. While nothing else changes, making it again takes the same way and gives the same plan.
struct PlanReading: Sendable, Equatable {
    /// Numbers of ``PathwayReading/all``.
    private(set) var numbers: Set<Int> = []
    /// The types of the resources to which the pathway's own refer.
    var types: Set<String> = []

    mutating func add(_ more: [Int]) { for number in more { numbers.insert(number) } }

    init() {}

    /// - Parameter text: as ``text`` tells it.
    init?(_ text: Substring) {
        let halves = text.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        for (place, digit) in halves[0].enumerated() {
            let bits: Int
            switch digit {
            case 0x30...0x39: bits = Int(digit) - 0x30
            case 0x61...0x66: bits = Int(digit) - 0x57
            default: return nil
            }
            for bit in 0..<4 where bits & 1 << bit != 0 { numbers.insert(4 * place + bit) }
        }
        types = Set(halves[1].split(separator: UInt8(ascii: ",")).map { String(Substring($0)) })
    }

    /// The numbers as hexadecimal digits of four each, the lowest first, and the types.
    var text: String {
        var digits = [UInt8](repeating: 0, count: (numbers.max() ?? -1) / 4 + 1)
        for number in numbers { digits[number / 4] |= 1 << (number % 4) }
        let text = digits.map { $0 < 10 ? 0x30 + $0 : 0x57 + $0 }
        return String(decoding: text, as: UTF8.self) + ";" + types.sorted().joined(separator: ",")
    }
}
