/// A number with a unit.
public struct FHIRPathQuantity: Sendable {
    /// The number.
    public let value: FHIRPathDecimal
    /// A UCUM code, or where `isCalendar` a word such as `year`.
    public let unit: String
    /// Whether the unit is one of the calendar's words: `year` rather than `'a'`.
    public let isCalendar: Bool
}
