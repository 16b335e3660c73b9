import Calendar

/// What would be measured of a person on a day: normal for their age, raised by an illness, and less so the longer it is looked after.
struct Chart: Sendable {
    let manners: Manners
    let draw: Draw

    /// A value as a decimal's text; nil for a name that the tables don't have.
    func value(_ name: String, _ person: Inhabitant, _ day: CivilDay) -> String? {
        guard let row = manners.numbers[name] else { return nil }
        let years = Double(person.age(on: day))
        var value = row.number("base") + max(0, years - 40) * row.number("perYear")
        value += draw.bell(person.id, name) * row.number("people")
        value += draw.bell(person.id, "\(name) \(day.number)") * row.number("days")
        let illness = row.text("illness")
        let since = illness == "pressure" ? person.pressureSince : person.sugarSince
        if illness != "-", let since, since <= day {
            let responds = draw.unit(person.id, "responds") < manners.setting("responds")
            let done = min(1, Double(day.number - since.number) / manners.setting("respondsDays"))
            let share = responds ? done : done * manners.setting("respondsBadly")
            value += row.number("ill") * (1 - share) + row.number("treated") * share
        } else if illness != "-", isHidden(illness, person, day) {
            value += row.number("ill")
        }
        value = min(max(value, row.number("min")), row.number("max"))
        let digits = Int(row.number("digits"))
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let whole = Int((value * scale).rounded())
        guard digits > 0 else { return "\(whole)" }
        let rest = String(abs(whole) % Int(scale) + Int(scale)).dropFirst()
        return "\(whole < 0 ? "-" : "")\(abs(whole) / Int(scale)).\(rest)"
    }

    /// Whether somebody has an illness of which nobody knows yet, and which screening may find.
    private func isHidden(_ illness: String, _ person: Inhabitant, _ day: CivilDay) -> Bool {
        guard draw.unit(person.id, "hidden \(illness)") < manners.setting("\(illness)Hidden") else { return false }
        let (from, until) = (manners.setting("hiddenFrom"), manners.setting("hiddenUntil"))
        return Double(person.age(on: day)) >= from + draw.unit(person.id, "hidden \(illness) from") * (until - from)
    }
}
