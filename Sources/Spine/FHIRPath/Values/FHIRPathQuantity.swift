/// A number with a unit.
public struct FHIRPathQuantity: Sendable {
    /// The number.
    public let value: FHIRPathDecimal
    /// A UCUM code, or where `isCalendar` a word such as `year`, always in the singular.
    public let unit: String
    /// Whether the unit is one of the calendar's words: `year` rather than `'a'`.
    public let isCalendar: Bool
    /// Whether the word stood in the plural.
    var isPlural = false

    /// - Parameters:
    ///   - value: the number.
    ///   - unit: a UCUM code, or a calendar word in the singular or plural.
    ///   - isCalendar: whether it is a calendar word.
    public init(_ value: FHIRPathDecimal, _ unit: String, isCalendar: Bool = false) {
        self.value = value
        self.isCalendar = isCalendar
        if isCalendar, let word = FHIRPathTemporal.Unit(unit) {
            self.unit = word.rawValue
            isPlural = unit.hasSuffix("s")
        } else {
            self.unit = unit
        }
    }

    /// `10.1 'mg'`, `4 days`.
    public var text: String {
        isCalendar ? "\(value.text) \(unit)\(isPlural ? "s" : "")" : "\(value.text) '\(unit)'"
    }
}
