/// Births, deaths and moves of an area in some months, and the rates that stand on them.
public struct VitalFigures: Sendable, Equatable {
    /// Boys born.
    public private(set) var boys = 0
    /// Girls born.
    public private(set) var girls = 0
    /// All births, those of children whose sex isn't told too.
    public private(set) var births = 0
    /// Deaths.
    public private(set) var deaths = 0
    /// Deaths before the first birthday, by months.
    public private(set) var infantDeaths = 0
    /// Who came into the area.
    public private(set) var arrivals = 0
    /// Who left it.
    public private(set) var departures = 0
    /// The mean of the population at the beginning and the end.
    public let meanPopulation: Double
    /// How long, in years.
    public let years: Double

    /// - Parameters:
    ///   - movements: of any months and districts.
    ///   - months: those that count.
    ///   - ends: the population before the first month and at the end of the last.
    public init(
        _ movements: [PopulationMovement], in area: PopulationArea, _ months: ClosedRange<CivilMonth>,
        ends: (before: Int, after: Int)
    ) {
        meanPopulation = Double(ends.before + ends.after) / 2
        years = Double(months.upperBound.number - months.lowerBound.number + 1) / 12
        for one in movements where months.contains(one.month) && area.contains(one.district) {
            switch one.change {
            case .presence: break
            case .birth:
                births += one.count
                if one.sex == 1 { boys += one.count }
                if one.sex == 2 { girls += one.count }
            case .death:
                deaths += one.count
                if one.age == 0 { infantDeaths += one.count }
            // Who moves within the area neither comes nor goes.
            case .arrival: arrivals += area.contains(one.other) ? 0 : one.count
            case .departure: departures += area.contains(one.other) ? 0 : one.count
            }
        }
    }

    /// Births less deaths (自然增长).
    public var naturalGrowth: Int { births - deaths }
    /// Who came less who left.
    public var netMigration: Int { arrivals - departures }
    /// Boys for each 100 girls (出生人口性别比); nil without girls.
    public var sexRatioAtBirth: Double? { girls > 0 ? 100 * Double(boys) / Double(girls) : nil }
    /// A year for each 1,000 of the mean population; nil where there is nobody.
    public func rate(_ n: Int) -> Double? { meanPopulation > 0 ? 1_000 * Double(n) / meanPopulation / years : nil }
    /// Deaths of infants for each 1,000 births (婴儿死亡率); nil without births.
    public var infantMortality: Double? { births > 0 ? 1_000 * Double(infantDeaths) / Double(births) : nil }
}
