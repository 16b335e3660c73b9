import Foundation

/// The population of the years to come by the method of cohort components, and the services that it asks for. Pure.
///
/// Each year everybody grows a year older and dies by the assumed rates of age and sex, women bear children by the assumed pattern of ages, and as
/// many come and go as in the twelve months before, by age and sex. Rates are scaled so that the first year has the deaths and births of
/// those twelve months, where these are enough to tell.
public struct PopulationForecast: Sendable {
    /// One year.
    public struct Year: Sendable {
        /// Years from now, from 1.
        public let ahead: Int
        /// Men at its end, by age.
        public let men: [Double]
        /// Women.
        public let women: [Double]
        /// Born in the year.
        public let births: Double
        /// Died in the year.
        public let deaths: Double

        /// All at its end.
        public var total: Double { persons(0...AgePyramid.ageMax) }
        /// Those of some ages at its end.
        public func persons(_ ages: ClosedRange<Int>) -> Double { ages.reduce(0) { $0 + men[$1] + women[$1] } }
    }

    /// What a year asks of services.
    public struct Demand: Sendable, Equatable {
        /// Births to attend.
        public let births: Double
        /// Beds in obstetrics.
        public let obstetricBeds: Double
        /// Children of the ages of childcare.
        public let youngChildren: Double
        /// Places in childcare.
        public let childcarePlaces: Double
        /// Elders.
        public let elders: Double
        /// Beds in elder care.
        public let careBeds: Double
    }

    private let assumptions: ForecastAssumptions

    /// A projection by some assumptions.
    public init(_ assumptions: ForecastAssumptions) { self.assumptions = assumptions }

    /// The years to come.
    /// - Parameters:
    ///   - now: who lives there; those whose sex isn't told count half and half, those without an age not at all.
    ///   - year: births and deaths of the last twelve months.
    ///   - moves: who came and went in them.
    public func years(
        from now: AgePyramid, _ year: VitalFigures, moves: [PopulationMovement], in area: PopulationArea
    ) -> [Year] {
        let ages = 0...AgePyramid.ageMax
        var men = ages.map { Double(now.men[$0]) + Double(now.others[$0]) / 2 }
        var women = ages.map { Double(now.women[$0]) + Double(now.others[$0]) / 2 }
        var (menCome, womenCome) = (
            [Double](repeating: 0, count: ages.count), [Double](repeating: 0, count: ages.count)
        )
        for one in moves where one.change == .arrival || one.change == .departure {
            guard area.contains(one.district), !area.contains(one.other), let age = one.age, age >= 0 else { continue }
            let n = Double(one.change.sign * one.count)
            menCome[min(age, AgePyramid.ageMax)] += one.sex == 1 ? n : one.sex == 2 ? 0 : n / 2
            womenCome[min(age, AgePyramid.ageMax)] += one.sex == 2 ? n : one.sex == 1 ? 0 : n / 2
        }
        func dying(_ persons: [Double], _ perMille: [Double], _ scale: Double) -> [Double] {
            zip(persons, perMille).map { $0 * (1 - exp(-scale * $1 / 1_000)) }
        }
        let usualDeaths =
            dying(men, assumptions.deathsOfMen, 1).reduce(0, +)
            + dying(women, assumptions.deathsOfWomen, 1).reduce(0, +)
        let deathScale =
            year.deaths >= assumptions.leastDeaths && usualDeaths > 0 ? Double(year.deaths) / usualDeaths : 1
        let pattern = zip(women, assumptions.birthPattern).reduce(0) { $0 + $1.0 * $1.1 }
        // Where there are too few births to tell, the pattern is taken for births a year for each 1,000 women.
        let birthScale =
            year.births >= assumptions.leastBirths && pattern > 0 ? Double(year.births) / pattern : 1 / 1_000
        let boys = assumptions.boysPer100Girls / (100 + assumptions.boysPer100Girls)
        var years: [Year] = []
        for ahead in 1...assumptions.years {
            let births = zip(women, assumptions.birthPattern).reduce(0) { $0 + $1.0 * $1.1 } * birthScale
            let (menDie, womenDie) = (
                dying(men, assumptions.deathsOfMen, deathScale), dying(women, assumptions.deathsOfWomen, deathScale)
            )
            func older(_ persons: [Double], _ die: [Double], _ come: [Double], born: Double) -> [Double] {
                var next = [born] + zip(persons, die).dropLast().map { $0 - $1 }
                next[next.count - 1] += persons[persons.count - 1] - die[die.count - 1]
                return zip(next, come).map { max($0 + $1, 0) }
            }
            men = older(men, menDie, menCome, born: births * boys)
            women = older(women, womenDie, womenCome, born: births * (1 - boys))
            years.append(
                Year(
                    ahead: ahead, men: men, women: women, births: births,
                    deaths: menDie.reduce(0, +) + womenDie.reduce(0, +)))
        }
        return years
    }

    /// What births, young children and elders ask for.
    public func demand(births: Double, youngChildren: Double, elders: Double) -> Demand {
        Demand(
            births: births, obstetricBeds: births * assumptions.stayDays / 365.25 / assumptions.occupancy,
            youngChildren: youngChildren, childcarePlaces: youngChildren * assumptions.childcareShare, elders: elders,
            careBeds: elders * assumptions.careBedsPer100 / 100)
    }

    /// What a year asks for.
    public func demand(of year: Year) -> Demand {
        demand(
            births: year.births, youngChildren: year.persons(0...assumptions.childcareBelow - 1),
            elders: year.persons(assumptions.elderFrom...AgePyramid.ageMax))
    }
}
