/// Chinese names by generation and sex, names of minorities and of foreigners.
struct Names: Sendable {
    private let surnames: [String]
    private let surnameChoice: WeightedChoice
    private let cohorts: [Cohort]
    private let minorities: [Minority]
    private let minorityChoice: WeightedChoice
    private let foreigners: [Foreigner]
    /// Code and name of each ethnic group, Han first.
    let ethnicities: [(code: String, name: String)]

    private struct Cohort: Sendable {
        let untilYear: Int
        let sex: Sex
        let singlePercent: Int
        let first: [String]
        let second: [String]
    }

    private struct Minority: Sendable {
        let ethnicity: Int
        let sex: Sex
        let family: String
        let given: String
    }

    private struct Foreigner: Sendable {
        let sex: Sex
        let family: String
        let given: String
        let country: String
        let passportPrefix: String
        let passportDigits: Int
    }

    init() throws(CityError) {
        var surnames: [String] = []
        var weights: [Double] = []
        for row in try Table(named: "surnames.tsv").rows {
            surnames.append(try row.text("surname"))
            weights.append(try row.number("weight"))
        }
        self.surnames = surnames
        surnameChoice = WeightedChoice(weights)
        var cohorts: [Cohort] = []
        for row in try Table(named: "given-names.tsv").rows {
            cohorts.append(
                Cohort(
                    untilYear: try row.integer("until"), sex: try row.sex(),
                    singlePercent: try row.integer("single_percent"), first: try row.text("first").parts(" "),
                    second: try row.text("second").parts(" ")))
        }
        self.cohorts = cohorts
        var ethnicities = [(code: "01", name: "汉族")]
        var minorities: [Minority] = []
        var minorityWeights: [Double] = []
        for row in try Table(named: "minority-names.tsv").rows {
            let code = try row.text("ethnic_code")
            var index = ethnicities.firstIndex { $0.code == code }
            if index == nil {
                index = ethnicities.count
                ethnicities.append((code, try row.text("ethnic_name")))
            }
            minorities.append(
                Minority(
                    ethnicity: index ?? 0, sex: try row.sex(), family: try row.text("family"),
                    given: try row.text("given")))
            minorityWeights.append(try row.number("weight"))
        }
        self.ethnicities = ethnicities
        self.minorities = minorities
        minorityChoice = WeightedChoice(minorityWeights)
        var foreigners: [Foreigner] = []
        for row in try Table(named: "foreign-names.tsv").rows {
            foreigners.append(
                Foreigner(
                    sex: try row.sex(), family: try row.text("family"), given: try row.text("given"),
                    country: try row.text("country"), passportPrefix: try row.text("passport_prefix"),
                    passportDigits: try row.integer("passport_digits")))
        }
        self.foreigners = foreigners
    }

    func surname(_ random: inout SeededGenerator) -> String { surnames[surnameChoice.pick(&random)] }

    func given(_ sex: Sex, bornIn year: Int, _ random: inout SeededGenerator) -> String {
        guard let cohort = cohorts.first(where: { $0.sex == sex && year <= $0.untilYear }) ?? cohorts.last else {
            return ""
        }
        let second = cohort.second[random.below(cohort.second.count)]
        if random.percent(cohort.singlePercent) { return second }
        let first = cohort.first[random.below(cohort.first.count)]
        return first == second ? second : first + second
    }

    /// A name of an ethnic minority with its group; names that are not Chinese are written with a middle dot.
    func minority(_ sex: Sex, _ random: inout SeededGenerator) -> (name: PersonName, ethnicity: Int)? {
        for _ in 0..<64 {
            let found = minorities[minorityChoice.pick(&random)]
            guard found.sex == sex else { continue }
            let isLong = found.family.count + found.given.count > 3
            return (
                PersonName(
                    family: found.family, given: found.given,
                    text: isLong ? "\(found.family)·\(found.given)" : found.family + found.given), found.ethnicity
            )
        }
        return nil
    }

    func foreigner(
        _ sex: Sex, _ random: inout SeededGenerator
    ) -> (name: PersonName, papers: Person.Papers)? {
        let candidates = foreigners.filter { $0.sex == sex }
        guard let found = random.element(of: candidates) else { return nil }
        var number = found.passportPrefix
        for _ in 0..<found.passportDigits { number += String(random.below(10)) }
        return (
            PersonName(family: found.family, given: found.given, text: "\(found.given) \(found.family)"),
            .passport(country: found.country, number: number)
        )
    }
}

extension Table.Row {
    func sex() throws(CityError) -> Sex {
        switch try text("sex") {
        case "male": .male
        case "female": .female
        default: throw fault("sex", "male or female")
        }
    }
}
