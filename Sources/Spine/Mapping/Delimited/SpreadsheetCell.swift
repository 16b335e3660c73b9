/// What spreadsheets do to values that they write into text files.
enum SpreadsheetCell {
    private static let errors: Set<String> = [
        "#N/A", "#VALUE!", "#REF!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!",
    ]

    /// The value that is meant: without what tells a spreadsheet that digits are text (`="0012"`, `'0012`); nothing for an
    /// error (`#N/A`).
    static func meant(_ text: String) -> String {
        if errors.contains(text) { return "" }
        if text.hasPrefix("=\""), text.hasSuffix("\""), text.utf8.count > 2 {
            return String(text.dropFirst(2).dropLast())
        }
        if text.first == "'", text.dropFirst().first?.isWholeNumber == true { return String(text.dropFirst()) }
        return text
    }

    /// Whether a number of ten or more digits was cut to its first ones: `3.30106E+17`.
    static func isCut(_ text: String) -> Bool {
        guard let match = text.wholeMatch(of: /[1-9](?:\.[0-9]+)?[Ee]\+?([0-9]{1,3})/), let power = Int(match.1) else {
            return false
        }
        return power >= 9
    }
}
