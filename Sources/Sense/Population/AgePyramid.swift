/// Persons by sex and age in completed years.
public struct AgePyramid: Sendable, Equatable {
    /// The last age, which stands for all above too.
    public static let ageMax = 100

    /// By age, from 0 to ``ageMax``.
    public private(set) var men = [Int](repeating: 0, count: ageMax + 1)
    /// The same of women.
    public private(set) var women = [Int](repeating: 0, count: ageMax + 1)
    /// The same of those whose sex isn't told.
    public private(set) var others = [Int](repeating: 0, count: ageMax + 1)
    /// Those whose age isn't known.
    public private(set) var ageless = 0

    /// Nobody.
    public init() {}

    /// Adds persons.
    /// - Parameters:
    ///   - sex: 1 male, 2 female, 0 otherwise.
    ///   - age: in completed years; nil when unknown, and below 0.
    public mutating func add(_ n: Int, sex: Int, age: Int?) {
        guard let age, age >= 0 else { return ageless += n }
        let row = min(age, Self.ageMax)
        switch sex {
        case 1: men[row] += n
        case 2: women[row] += n
        default: others[row] += n
        }
    }

    /// Adds those of another.
    public mutating func add(_ other: AgePyramid) {
        for age in 0...Self.ageMax {
            men[age] += other.men[age]
            women[age] += other.women[age]
            others[age] += other.others[age]
        }
        ageless += other.ageless
    }

    /// All persons.
    public var total: Int { persons(0...Self.ageMax) + ageless }

    /// Those of some ages.
    public func persons(_ ages: ClosedRange<Int>) -> Int { ages.reduce(0) { $0 + men[$1] + women[$1] + others[$1] } }

    /// The share of those from an age on, of those whose age is known; nil where there is nobody.
    public func share(from age: Int) -> Double? { ratio(persons(age...Self.ageMax), persons(0...Self.ageMax)) }

    /// Those below 15 to those from 15 to 64 (少儿抚养比).
    public var childDependency: Double? { ratio(persons(0...14), persons(15...64)) }
    /// Those from 65 on to those from 15 to 64 (老年抚养比).
    public var elderDependency: Double? { ratio(persons(65...Self.ageMax), persons(15...64)) }
    /// Both together (总抚养比).
    public var dependency: Double? { ratio(persons(0...14) + persons(65...Self.ageMax), persons(15...64)) }
    /// Men for each 100 women; nil where there are no women.
    public var sexRatio: Double? { ratio(men.reduce(0, +), women.reduce(0, +)).map { 100 * $0 } }

    private func ratio(_ a: Int, _ b: Int) -> Double? { b > 0 ? Double(a) / Double(b) : nil }
}
