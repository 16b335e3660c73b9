import Foundation
import JSON

/// Whether the conditions of a questionnaire's item are met by the answers of a response (R4, `Questionnaire.item.enableWhen`).
struct EnableWhen {
    /// The answers' values by linkId.
    private var answers: [String: [JSONNode]] = [:]

    init(_ response: JSONNode) {
        var open = [response]
        while let node = open.popLast() {
            for item in QuestionnaireItems.direct(node) {
                open.append(item)
                for answer in item[Keys.answer]?.elements.map({ $0 }) ?? [] {
                    open.append(answer)
                    guard let id = item[Keys.linkId]?.string,
                        let value = answer.members.first(where: { $0.key.string?.hasPrefix("value") == true })
                    else { continue }
                    answers[id, default: []].append(value.value)
                }
            }
        }
    }

    func isEnabled(_ question: JSONNode) -> Bool {
        let conditions = question["enableWhen"]?.elements.map { $0 } ?? []
        guard !conditions.isEmpty else { return true }
        return question["enableBehavior"]?.equals("any") == true
            ? conditions.contains(where: isMet) : conditions.allSatisfy(isMet)
    }

    private func isMet(_ condition: JSONNode) -> Bool {
        let found = answers[condition["question"]?.string ?? ""] ?? []
        let wanted = condition.members.first { member in
            member.key.string?.hasPrefix("answer") == true
        }?.value
        guard let wanted else { return true }
        switch condition["operator"]?.string {
        case "exists": return found.isEmpty != (wanted.bool ?? true)
        case "=": return found.contains { Self.compare($0, wanted) == .orderedSame }
        case "!=": return found.contains { Self.compare($0, wanted) != .orderedSame }
        case ">": return found.contains { Self.compare($0, wanted) == .orderedDescending }
        case "<": return found.contains { Self.compare($0, wanted) == .orderedAscending }
        case ">=": return found.contains { Self.compare($0, wanted).map { $0 != .orderedAscending } ?? false }
        case "<=": return found.contains { Self.compare($0, wanted).map { $0 != .orderedDescending } ?? false }
        default: return true
        }
    }

    /// The order of an answer and the value of a condition; nil when they can't be compared.
    private static func compare(_ one: JSONNode, _ other: JSONNode) -> ComparisonResult? {
        if one.isNumber, other.isNumber { return number(one, other) }
        if let one = one.string, let other = other.string {
            return one == other ? .orderedSame : one < other ? .orderedAscending : .orderedDescending
        }
        if let one = one.bool, let other = other.bool { return one == other ? .orderedSame : nil }
        guard one.isObject, other.isObject else { return nil }
        if let amount = one[Keys.value], let limit = other[Keys.value] {
            let isSameUnit =
                one[Keys.system]?.string == other[Keys.system]?.string
                && one[Keys.code]?.string == other[Keys.code]?.string
            return isSameUnit ? number(amount, limit) : nil
        }
        if let reference = other[Keys.reference]?.string {
            return one[Keys.reference]?.string == reference ? .orderedSame : nil
        }
        let isSame =
            one[Keys.code]?.string == other[Keys.code]?.string
            && (other[Keys.system] == nil || one[Keys.system]?.string == other[Keys.system]?.string)
        return isSame ? .orderedSame : nil
    }

    private static func number(_ one: JSONNode, _ other: JSONNode) -> ComparisonResult? {
        func decimal(_ node: JSONNode) -> Decimal? {
            node.withUTF8 { String(decoding: $0, as: UTF8.self) }.flatMap { Decimal(string: $0) }
        }
        guard let one = decimal(one), let other = decimal(other) else { return nil }
        return one == other ? .orderedSame : one < other ? .orderedAscending : .orderedDescending
    }
}
