extension Household {
    /// The members of an ordinary household, by one of the plans.
    static func plan(_ number: Int, in model: CityModel, _ random: inout SeededGenerator) -> [Person] {
        let plan = model.plans.plans[model.plans.choice.pick(&random)]
        let family = model.names.surname(&random)
        let isFamily = plan.contains { $0.role == .child || $0.role == .parent }
        var members: [Person] = []
        for (index, member) in plan.enumerated() {
            let key = model.key(household: number, member: index)
            var own = SeededGenerator(seed: key, purpose: .traits)
            let ageDays = Int((Double(member.band) + random.unit()) * Double(Population.bandYears) * 365.2425)
            var born = model.start.adding(days: -ageDays)
            var birthOrder = 0
            if member.role == .child, let elder = members.last, elder.role == .child, born - elder.born < 300 {
                // Siblings are born ten months apart at least, unless they are twins.
                if random.percent(35) {
                    born = elder.born
                    members[members.count - 1].birthOrder = 1
                    birthOrder = 2
                } else {
                    born = min(elder.born.adding(days: 300 + random.below(400)), model.start)
                    if born - elder.born < 300 { born = elder.born.adding(days: -300 - random.below(300)) }
                }
            }
            let years = born.age(on: model.start)
            var person = Person(
                household: number, member: index, key: key, id: ResourceID(owner: key, serial: 0),
                sex: member.sex, born: born, role: member.role,
                name: PersonName(
                    family: surname(member, family: family, model: model, &own),
                    given: model.names.given(member.sex, bornIn: born.civil.year, &own)),
                papers: .newborn(mother: "", order: 1), phone: "",
                maritalStatus: maritalStatus(member, years: years, isAlone: plan.count == 1, &own), ethnicity: 0,
                traits: Traits.random(sex: member.sex, years: years, rates: model.rates, &own))
            person.birthOrder = birthOrder
            if !isFamily { addOrigin(&person, model: model, &own) }
            members.append(person)
        }
        return members
    }

    /// Children and a father's parents share the family's name; wives keep theirs.
    private static func surname(
        _ member: HouseholdPlans.Member, family: String, model: CityModel, _ random: inout SeededGenerator
    ) -> String {
        let shares: Bool =
            switch member.role {
            case .head: true
            case .spouse: false
            case .child: random.percent(94)
            case .parent: member.sex == .male
            }
        return shares ? family : model.names.surname(&random)
    }

    private static func maritalStatus(
        _ member: HouseholdPlans.Member, years: Int, isAlone: Bool, _ random: inout SeededGenerator
    ) -> Person.MaritalStatus {
        switch member.role {
        case .spouse: return .married
        case .head where !isAlone: return .married
        case .head:
            if years >= 65 { return random.percent(75) ? .widowed : .married }
            if years >= 32 { return random.percent(45) ? .married : random.percent(50) ? .divorced : .never }
            return .never
        case .parent: return random.percent(70) ? .married : .widowed
        case .child: return years >= 25 && random.percent(20) ? .divorced : .never
        }
    }

    /// Some people who live alone or as a couple belong to a minority or come from abroad.
    private static func addOrigin(_ person: inout Person, model: CityModel, _ random: inout SeededGenerator) {
        // Such households hold about half of the residents.
        if person.age(on: model.start) < 70, random.chance(model.rates.foreignerShare * 2),
            let found = model.names.foreigner(person.sex, &random)
        {
            person.name = found.name
            person.papers = found.papers
        } else if random.chance(model.rates.minorityShare * 2),
            let found = model.names.minority(person.sex, &random)
        {
            person.name = found.name
            person.ethnicity = found.ethnicity
        }
    }
}

extension Traits {
    /// Draws the health of a person: our defaults, chosen so that blood pressure and glucose rise with age and a
    /// share of each age group lies above the limits at which hypertension and diabetes are diagnosed.
    static func random(sex: Sex, years: Int, rates: CityRates, _ random: inout SeededGenerator) -> Traits {
        var traits = Traits()
        let frail = random.unit()
        traits.frailty = 0.35 + 1.3 * frail * frail + 0.65 * random.unit()
        let adultYears = Double(max(years - 20, 0))
        traits.systolic = 109 + 0.62 * adultYears + (sex == .male && years < 60 ? 4 : 0) + 13 * random.deviate()
        traits.systolicPerYear = 0.5 + 0.6 * random.unit()
        traits.glucose = 4.85 + 0.008 * adultYears + 0.32 * random.deviate()
        traits.glucosePerYear = 0.02
        let diabetes = years < 35 ? 0.01 : years < 45 ? 0.05 : years < 60 ? 0.12 : 0.21
        if random.chance(diabetes) {
            traits.glucose += 1.6 + 3.6 * random.unit() * random.unit()
            traits.glucosePerYear = 0.15 + 0.3 * random.unit()
        } else if years >= 35, random.percent(6) {
            // On the way to diabetes within the simulated time.
            traits.glucose += 1.1
            traits.glucosePerYear = 0.5 + 0.4 * random.unit()
        }
        if years >= 35, traits.systolic >= 140, random.chance(rates.hypertensionKnownShare) {
            traits.hypertensionYears = 1 + random.below(max(1, min(18, years - 30)))
        }
        if years >= 35, traits.glucose >= 7, random.chance(rates.diabetesKnownShare) {
            traits.diabetesYears = 1 + random.below(max(1, min(12, years - 32)))
        }
        traits.tall = random.deviate()
        traits.heavy = random.deviate()
        traits.vaccinationDelayDays = random.percent(10) ? 30 + random.below(90) : random.below(16)
        let share = years >= 65 ? rates.elderCheckShare : years >= 18 ? rates.adultCheckShare : 0
        if random.chance(share) { traits.checkDayOfYear = 60 + random.below(280) }
        traits.takesInfluenzaVaccine = random.chance(rates.influenzaVaccinationShare)
        traits.keepsAppointmentsPercent = 80 + random.below(20)
        return traits
    }
}
