import Calendar
import Programmes
import Series

/// Which dose somebody gets next, and which they had before, by the series of the programmes.
struct DoseChoice: Sendable {
    private let books: [DoseBook]

    init(_ programmes: [Programme]) {
        books = programmes.compactMap { programme in
            programme.doses.map { book in
                book.with { name in programme.parameter(name).flatMap { DoseSpan($0.base.text) } }
            }
        }
    }

    private func history(_ person: Inhabitant) -> DoseHistory {
        DoseHistory(birth: person.born, sex: person.isWoman ? "female" : "male", doses: person.doses)
    }

    /// The next dose of a series; nil where none is to be given on the day.
    func next(_ series: String, _ person: Inhabitant, on day: CivilDay) -> DoseForecast.Slot? {
        for book in books {
            guard let slot = book.forecast(history(person), on: day).series(series)?.next else { continue }
            return slot.isHeld || slot.earliest > day ? nil : slot
        }
        return nil
    }

    /// The doses that a child has had before a day, in their order: each when it was recommended, some days, or much, later; some never.
    func past(_ person: Inhabitant, before end: CivilDay, _ manners: Manners, _ draw: Draw) -> [(
        day: CivilDay, slot: DoseForecast.Slot
    )] {
        // Who forgets, forgets more than once.
        let isForgetful = draw.unit(person.id, "doses") < manners.setting("forgetfulShare")
        let factor = person.fate["doses"] == "all" ? 0 : isForgetful ? manners.setting("forgetfulFactor") : 1
        var found: [(day: CivilDay, slot: DoseForecast.Slot)] = []
        var person = person
        var (day, missed): (CivilDay, Set<String>) = (person.born, [])
        for book in books {
            while day < end, found.count < Self.most {
                var next: (day: CivilDay, slot: DoseForecast.Slot)?
                for series in book.forecast(history(person), on: day).series {
                    guard let slot = series.next, !slot.isHeld, book.series(series.id)?.season == nil,
                        !missed.contains(series.id)
                    else { continue }
                    if draw.unit(person.id, "never", slot.key) < manners.setting("doseNever") * factor {
                        missed.insert(series.id)
                        continue
                    }
                    let isLate = draw.unit(person.id, "late", slot.key) < manners.setting("doseLate") * factor
                    let days = manners.setting(isLate ? "doseLateDays" : "doseDays")
                    let wait = slot.recommended <= person.born ? 0 : Int(draw.unit(person.id, "wait", slot.key) * days)
                    let on = max(day, max(slot.earliest, slot.recommended).advanced(by: wait))
                    if on < next?.day ?? end { next = (on, slot) }
                }
                guard let next else { break }
                day = next.day
                found.append(next)
                person.doses.append(
                    .init(reference: "\(found.count)", codes: Array(next.slot.product.codes.prefix(1)), first: day))
            }
        }
        return found
    }

    /// More doses than any child has.
    private static let most = 60
}
