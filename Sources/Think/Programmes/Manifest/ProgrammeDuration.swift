public import FHIRPath
public import JSON

/// A span of time as a rule writes it: `7 d`, `3 mo`, `5 {workday}`.
public struct ProgrammeDuration: Sendable, Hashable, CustomStringConvertible {
    /// The units, named as UCUM names them.
    public enum Unit: String, Sendable, CaseIterable {
        /// Minutes.
        case minute = "min"
        /// Hours.
        case hour = "h"
        /// Days.
        case day = "d"
        /// Weeks.
        case week = "wk"
        /// Months of the calendar: the same day of another month, or that month's last.
        case month = "mo"
        /// Years of the calendar.
        case year = "a"
        /// Working days.
        case workday = "{workday}"

        /// The word for a number of them.
        public func word(_ amount: Int, _ language: ProgrammeText.Language) -> String {
            switch self {
            case .minute: language == .zh ? "分钟" : amount == 1 ? "minute" : "minutes"
            case .hour: language == .zh ? "小时" : amount == 1 ? "hour" : "hours"
            case .day: language == .zh ? "天" : amount == 1 ? "day" : "days"
            case .week: language == .zh ? "周" : amount == 1 ? "week" : "weeks"
            case .month: language == .zh ? "个月" : amount == 1 ? "month" : "months"
            case .year: language == .zh ? "年" : amount == 1 ? "year" : "years"
            case .workday: language == .zh ? "个工作日" : amount == 1 ? "working day" : "working days"
            }
        }
    }

    /// How many units; never negative.
    public let amount: Int
    /// The unit.
    public let unit: Unit

    /// - Parameters:
    ///   - amount: how many units.
    ///   - unit: the unit.
    public init(_ amount: Int, _ unit: Unit) {
        self.amount = amount
        self.unit = unit
    }

    /// Reads `3 mo`; nil when it is no number, a space and a unit.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let amount = Int(parts[0]), amount >= 0, amount < 100_000,
            let unit = Unit(rawValue: String(parts[1]))
        else { return nil }
        self.init(amount, unit)
    }

    /// As it is written: `3 mo`.
    public var description: String { "\(amount) \(unit.rawValue)" }

    /// For people: `3个月`, `3 months`.
    public func words(_ language: ProgrammeText.Language) -> String {
        (language == .zh ? "\(amount)" : "\(amount) ") + unit.word(amount, language)
    }

    /// For expressions: units of the calendar as FHIRPath has them, so that they can be added to dates; working days as
    /// the unit `{workday}`, which only timing understands.
    public var quantity: FHIRPathQuantity {
        let word: String? =
            switch unit {
            case .minute: "minute"
            case .hour: "hour"
            case .day: "day"
            case .week: "week"
            case .month: "month"
            case .year: "year"
            case .workday: nil
            }
        return FHIRPathQuantity(
            FHIRPathDecimal(Int128(amount)), word ?? unit.rawValue, isCalendar: word != nil)
    }

    /// Reads back what an expression gave for a timing: calendar words in the singular or plural, or UCUM's codes.
    ///
    /// - Returns: nil when it is no whole number of such a unit.
    public init?(_ quantity: FHIRPathQuantity) {
        let units: [String: Unit] = [
            "minute": .minute, "hour": .hour, "day": .day, "week": .week, "month": .month, "year": .year,
        ]
        let singular = quantity.unit.hasSuffix("s") ? String(quantity.unit.dropLast()) : quantity.unit
        guard let unit = Unit(rawValue: quantity.unit) ?? units[singular],
            let amount = Int(exactly: quantity.value.double)
        else { return nil }
        self.init(amount, unit)
    }

    /// About how long it is, to compare by: months of 30.4 days, working days of 1.4.
    var days: Double {
        switch unit {
        case .minute: Double(amount) / 1440
        case .hour: Double(amount) / 24
        case .day: Double(amount)
        case .week: Double(amount) * 7
        case .month: Double(amount) * 30.4375
        case .year: Double(amount) * 365.25
        case .workday: Double(amount) * 1.4
        }
    }
}

extension ProgrammeDuration {
    /// Reads a FHIR Quantity or Duration, or a text such as `3 mo`; nil when it is no whole number of a known unit.
    public init?(fhir node: JSONNode) {
        if let text = node.string {
            self.init(text)
        } else {
            let unit = node["code"]?.string ?? node["unit"]?.string ?? ""
            self.init("\(node["value"]?.numberText ?? "") \(unit)")
        }
    }
}
