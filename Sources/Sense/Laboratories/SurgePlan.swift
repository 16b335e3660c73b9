import Foundation

/// How so many people are tested within so many hours: where swabs are taken, how many tubes each laboratory gets in how many batches, and when the
/// last result is there. Pure.
public struct SurgePlan: Sendable {
    /// What is asked.
    public struct Question: Sendable, Equatable {
        /// Persons to test.
        public var people = 5_000_000.0
        /// Until the last result.
        public var hours = 24.0
        /// Persons in a tube (混采).
        public var pool = 10.0
        /// Of 10,000 persons so many make their tube positive, and all of it is tested again one by one.
        public var positivesPer10000 = 0.0
        /// Hours in which swabs are taken.
        public var collectionHours = 12.0
        /// Who take swabs at a point.
        public var collectorsPerPoint = 4.0
        /// Swabs by each of them in an hour.
        public var swabsPerCollectorHour = 120.0
        /// From a point to a laboratory.
        public var transportHours = 2.0
        /// Tubes in a run of a machine.
        public var batchTubes = 94.0
        /// From the arrival of a batch to its results.
        public var runHours = 3.0

        /// The house's.
        public init() {}

        /// The fields by their names in files and addresses.
        public static var fields: [(name: String, path: WritableKeyPath<Question, Double>)] {
            [
                ("people", \.people), ("hours", \.hours), ("pool", \.pool), ("positivesPer10000", \.positivesPer10000),
                ("collectionHours", \.collectionHours), ("collectorsPerPoint", \.collectorsPerPoint),
                ("swabsPerCollectorHour", \.swabsPerCollectorHour), ("transportHours", \.transportHours),
                ("batchTubes", \.batchTubes), ("runHours", \.runHours),
            ]
        }

        /// The least and the most of a field.
        public static func bounds(_ name: String) -> ClosedRange<Double> {
            switch name {
            case "people": 1...100_000_000
            case "hours": 1...720
            case "pool": 1...50
            case "positivesPer10000": 0...10_000
            case "collectionHours", "runHours": 0.5...240
            case "transportHours": 0...48
            case "batchTubes": 1...10_000
            case "swabsPerCollectorHour": 1...1_000
            default: 1...1_000
            }
        }

        /// The fields that are out of their bounds.
        public var problems: [String] {
            Self.fields.filter { !Self.bounds($0.name).contains(self[keyPath: $0.path]) }.map(\.name)
        }
    }

    /// What a district needs.
    public struct District: Sendable, Hashable {
        /// GB/T 2260 code.
        public let code: Int
        /// Persons to test.
        public let people: Int
        /// Tubes that come of them.
        public let tubes: Int
        /// Points at which swabs are taken.
        public let points: Int
        /// Who take them.
        public let collectors: Int
    }

    /// What a laboratory gets.
    public struct Load: Sendable, Hashable {
        /// The id of its HealthcareService.
        public let laboratory: String
        /// Tubes a day.
        public let capacity: Int
        /// Tubes that it gets.
        public let tubes: Int
        /// Runs of a machine.
        public let batches: Int
        /// From the first swab to its last result, in hours.
        public let hours: Double
    }

    /// What was asked.
    public let question: Question
    /// By code.
    public let districts: [District]
    /// The largest first.
    public let loads: [Load]
    /// Tubes in all, those tested again among them.
    public let tubes: Int
    /// Tubes a day that all laboratories together do.
    public let capacity: Int
    /// From the first swab to the last result, in hours; nil without laboratories.
    public let hoursNeeded: Double?
    /// Persons who can be tested in the hours asked.
    public let peopleWithin: Int
    /// The least pool with which it would be met; nil where none is enough.
    public let poolNeeded: Int?

    /// Whether the last result is there in time.
    public var isMet: Bool { hoursNeeded.map { $0 <= question.hours } ?? false }
    /// Tubes a day that are missing.
    public var capacityMissing: Int { max(0, Self.capacityNeeded(question, tubes: Double(tubes)) - capacity) }

