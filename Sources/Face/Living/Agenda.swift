import Calendar

/// On which days something is to be done about whom, so that a day on which there is nothing costs nothing.
struct Agenda: Sendable {
    private var places: [Int: Set<Int>] = [:]

    mutating func note(_ place: Int, _ day: CivilDay) { places[day.number, default: []].insert(place) }

    /// Who is up on a day, in their order; they are taken off.
    mutating func take(_ day: CivilDay) -> [Int] { places.removeValue(forKey: day.number)?.sorted() ?? [] }
}
