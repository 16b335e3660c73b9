import Calendar
import JSON

// What happens of itself.
extension CityLife {
    /// At the beginning of each year of the life: what will happen to everybody in it.
    mutating func foresee(_ day: CivilDay) {
        guard (day.number - start.number).isMultiple(of: Self.year) else { return }
        for place in people.indices where !people[place].isDead { foresee(place, from: day, year: day) }
    }

    /// What will happen to somebody in a year, from a day in it.
    private mutating func foresee(_ place: Int, from day: CivilDay, year: CivilDay) {
        let (id, draw) = (people[place].id, world.draw)
        for (index, event) in world.manners.events.enumerated() {
            // So many parts of the year in which it happens once or not.
            let parts = max(1, Int(event.rate.rounded(.up)))
            for part in 0..<parts {
                let words = "\(event.name) \(event.ages.lowerBound) \(year.number) \(part)"
                let isFated = world.isFated(people[place], event.name).map { $0 && year == start && part == 0 }
                guard isFated ?? (draw.unit(id, words) < event.rate / Double(parts)) else { continue }
                let share = (Double(part) + draw.unit(id, words, "day")) / Double(parts)
                let when = year.advanced(by: Int(share * Double(Self.year)))
                guard when >= day else { continue }
                events[when.number, default: [:]][place, default: []].append(index)
                agenda.note(place, when)
            }
        }
    }

    /// Days of a year.
    private static let year = 365

    /// What happens to somebody on a day, and the resources of it.
    mutating func happen(_ place: Int, _ day: CivilDay) throws -> [JSONDocument] {
        let person = people[place]
        var scene = Scene(world, person, day, "event")
        for index in events[day.number]?[place] ?? [] {
            let event = world.manners.events[index]
            guard event.fits(person, on: day), event.isOfTheGone == person.isGone, !scene.person.isDead,
                scene.person.isGone == person.isGone
            else { continue }
            if event.facts.contains("pregnancy"), let last = person.delivery, day.number < last.number + 300 {
                continue
            }
            try scene.add(event.facts)
        }
        events[day.number]?[place] = nil
        if scene.person.delivery == day, !person.isGone, !scene.person.isDead { try scene.add(["delivery"]) }
        if let delivery = scene.person.delivery, delivery > day { agenda.note(place, delivery) }
        if scene.person.isDead { report.died += 1 }
        if scene.person.isGone != person.isGone {
            if person.isGone { report.returned += 1 } else { report.moved += 1 }
        }
        people[place] = scene.person
        return scene.documents + (try born(scene.newborns, of: place, day))
    }

    /// Children who are born live from then on.
    private mutating func born(_ newborns: [Inhabitant], of mother: Int, _ day: CivilDay) throws -> [JSONDocument] {
        try newborns.flatMap { child in
            guard places[child.id] == nil else { return [JSONDocument]() }
            let place = people.count
            places[child.id] = place
            people.append(child)
            report.born += 1
            let years = (day.number - start.number) / Self.year
            foresee(place, from: day.advanced(by: 1), year: start.advanced(by: years * Self.year))
            return [try child.document()]
        }
    }
}
