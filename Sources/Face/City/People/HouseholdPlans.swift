/// Kinds of households, weighted so that the people in them have the age and sex structure of the city.
///
/// Every plan names the five-year band and sex of each member. The starting weights follow `households.tsv`; they
/// are then raked (iterative proportional fitting) to the age pyramid.
struct HouseholdPlans: Sendable {
    struct Member: Sendable {
        let role: Person.Role
        let sex: Sex
        let band: Int
    }

    let plans: [[Member]]
    let choice: WeightedChoice

    init(_ population: Population) throws(CityError) {
        var plans: [[Member]] = []
        var weights: [Double] = []
        for row in try Table(named: "households.tsv").rows {
            let kind = try row.text("kind")
            let family = HouseholdPlans.plans(of: kind, bands: population.bands)
            guard !family.isEmpty else { throw row.fault("kind", "a known kind of household") }
            let share = try row.number("share_percent") / Double(family.count)
            plans += family
            weights += family.map { _ in share }
        }
        self.plans = plans
        choice = WeightedChoice(HouseholdPlans.raked(weights, plans, to: population))
    }

    /// All plans of a kind.
    static func plans(of kind: String, bands: Int) -> [[Member]] {
        var plans: [[Member]] = []
        func couple(_ husband: Int, _ wife: Int) -> [Member] {
            [Member(role: .head, sex: .male, band: husband), Member(role: .spouse, sex: .female, band: wife)]
        }
        func child(_ sex: Sex, _ band: Int) -> Member { Member(role: .child, sex: sex, band: band) }
        func parent(_ sex: Sex, _ band: Int) -> Member { Member(role: .parent, sex: sex, band: band) }
        let sexes: [Sex] = [.male, .female]
        /// Couples with their age bands, and the bands of a child 25 to 35 years younger than the mother.
        func families(_ husbands: ClosedRange<Int>, _ add: (_ couple: [Member], _ child: Int) -> Void) {
            for husband in husbands {
                for wife in [husband, husband - 1] where wife >= 4 {
                    for gap in 5...6 where wife - gap >= 0 { add(couple(husband, wife), wife - gap) }
                }
            }
        }
        switch kind {
        case "single":
            for band in 3..<bands { for sex in sexes { plans.append([Member(role: .head, sex: sex, band: band)]) } }
        case "couple":
            for husband in 4..<bands {
                for wife in [husband, husband - 1] where wife >= 4 { plans.append(couple(husband, wife)) }
            }
        case "couple-child":
            families(5...10) { couple, band in for sex in sexes { plans.append(couple + [child(sex, band)]) } }
        case "couple-two-children":
            families(6...10) { couple, band in
                guard band >= 1 else { return }
                for elder in sexes {
                    for younger in sexes {
                        plans.append(couple + [child(elder, band), child(younger, band - 1)])
                    }
                }
            }
        case "mother-child", "father-child":
            for band in 5...9 {
                for sex in sexes {
                    plans.append([
                        Member(role: .head, sex: kind == "mother-child" ? .female : .male, band: band),
                        child(sex, band - 5),
                    ])
                }
            }
        case "three-generations", "grandmother-couple-child":
            families(5...10) { couple, band in
                guard let husband = couple.first?.band, husband + 5 < bands else { return }
                let elders =
                    kind == "three-generations"
                    ? [parent(.male, husband + 5), parent(.female, husband + 5)] : [parent(.female, husband + 5)]
                for sex in sexes { plans.append(couple + elders + [child(sex, band)]) }
            }
        case "mother-adult-child":
            for band in 9..<min(17, bands) {
                for sex in sexes {
                    plans.append([Member(role: .head, sex: .female, band: band), child(sex, band - 5)])
                }
            }
        default: break
        }
        return plans
    }

    /// Multiplies each weight by how much its members are wanted, again and again, until the pyramid fits.
    static func raked(_ start: [Double], _ plans: [[Member]], to population: Population) -> [Double] {
        var weights = start
        let cells = plans.map { plan in plan.map { $0.sex.rawValue * population.bands + $0.band } }
        for _ in 0..<400 {
            var current = [Double](repeating: 0, count: population.shares.count)
            var people = 0.0
            for (weight, plan) in zip(weights, cells) {
                for cell in plan { current[cell] += weight }
                people += weight * Double(plan.count)
            }
            for (index, plan) in cells.enumerated() {
                var wanted = 0.0
                for cell in plan where current[cell] > 0 { wanted += population.shares[cell] * people / current[cell] }
                weights[index] *= wanted / Double(plan.count)
            }
        }
        return weights
    }
}
