import Calendar
import Series
import Testing

@Suite("Whoever follows the forecast")
struct PropertyTests {
    /// A child who comes on odd days and gets what is due then, sometimes not all of it.
    struct Life {
        var history: DoseHistory
        /// The doses that were given when they were due.
        var due: Set<String> = []

        init(_ book: DoseBook, seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            let birth = CivilDay(number: Int.random(in: 18_000...20_500, using: &random))
            history = DoseHistory(birth: birth, sex: Bool.random(using: &random) ? "female" : "male")
            if Int.random(in: 0..<4, using: &random) == 0 { history.facts.append(.init(state: "hbsag-mother-small")) }
            if Int.random(in: 0..<4, using: &random) == 0 { history.facts.append(.init(state: "je-inactivated")) }
            if Int.random(in: 0..<3, using: &random) == 0 {
                let globulin = birth.advanced(by: Int.random(in: 0...900, using: &random))
                history.facts.append(.init(state: "immune-globulin", since: globulin))
            }
            history.facts.append(.init(state: "ppd-negative", since: birth.advanced(by: 120)))
            var today = birth.advanced(by: Int.random(in: 0...1500, using: &random))
            for visit in 0..<40 {
                let forecast = book.forecast(history, on: today)
                let isHasty = Int.random(in: 0..<8, using: &random) == 0
                for one in forecast.series {
                    guard let next = one.next, Int.random(in: 0..<5, using: &random) > 0 else { continue }
                    // Now and then somebody errs and gives what isn't due.
                    let isDue = one.status == .due || one.status == .overdue
                    guard isDue || (isHasty && !next.isHeld) else { continue }
                    let reference = "Immunization/\(visit)-\(one.id)"
                    if isDue, !isHasty { due.insert(reference) }
                    history.doses.append(
                        .init(reference: reference, codes: [book.code(next.product.id)], first: today))
                }
                today = today.advanced(by: Int.random(in: 1...200, using: &random))
            }
        }
    }

    @Test("gets no dose that doesn't count, unless somebody errs", arguments: 1...60)
    func dueCounts(seed: Int) throws {
        let book = try House.book.get()
        var life = Life(book, seed: UInt64(seed))
        let end = book.forecast(life.history, on: day("2060-01-01"))
        let valid = Set(end.series.flatMap { $0.judged.filter { $0.verdict == .valid }.map(\.reference) })
        #expect(life.due.subtracting(valid) == [])
        #expect(!life.due.isEmpty)
        let live = life.history.doses.filter { dose in book.product(dose.codes)?.live == .injected }
        for one in live where valid.contains(one.reference) {
            for other in live {
                guard let later = one.first, let earlier = other.first, earlier < later else { continue }
                #expect(later.number - earlier.number >= 28, "\(one.reference) \(other.reference)")
            }
        }
        life.history.doses.shuffle()
        #expect(book.forecast(life.history, on: day("2060-01-01")) == end)
    }
}
