import Foundation
import JSON

/// One filter of a value set (`ValueSet.compose.include.filter`), bound to the code system that it selects from.
struct ConceptFilter: Sendable {
    /// The operators of R4 (<https://hl7.org/fhir/R4/valueset-filter-operator.html>).
    enum Operator: String, Sendable {
        case equal = "="
        case isA = "is-a"
        case descendentOf = "descendent-of"
        case isNotA = "is-not-a"
        case regex
        case isIn = "in"
        case notIn = "not-in"
        case generalizes
        case exists
    }

    private enum Test: Sendable {
        /// Concepts at or below one of these; itself counted or not.
        case below(concepts: [Int], includingSelf: Bool)
        case notBelow(concept: Int)
        case above(concept: Int)
        case oneOf(Set<String>, isWanted: Bool)
        case pattern(Pattern)
        case exists(Bool)
    }

    private let property: String
    private let test: Test

    /// - Parameters:
    ///   - node: the filter element.
    ///   - table: the code system.
    init(_ node: JSONNode, _ table: CodeSystemTable) throws(TerminologyError) {
        guard let property = node["property"]?.string, let name = node["op"]?.string,
            let value = node["value"]?.string
        else { throw TerminologyError(.unprocessable, "A filter needs property, op and value.") }
        guard let op = Operator(rawValue: name) else {
            throw TerminologyError(.notSupported, "The filter operator “\(name)” is not one of R4.")
        }
        self.property = property
        test = try Self.test(op, property, value, table)
    }

    private static func test(
        _ op: Operator, _ property: String, _ value: String, _ table: CodeSystemTable
    ) throws(TerminologyError) -> Test {
        func concept() throws(TerminologyError) -> Int {
            guard property == "concept" || property == "code" || property == "parent" || property == "child" else {
                throw TerminologyError(
                    .notSupported, "The filter “\(op.rawValue)” works on concept, not on “\(property)”.")
            }
            guard let ordinal = table.ordinal(value) else {
                throw TerminologyError(
                    .unprocessable, "A filter names the code “\(value)”, which \(table.url) does not have.")
            }
            return ordinal
        }
        switch op {
        case .isA: return .below(concepts: [try concept()], includingSelf: true)
        case .descendentOf: return .below(concepts: [try concept()], includingSelf: false)
        case .isNotA: return .notBelow(concept: try concept())
        case .generalizes: return .above(concept: try concept())
        case .equal: return .oneOf([value], isWanted: true)
        case .isIn: return .oneOf(list(value), isWanted: true)
        case .notIn: return .oneOf(list(value), isWanted: false)
        case .regex: return .pattern(try Pattern(value))
        case .exists:
            guard value == "true" || value == "false" else {
                throw TerminologyError(.unprocessable, "The filter “exists” takes true or false, not “\(value)”.")
            }
            return .exists(value == "true")
        }
    }

    private static func list(_ value: String) -> Set<String> {
        Set(
            value.split(separator: ",").map { item in
                String(item).trimmingCharacters(in: .whitespaces)
            })
    }

    /// A short list of concepts beside which none can pass; nil when every concept must be asked.
    func candidates(_ table: CodeSystemTable) -> [Int32]? {
        switch test {
        case .below(let concepts, let includingSelf):
            guard let concept = concepts.first else { return [] }
            return (includingSelf ? [Int32(concept)] : []) + table.hierarchy.descendants(of: concept)
        case .above(let concept): return [Int32(concept)] + table.hierarchy.ancestors(of: concept)
        case .oneOf(let codes, true) where property == "concept" || property == "code":
            return codes.compactMap { table.ordinal($0).map(Int32.init) }.sorted()
        default: return nil
        }
    }

    func matches(_ ordinal: Int, _ table: CodeSystemTable) -> Bool {
        switch test {
        case .below(let concepts, let includingSelf):
            concepts.contains { concept in
                (ordinal != concept || includingSelf) && table.hierarchy.isA(ordinal, concept)
            }
        case .notBelow(let concept): !table.hierarchy.isA(ordinal, concept)
        case .above(let concept): table.hierarchy.isA(concept, ordinal)
        case .oneOf(let wanted, let isWanted):
            values(ordinal, table).contains(where: wanted.contains) == isWanted
        case .pattern(let pattern): values(ordinal, table).contains(where: pattern.matches)
        case .exists(let wanted): !values(ordinal, table).isEmpty == wanted
        }
    }

    private func values(_ ordinal: Int, _ table: CodeSystemTable) -> [String] {
        let concept = Concept(table: table, ordinal: ordinal)
        switch property {
        case "concept", "code": return [concept.code]
        case "display": return concept.display.map { [$0] } ?? []
        case "definition": return concept.definition.map { [$0] } ?? []
        case "designation": return concept.designations.map(\.value)
        case "parent" where !table.hierarchy.isFlat: return concept.parents
        case "child" where !table.hierarchy.isFlat: return concept.children
        default:
            let found = concept.properties.filter { $0.code == property }.compactMap(\.text)
            // What every concept is when nothing else is said.
            if found.isEmpty, property == "inactive" { return [concept.isInactive ? "true" : "false"] }
            if found.isEmpty, property == "notSelectable" { return [concept.isAbstract ? "true" : "false"] }
            return found
        }
    }

    /// A regular expression that must match the whole value.
    struct Pattern: Sendable {
        private let expression: NSRegularExpression
        /// Longer values do not match, so that no expression runs away.
        static let valueLengthMax = 512

        init(_ text: String) throws(TerminologyError) {
            guard !Self.isRunaway(text) else {
                throw TerminologyError(
                    .tooCostly, "The expression “\(text)” repeats a repetition, which can take for ever. Write it flat."
                )
            }
            do {
                expression = try NSRegularExpression(pattern: "^(?:\(text))$")
            } catch {
                throw TerminologyError(.unprocessable, "“\(text)” is no regular expression.")
            }
        }

        func matches(_ value: String) -> Bool {
            guard value.utf16.count <= Self.valueLengthMax else { return false }
            let range = NSRange(location: 0, length: value.utf16.count)
            return expression.firstMatch(in: value, range: range) != nil
        }

        /// Whether a group that holds an unbounded repetition is itself repeated without bound: `(a+)+`.
        static func isRunaway(_ text: String) -> Bool {
            var openings: [Bool] = []
            var closedRepeats = false
            var isEscaped = false
            var isInClass = false
            for character in text {
                let closed = closedRepeats
                closedRepeats = false
                if isEscaped {
                    isEscaped = false
                    continue
                }
                switch character {
                case "\\": isEscaped = true
                case "[": isInClass = true
                case "]": isInClass = false
                case _ where isInClass: break
                case "(": openings.append(false)
                case ")":
                    closedRepeats = openings.popLast() ?? false
                    if closedRepeats, !openings.isEmpty { openings[openings.count - 1] = true }
                case "*", "+", "{":
                    if closed { return true }
                    if !openings.isEmpty { openings[openings.count - 1] = true }
                default: break
                }
            }
            return false
        }
    }
}
