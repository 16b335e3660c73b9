import FHIR

/// A date, dateTime or instant moved by whole days, as precise as it was written.
enum ShiftedDate {
    /// - Parameters:
    ///   - text: FHIR's form.
    ///   - days: by how many days.
    ///   - isEnd: whether an imprecise value is taken by its last day, as the end of a period is.
    /// - Returns: nil when the text is none of the forms.
    static func shifted(_ text: String, days: Int, isEnd: Bool) -> String? {
        guard let time = FHIRDateTime(text, zoneOffsetMinutes: 0) else { return nil }
        let digits = text.utf8.count
        let day = text.utf8.prefix(10)
        guard let date = FHIRDateTime(String(decoding: day, as: UTF8.self), zoneOffsetMinutes: 0) else { return nil }
        let base = digits < 10 && isEnd ? time.highMilliseconds : date.lowMilliseconds
        let moved = isoInstant(base + Int64(days) * 86_400_000)
        return String(moved.prefix(min(digits, 10))) + String(decoding: text.utf8.dropFirst(10), as: UTF8.self)
    }
}
