import Foundation

/// How two records compare, field by field, for somebody who looks at them.
public struct FieldComparison: Sendable, Equatable {
    /// How much a field agrees.
    public enum Agreement: String, Sendable {
        /// The field is missing on a side.
        case missing
        case same, similar, different
    }

    /// The field.
    public let role: ColumnRole
    /// How much it agrees.
    public let agreement: Agreement
    /// What it adds to the score, in bits: log2 of its chance for one person over that for strangers.
    public let bits: Double

    /// Compares two records by the levels that the score is made of.
    public static func all(
        _ one: [ColumnRole: String], _ other: [ColumnRole: String], _ model: LearnedModel
    ) -> [FieldComparison] {
        var roster = Roster()
        roster.append(one)
        roster.append(other)
        let pattern = Comparison(roster).pattern(0, 1)
        return shown.map { role, slot in
            let level = slot.level(in: pattern)
            guard level > 0 else { return FieldComparison(role: role, agreement: .missing, bits: 0) }
            let chance = model.model.probabilities.map { $0[slot.rawValue][level] }
            let bits = log2(max(chance[0], 1e-9) / max(chance[1], 1e-9))
            let isLast = level >= slot.levels - (slot == .birth ? 2 : 0)
            let agreement: Agreement =
                level <= slot.sameLevel ? .same : isLast || isApart(slot, level) ? .different : .similar
            return FieldComparison(role: role, agreement: agreement, bits: bits)
        }
    }

    private static func isApart(_ slot: Slot, _ level: Int) -> Bool {
        slot == .number && level == Int(NumberLevel.twoPersons)
    }

    private static let shown: [(ColumnRole, Slot)] = [
        (.name, .name), (.sex, .sex), (.birthDate, .birth), (.idNumber, .number), (.phone, .phone),
        (.address, .place), (.card, .card), (.socialCard, .socialCard), (.ethnicity, .ethnicity),
        (.contactName, .guardian),
    ]
}
