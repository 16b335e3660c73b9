import Laboratories
import Testing

@Suite("The plan of a surge")
struct SurgePlanTests {
    private let population = [330_102: 1_000, 330_106: 3_000]

    @Test(
        "meets five million people a day and night where laboratories do enough tubes, and says what is missing where not"
    )
    func fiveMillion() {
        // 500,000 tubes; of 24 hours 19 are left for them.
        let enough = SurgePlan(
            SurgePlan.Question(), population: population, laboratories: [("a", 400_000), ("b", 231_579)])
        #expect(enough.isMet && enough.tubes == 500_000 && enough.capacityMissing == 0)
        #expect(enough.peopleWithin >= 5_000_000)
        let short = SurgePlan(
            SurgePlan.Question(), population: population, laboratories: [("a", 400_000), ("b", 231_570)])
        #expect(!short.isMet && short.capacityMissing == 9 && short.peopleWithin < 5_000_000)
        #expect(short.poolNeeded == 11)
        let none = SurgePlan(SurgePlan.Question(), population: [:], laboratories: [])
        #expect(!none.isMet && none.hoursNeeded == nil && none.poolNeeded == nil && none.peopleWithin == 0)
        #expect(none.districts.map(\.people) == [5_000_000])
    }

    @Test("shares people out by population and tubes by capacity, and loses none")
    func shares() {
        var question = SurgePlan.Question()
        question.people = 10_001
        let plan = SurgePlan(question, population: population, laboratories: [("a", 100), ("b", 200), ("c", 0)])
        #expect(plan.districts.map(\.people).reduce(0, +) == 10_001 && plan.districts.map(\.people) == [2_500, 7_501])
        #expect(plan.loads.map(\.tubes).reduce(0, +) == plan.tubes && plan.loads.map(\.laboratory) == ["b", "a"])
        // 4 collectors, 120 swabs an hour, 12 hours: 5,760 a point.
        #expect(plan.districts.map(\.points) == [1, 2] && plan.districts.map(\.collectors) == [4, 8])
        #expect(plan.loads.map(\.batches) == [8, 4])
    }

    @Test("tests every person of a positive tube again, and no more tubes than there are")
    func positives() {
        var question = SurgePlan.Question()
        (question.people, question.positivesPer10000) = (100_000, 10)
        #expect(SurgePlan(question, population: [:], laboratories: []).tubes == 10_000 + 100 * 10)
        question.positivesPer10000 = 10_000
        #expect(SurgePlan(question, population: [:], laboratories: []).tubes == 110_000)
        question.pool = 1
        #expect(SurgePlan(question, population: [:], laboratories: []).tubes == 100_000)
    }

    @Test("is never in time where swabs, way and run alone take longer, whatever the laboratories do")
    func collection() {
        var question = SurgePlan.Question()
        question.collectionHours = 22
        let plan = SurgePlan(question, population: [:], laboratories: [("a", 10_000_000)])
        #expect(plan.hoursNeeded == 27 && !plan.isMet && plan.poolNeeded == nil && plan.peopleWithin == 0)
    }

    @Test("knows its bounds", arguments: SurgePlan.Question.fields.map(\.name))
    func bounds(name: String) throws {
        let path = try #require(SurgePlan.Question.fields.first { $0.name == name }?.path)
        #expect(SurgePlan.Question().problems.isEmpty)
        for value in [-1, 1e12] {
            var question = SurgePlan.Question()
            question[keyPath: path] = value
            #expect(question.problems == [name])
        }
    }
}
