import HL7v2

/// Finds out whose message it is. Conditions that ask one field for one of some values, as nearly all do, cost the same for
/// two hundred senders as for one.
struct SenderIndex: Sendable {
    private struct Field: Hashable, Sendable {
        var segment: SegmentName
        var field: Int
        var component: Int
    }

    /// For each field the first sender of each value.
    private var values: [Field: [String: Int]] = [:]
    /// The senders whose conditions say more.
    private var others: [(number: Int, conditions: [ConditionSyntax])] = []

    init(_ senders: [[ConditionSyntax]]) {
        for (number, conditions) in senders.enumerated() {
            guard conditions.count == 1, let only = conditions.first, !only.isNegated, !only.values.isEmpty,
                let field = Self.field(only)
            else {
                others.append((number, conditions))
                continue
            }
            for value in only.values {
                values[field, default: [:]][value, default: number] = min(number, values[field]?[value] ?? number)
            }
        }
    }

    /// The number of the first sender whose conditions hold.
    func first(for message: Message) -> Int? {
        var first: Int?
        for (field, numbers) in values {
            guard let text = message.text(field.segment, field.field, component: field.component),
                let number = numbers[text]
            else { continue }
            first = min(first ?? number, number)
        }
        for other in others where other.number < first ?? .max {
            if other.conditions.allSatisfy({ Self.holds($0, message) }) { return other.number }
        }
        return first
    }

    private static func field(_ condition: ConditionSyntax) -> Field? {
        guard case .field(let name, let field, let component, _)? = condition.sources.first else { return nil }
        return Field(segment: name, field: field, component: max(component, 1))
    }

    private static func holds(_ condition: ConditionSyntax, _ message: Message) -> Bool {
        guard let field = field(condition) else { return false }
        let text = message.text(field.segment, field.field, component: field.component)
        let isTrue = condition.values.isEmpty ? text != nil : text.map { condition.values.contains($0) } ?? false
        return isTrue != condition.isNegated
    }
}
