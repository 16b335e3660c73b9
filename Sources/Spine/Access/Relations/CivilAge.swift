import FHIR

/// Ages in whole years (周岁) by the calendar of Asia/Shanghai.
enum CivilAge {
    /// The age of somebody at an instant; of a birth date without day the least that it can be.
    ///
    /// - Parameters:
    ///   - birthDate: FHIR's date: `2012-05-20`, `2012-05` or `2012`.
    ///   - milliseconds: the instant since 1970-01-01T00:00:00Z.
    /// - Returns: nil when the birth date is none, or not yet there.
    static func years(born birthDate: String, at milliseconds: Int64) -> Int? {
        let parts = birthDate.split(separator: "-").compactMap { Int($0) }
        guard FHIRDateTime(birthDate) != nil, let year = parts.first, birthDate.utf8.count <= 10 else { return nil }
        let month = parts.count > 1 ? parts[1] : 12
        let day = parts.count > 2 ? parts[2] : 31
        let today = isoInstant(milliseconds + 8 * 3_600_000).prefix(10).split(separator: "-").compactMap { Int($0) }
        guard today.count == 3 else { return nil }
        // A person born on 29 February has the birthday on 28 February in common years.
        let isCommon = !(today[0] % 4 == 0 && (today[0] % 100 != 0 || today[0] % 400 == 0))
        let birthday = month == 2 && day == 29 && isCommon ? 28 : day
        let hadBirthday = (today[1], today[2]) >= (month, birthday)
        let years = today[0] - year - (hadBirthday ? 0 : 1)
        return years >= 0 || (parts.count < 3 && today[0] >= year) ? max(0, years) : nil
    }
}
