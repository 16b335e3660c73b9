import Calendar
import JSON
import Series

// What people bring along: what the tables say had happened to them before the first day.
extension World {
    /// Somebody on the first day, and the resources of what was before.
    func past(of person: Inhabitant, before start: CivilDay) throws -> (Inhabitant, [JSONDocument]) {
        var (person, documents): (Inhabitant, [JSONDocument]) = (person, [try person.document()])
        var days: [CivilDay: [String]] = [:]
        var begun: [String: CivilDay] = [:]
        for row in manners.past where row.event.fits(person, on: start) {
            guard row.after.isEmpty || begun[row.after] != nil,
                isFated(person, row.event.name)
                    ?? (draw.unit(person.id, "past", row.event.name) < row.event.rate)
            else { continue }
            let earliest = max(start.advanced(by: -row.last), begun[row.after] ?? person.born)
            let latest = start.advanced(by: -row.first)
            guard earliest <= latest else { continue }
            let span = Double(latest.number - earliest.number + 1)
            if row.every == 0 {
                let day = earliest.advanced(by: Int(draw.unit(person.id, "ago", row.event.name) * span))
                begun[row.event.name] = begun[row.event.name] ?? day
                days[day, default: []] += row.event.facts
                continue
            }
            // Again and again, somewhere in each interval, and some of it left out.
            var day = earliest.advanced(by: Int(draw.unit(person.id, "first", row.event.name) * Double(row.every)))
            while day <= latest {
                if draw.unit(person.id, row.event.name, "\(day.number)") < row.kept {
                    begun[row.event.name] = begun[row.event.name] ?? day
                    days[day, default: []] += row.event.facts
                }
                day = day.advanced(
                    by: max(1, row.every * 3 / 4)
                        + Int(draw.unit(person.id, "gap", row.event.name, "\(day.number)") * Double(row.every) / 2))
            }
        }
        for (day, facts) in days.sorted(by: { $0.key < $1.key }) {
            var scene = Scene(self, person, day, "past")
            try scene.add(facts)
            person = scene.person
            documents += scene.documents
        }
        guard person.age(on: start) < 18 else { return (person, documents) }
        for (day, slot) in doses.past(person, before: start, manners, draw) {
            var scene = Scene(self, person, day, "dose \(slot.series)")
            try scene.give(slot)
            person = scene.person
            documents += scene.documents
        }
        return (person, documents)
    }
}
