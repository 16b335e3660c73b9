import Calendar
import Signals
import Syndromes
import Testing

@Suite("The search for signals")
struct SignalSearchTests {
    static let today = CivilDay(number: 20_778)
    static let districts = [330_102, 330_106, 330_110]

    /// Three years of a quiet city: some complaints of every syndrome in every district and age group.
    private func quiet(_ generator: inout SeededGenerator, list: WatchList, perDay: Double = 0.6) -> [EventCounts.Cell]
    {
        var cells: [EventCounts.Cell] = []
        let ages: [AgeGroup] = [.under5, .from5to14, .from15to24, .from25to64, .over64]
        for condition in list.conditions.suffix(6) {
            for district in Self.districts {
                for day in (Self.today.number - 1_100)...Self.today.number {
                    for age in ages {
                        var n = 0
                        while Double.random(in: 0..<1, using: &generator) < perDay / (perDay + 1), n < 20 { n += 1 }
                        guard n > 0 else { continue }
                        cells.append(
                            EventCounts.Cell(
                                condition: condition.number, source: .complaint, district: district, age: age,
                                day: CivilDay(number: day), count: n))
                    }
                }
            }
        }
        return cells
    }

    @Test("tells next to nothing of a quiet city", arguments: 1...4 as ClosedRange<UInt64>)
    func quietCity(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let list = try watchList.get()
        let found = SignalSearch(list).findings(quiet(&generator, list: list), on: Self.today)
        #expect(found.count <= 1)
    }

    @Test("finds an outbreak among children of one district, and says where, among whom and against what")
    func outbreak() throws {
        var generator = SeededGenerator(seed: 7)
        let list = try watchList.get()
        let varicella = try #require(list["varicella"])
        var cells = quiet(&generator, list: list)
        for back in 0..<4 {
            cells.append(
                EventCounts.Cell(
                    condition: varicella.number, source: .complaint, district: 330_106, age: .from5to14,
                    day: Self.today.advanced(by: -back), count: 8))
        }
        let search = SignalSearch(list)
        let found = try #require(search.findings(cells, on: Self.today).first)
        #expect(found.condition.id == "varicella" && found.district == 330_106 && found.age == .from5to14)
        #expect(Double(found.count) > found.upper && found.expected < 10 && found.p < 1e-4)
        let place = cells.filter { $0.condition == varicella.number && $0.district == 330_106 }
        let course = search.course(place, since: [:], on: Self.today, periods: 26)
        #expect(course.count == 26 && course[25].observed > course[25].upper)
        #expect(course.dropLast().allSatisfy { $0.expected > 0 && $0.upper > $0.expected })
        // Seven false alarms there, and the same must be far less likely.
        let strict = search.findings(cells, on: Self.today) { $0.condition.id == "varicella" ? 1_024 : 1 }
        #expect((strict.first { $0.condition.id == "varicella" }?.p ?? 0) < found.p * 1.0000001)
    }

    @Test(
        "asks of laboratory positives alone that they rise without their highest day too; not so where people are diagnosed",
        arguments: [([14], false, false), ([7, 7], false, true), ([14], true, true)])
    func loneLaboratory(positives: [Int], areDiagnosed: Bool, isTold: Bool) throws {
        let list = try watchList.get()
        let influenza = try #require(list["NID-C-001"])
        var cells: [EventCounts.Cell] = []
        func add(_ source: EventSource, back: Int, _ count: Int) {
            cells.append(
                EventCounts.Cell(
                    condition: influenza.number, source: source, district: 330_106, age: .from25to64,
                    day: Self.today.advanced(by: -back), count: count))
        }
        for back in stride(from: 10, to: 700, by: 21) {
            add(.laboratory, back: back, 1)
            add(.diagnosis, back: back, 1)
        }
        for (back, count) in positives.enumerated() {
            add(.laboratory, back: back + 1, count)
            if areDiagnosed { add(.diagnosis, back: back + 1, count) }
        }
        let found = SignalSearch(list).findings(cells, on: Self.today)
        #expect(found.contains { $0.condition.id == "NID-C-001" } == isTold)
    }