    /// - Parameters:
    ///   - population: persons by district, which share the people to test out; where there are none everybody is in district 0.
    ///   - laboratories: the tubes a day of each.
    public init(_ question: Question, population: [Int: Int], laboratories: [(id: String, capacity: Int)]) {
        self.question = question
        let labs = laboratories.filter { $0.capacity > 0 }.sorted { ($1.capacity, $0.id) < ($0.capacity, $1.id) }
        let capacity = labs.reduce(0) { $0 + $1.capacity }
        self.capacity = capacity
        let shares = Self.shares(Int(question.people), population.filter { $0.value > 0 })
        let perPoint = question.collectorsPerPoint * question.swabsPerCollectorHour * question.collectionHours
        districts = shares.sorted { $0.key < $1.key }.map { code, people in
            let points = Int((Double(people) / perPoint).rounded(.up))
            return District(
                code: code, people: people, tubes: Int((Double(people) / question.pool).rounded(.up)), points: points,
                collectors: points * Int(question.collectorsPerPoint))
        }
        let tubes = Int(Self.tubes(question).rounded(.up))
        self.tubes = tubes
        let given = Self.shares(tubes, Dictionary(uniqueKeysWithValues: labs.indices.map { ($0, labs[$0].capacity) }))
        loads = labs.indices.map { index in
            let own = given[index] ?? 0
            return Load(
                laboratory: labs[index].id, capacity: labs[index].capacity, tubes: own,
                batches: Int((Double(own) / question.batchTubes).rounded(.up)),
                hours: Self.hours(question, tubes: Double(own), capacity: Double(labs[index].capacity)))
        }
        // A tube that doesn't divide is no hour.
        hoursNeeded = labs.isEmpty ? nil : Self.hours(question, tubes: Double(tubes), capacity: Double(capacity))
        let perPerson = Self.tubes(question) / question.people
        let spare = question.hours - question.transportHours - question.runHours
        let isCollected = question.collectionHours <= spare
        peopleWithin = spare > 0 && isCollected ? Int(Double(capacity) / 24 * spare / perPerson) : 0
        poolNeeded = (1...Int(Question.bounds("pool").upperBound)).first { pool in
            var other = question
            other.pool = Double(pool)
            return capacity > 0
                && Self.hours(other, tubes: Self.tubes(other), capacity: Double(capacity)) <= question.hours
        }
    }

    /// A tube for each pool, and one for each person of a positive pool; no more pools are positive than there are.
    private static func tubes(_ question: Question) -> Double {
        let pools = question.people / question.pool
        guard question.pool > 1 else { return pools }
        let positive = min(pools, question.people * question.positivesPer10000 / 10_000)
        return pools + positive * question.pool
    }

    /// The first tubes come after the way, the last ones at the end of the swabs; what waits is worked off at the daily capacity.
    private static func hours(_ question: Question, tubes: Double, capacity: Double) -> Double {
        question.transportHours + max(question.collectionHours, tubes / capacity * 24) + question.runHours
    }

    private static func capacityNeeded(_ question: Question, tubes: Double) -> Int {
        let spare = question.hours - question.transportHours - question.runHours
        return spare > 0 ? Int((tubes * 24 / spare).rounded(.up)) : Int.max / 2
    }

    /// Shares whole things out by weights; what is left over goes to the largest remainders.
    private static func shares(_ whole: Int, _ weights: [Int: Int]) -> [Int: Int] {
        let sum = weights.values.reduce(0, +)
        guard sum > 0 else { return weights.isEmpty ? [0: whole] : [:] }
        let exact = weights.mapValues { Double(whole) * Double($0) / Double(sum) }
        var given = exact.mapValues { Int($0) }
        let left = whole - given.values.reduce(0, +)
        let order = exact.keys.sorted { one, other in
            let (a, b) = (
                (exact[one] ?? 0).truncatingRemainder(dividingBy: 1),
                (exact[other] ?? 0).truncatingRemainder(dividingBy: 1)
            )
            return a == b ? one < other : a > b
        }
        for key in order.prefix(max(left, 0)) { given[key, default: 0] += 1 }
        return given
    }
}
