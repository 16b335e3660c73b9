import Calendar
import DailyCounts
import JSON

/// What one Patient adds to the population: that somebody is born, comes, goes or dies, in a month and a district. A pure function of
/// the document.
struct PopulationFact: Hashable {
    let change: PopulationChange
    /// GB/T 2260 code; 0 when unknown.
    let district: Int
    /// Of those who come and go: from or to where; 0 for elsewhere.
    var other = 0
    /// 1 male, 2 female, 0 otherwise.
    let sex: Int
    /// The month of birth; nil when unknown.
    let born: CivilMonth?
    let month: CivilMonth

    /// A home told with a beginning so many days after the birth, or fewer, is where the child was born. House default.
    private static let registrationDays = 31

    /// Everything that a Patient tells. One that stands for nobody any more (merged, or out of use and neither dead nor gone) tells nothing.
    static func facts(of document: JSONDocument) -> [PopulationFact] {
        let patient = document.root
        let died = Recorded.day(of: patient["deceasedDateTime"]).map { CivilDay(number: $0) }
        if died == nil, patient["deceasedBoolean"]?.bool == true { return [] }
        for link in patient["link"].map({ Array($0.elements) }) ?? [] where link["type"]?.string == "replaced-by" {
            return []
        }
        let homes = Home.all(of: patient)
        if patient["active"]?.bool == false, died == nil, homes.last?.until == nil { return [] }
        let birthday = Recorded.birthDay(of: document).map { CivilDay(number: Int($0)) }
        let sex = ["male": 1, "female": 2][patient["gender"]?.string ?? ""] ?? 0
        let born = birthday.map { CivilMonth($0) }
        func fact(_ change: PopulationChange, _ month: CivilMonth, _ district: Int, _ other: Int = 0) -> PopulationFact
        {
            PopulationFact(change: change, district: district, other: other, sex: sex, born: born, month: month)
        }
        var district = homes.first?.district ?? 0
        var facts: [PopulationFact] = []
        if let from = homes.first?.from, birthday.map({ from.number - $0.number > registrationDays }) ?? true {
            facts.append(fact(.arrival, CivilMonth(from), district))
        } else if let born {
            facts.append(fact(.birth, born, district))
        } else {
            facts.append(fact(.presence, CivilMonth(number: 0), district))
        }
        for (next, before) in zip(homes.dropFirst(), homes) where next.district != district {
            guard let from = next.from ?? before.until?.advanced(by: 1), died.map({ from <= $0 }) ?? true else { break }
            facts.append(fact(.departure, CivilMonth(from), district, next.district))
            facts.append(fact(.arrival, CivilMonth(from), next.district, district))
            district = next.district
        }
        if let died {
            facts.append(fact(.death, CivilMonth(died), district))
        } else if let until = homes.last?.until {
            facts.append(fact(.departure, CivilMonth(until.advanced(by: 1)), district))
        }
        return facts
    }

    /// Where somebody lives, from when until when.
    private struct Home {
        let district: Int
        let from: CivilDay?
        let until: CivilDay?

        /// Those that a Patient tells, the oldest first; without dates the first one in use alone.
        static func all(of patient: JSONNode) -> [Home] {
            var homes: [Home] = []
            for address in patient["address"].map({ Array($0.elements) }) ?? [] {
                let use = address["use"]?.string
                let until = Recorded.day(of: address["period"]?["end"]).map { CivilDay(number: $0) }
                guard !["work", "temp", "billing"].contains(use), use != "old" || until != nil else { continue }
                let district = Int(Recorded.division(of: address))
                guard district != 0 else { continue }
                let from = Recorded.day(of: address["period"]?["start"]).map { CivilDay(number: $0) }
                if from == nil, until == nil, homes.contains(where: { $0.from == nil && $0.until == nil }) { continue }
                homes.append(Home(district: district, from: from, until: until))
            }
            func rank(_ home: Home) -> (Int, Int) {
                (home.from?.number ?? Int.min, home.until?.number ?? Int.max)
            }
            return homes.sorted { rank($0) < rank($1) }
        }
    }
}

/// How a population changes.
public enum PopulationChange: Int, Sendable, CaseIterable {
    /// Somebody is there of whom no birth is known.
    case presence = 0
    case birth = 1
    /// From another district, or from elsewhere.
    case arrival = 2
    case death = 3
    /// To another district, or elsewhere.
    case departure = 4

    /// Persons more or fewer.
    public var sign: Int { self == .death || self == .departure ? -1 : 1 }
}