    @Test(
        "brings streams and cases into one finding, in which quiet streams hide no cases and a stream alone speaks for itself",
        arguments: [(14, 400, 2), (14, 140, 2), (1, 400, 4)])
    func streams(cases: Int, packs: Int, leading: Int) throws {
        let list = try watchList.get()
        let diarrhoea = try #require(list["diarrhoea"])
        var cells: [EventCounts.Cell] = []
        func add(_ source: Int, back: Int, _ count: Int) {
            let source = EventSource(rawValue: source)
            cells.append(
                EventCounts.Cell(
                    condition: diarrhoea.number, source: source, district: 330_106,
                    age: source.countsPersons ? .from25to64 : .unknown, day: Self.today.advanced(by: -back),
                    count: count))
        }
        for week in 1..<110 {
            add(2, back: 7 * week, 1 + week % 2)
            for source in [4, 5, 6] { add(source, back: 7 * week, 130 + (week * 37) % 20) }
        }
        add(2, back: 1, cases)
        add(4, back: 1, packs)
        for source in [5, 6] { add(source, back: 1, 140) }
        let found = try #require(
            SignalSearch(list).findings(cells, on: Self.today).first { $0.condition.id == "diarrhoea" })
        #expect(found.leading?.source.rawValue == leading && found.district == 330_106)
        #expect(found.count == (leading == 2 ? cases : packs))
        // Where the streams are quiet, the age among which it rose is told, and streams know no ages.
        #expect(Set(found.evidence.map(\.source.rawValue)) == (packs > 200 ? [2, 4, 5, 6] : [2]))
        #expect(found.p < 1e-4)
        #expect(SignalSearch(list).findings(cells, on: Self.today.advanced(by: 8)).isEmpty)
    }

    @Test("tells one case of plague at once, by the rule of events")
    func rule() throws {
        let list = try watchList.get()
        let cells = [
            EventCounts.Cell(
                condition: 1, source: .diagnosis, district: 330_106, age: .from25to64, day: Self.today, count: 1)
        ]
        let found = SignalSearch(list).findings(cells, on: Self.today)
        #expect(found.map(\.condition.nameZh) == ["鼠疫"] && found[0].rule?.cases == 1)
        #expect(SignalSearch(list).findings(cells, on: Self.today.advanced(by: 8)).isEmpty)
    }

    @Test(
        "tells dengue by the rule from five cases in a district within a week", arguments: [(4, false), (5, true)])
    func dengue(cases: Int, isTold: Bool) throws {
        let list = try watchList.get()
        let dengue = try #require(list["NID-B-011"])
        let cells = (0..<cases).map {
            EventCounts.Cell(
                condition: dengue.number, source: .diagnosis, district: 330_106, age: .from25to64,
                day: Self.today.advanced(by: -$0), count: 1)
        }
        #expect(SignalSearch(list).findings(cells, on: Self.today).contains { $0.rule != nil } == isTold)
    }

    @Test(
        "draws the newest period alone where nothing was recorded before it, and says that nothing is known of what is usual"
    )
    func single() throws {
        let list = try watchList.get()
        let cells = [
            EventCounts.Cell(
                condition: 1, source: .diagnosis, district: 330_106, age: .from25to64,
                day: Self.today.advanced(by: -2), count: 3)
        ]
        let course = SignalSearch(list).course(cells, since: [:], on: Self.today, periods: 26)
        #expect(course.map(\.observed) == [3] && course.allSatisfy { $0.expected.isNaN && $0.upper.isNaN })
        #expect(SignalSearch(list).course([], since: [:], on: Self.today, periods: 26).isEmpty)
        let old = SignalSearch(list).course(cells, since: [:], on: Self.today.advanced(by: 7), periods: 26)
        #expect(old.map(\.observed) == [0])
    }

    @Test(
        "takes a source that counted other conditions for years to have counted none of this one, in the curve as in the search"
    )
    func knownNone() throws {
        let list = try watchList.get()
        let dysentery = try #require(list["NID-B-014"])
        let since = Self.today.advanced(by: -700)
        func cell(_ condition: Int, back: Int, _ count: Int) -> EventCounts.Cell {
            EventCounts.Cell(
                condition: condition, source: .complaint, district: 330_106, age: .from25to64,
                day: Self.today.advanced(by: -back), count: count)
        }
        let own = [cell(dysentery.number, back: 2, 8), cell(dysentery.number, back: 30, 1)]
        let search = SignalSearch(list)
        let found = try #require(
            search.findings(own + [cell(1_000, back: 700, 1)], on: Self.today).first { $0.condition == dysentery })
        let course = search.course(own, since: [.complaint: since], on: Self.today, periods: 52)
        #expect(course.count == 52 && course.last?.observed == 8)
        #expect(course.last?.expected == found.expected && course.last?.upper == found.upper)
        #expect(search.course(own, since: [:], on: Self.today, periods: 52).last?.expected.isNaN == true)
    }

    @Test("says nothing of no counts")
    func nothing() throws {
        #expect(try SignalSearch(watchList.get()).findings([], on: Self.today).isEmpty)
    }
}
