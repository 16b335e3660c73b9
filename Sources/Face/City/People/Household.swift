/// People who live together, and where.
struct Household: Sendable {
    let number: Int
    private(set) var members: [Person] = []
    /// Oldest first; a second one after a move within the simulated time.
    private(set) var homes: [Home] = []
    private(set) var membersAtStart = 0
    /// Where it came from in the years before the first day, and when; nil for most.
    private(set) var arrival: (province: String, division: String, day: CivilDay)?
    /// A pregnancy that ends, or would end, after the first day.
    private(set) var pregnancy: Pregnancy?

    /// Makes the household of that number.
    ///
    /// - Parameter membersMax: how many residents the city still needs.
    init(_ number: Int, in model: CityModel, membersMax: Int, register: inout ResidentIDRegister) {
        self.number = number
        let key = model.key(household: number, member: 63)
        var random = SeededGenerator(seed: key, purpose: .home)
        homes = [Home(from: CivilDay(Int.min / 4), in: model.places, &random)]
        addMove(in: model, &random)
        var own = SeededGenerator(seed: key, purpose: .arrival)
        if Story(rawValue: number) == nil, own.chance(model.rates.arrivedShare) {
            let origin = Self.origins[own.below(Self.origins.count)]
            arrival = (origin.province, origin.division, model.start.adding(days: -1 - own.below(5 * 365)))
        }
        random = SeededGenerator(seed: key, purpose: .household)
        if let story = Story(rawValue: number) {
            members = story.members(household: number, model: model)
        } else {
            members = Household.plan(number, in: model, &random)
        }
        members = Array(members.prefix(membersMax))
        membersAtStart = members.count
        for index in members.indices {
            addPhone(&members[index])
            addPapers(index, in: model, register: &register)
            addDeath(index, in: model)
        }
        addBirths(in: model, register: &register)
    }

    func home(on day: CivilDay) -> Home {
        homes.last { $0.from <= day } ?? homes[0]
    }

    /// Whom to call for a member, and what that person is to the member.
    func contact(of person: Person) -> (person: Person, relation: Relation)? {
        func first(_ roles: Person.Role...) -> Person? {
            members.first { $0.member != person.member && roles.contains($0.role) && $0.died == nil }
        }
        switch person.role {
        case .child:
            guard let parent = members.first(where: { $0.role == .spouse }) ?? first(.head) else { return nil }
            return (parent, parent.sex == .female ? .mother : .father)
        case .head, .spouse:
            if let partner = first(person.role == .head ? .spouse : .head) {
                return (partner, partner.sex == .female ? .wife : .husband)
            }
            guard let child = first(.child), child.born.number - person.born.number > 0 else { return nil }
            return (child, child.sex == .female ? .daughter : .son)
        case .parent:
            guard let child = first(.head) else { return nil }
            return (child, child.sex == .female ? .daughter : .son)
        }
    }

    /// That somebody is the parent of a child under age.
    struct Guardianship: Sendable {
        /// Of the RelatedPerson that says so.
        let id: ResourceID
        let guardian: Person
        let relation: Relation
    }

    /// The living parents of a child who is not 18 on a day; none for others.
    func guardianships(of child: Person, on day: CivilDay) -> [Guardianship] {
        guard child.role == .child, child.age(on: day) < 18 else { return [] }
        let parents = [Person.Role.spouse, .head].compactMap { role in
            members.first { $0.role == role && $0.died == nil }
        }
        // What happens to the child is numbered from 2 upwards.
        return zip([1, -1], parents).map { serial, parent in
            Guardianship(
                id: ResourceID(owner: child.key, serial: serial), guardian: parent,
                relation: parent.sex == .female ? .mother : .father)
        }
    }

    /// Provinces that many come from, by general knowledge.
    private static let origins = [
        (province: "安徽省", division: "340000"), (province: "江西省", division: "360000"),
        (province: "河南省", division: "410000"), (province: "湖北省", division: "420000"),
        (province: "四川省", division: "510000"), (province: "贵州省", division: "520000"),
    ]

    private mutating func addMove(in model: CityModel, _ random: inout SeededGenerator) {
        let perDay = model.rates.movesPerYear / 365.25
        for day in 0..<model.options.days where random.chance(perDay) {
            homes.append(
                Home(from: model.start.adding(days: day), in: model.places, avoiding: homes[0].street, &random))
            return
        }
    }

    private func addPhone(_ person: inout Person) {
        var random = SeededGenerator(seed: person.key, purpose: .identity)
        let prefixes = ["138", "139", "135", "136", "137", "150", "151", "152", "157", "158", "159", "187", "188"]
        person.phone = prefixes[random.below(prefixes.count)] + String(10_000_000 + random.below(90_000_000))
    }

    private mutating func addPapers(_ index: Int, in model: CityModel, register: inout ResidentIDRegister) {
        guard case .newborn = members[index].papers else { return }
        var random = SeededGenerator(seed: scrambled(members[index].key), purpose: .identity)
        let district = model.places.streets[homes[0].street].district
        let years = members[index].age(on: model.start)
        let elsewhere = years >= 18 ? model.rates.issuedElsewhereShare : model.rates.issuedElsewhereShare / 4
        let division = random.chance(elsewhere) ? random.below(model.issuingDivisions.count) : district
        if let id = register.issue(
            division: division, born: members[index].born, sex: members[index].sex, &random)
        {
            members[index].papers = .residentID(id)
        }
    }

    private mutating func addDeath(_ index: Int, in model: CityModel) {
        let person = members[index]
        guard Story(rawValue: number) == nil else { return }
        var random = SeededGenerator(seed: person.key, purpose: .death)
        var years = person.age(on: model.start)
        var perDay = model.population.deathsPerYear(person.sex, years: years) / 365.25 * person.traits.frailty
        for offset in 0..<model.options.days {
            let day = model.start.adding(days: offset)
            if offset % 30 == 0 {
                years = person.age(on: day)
                perDay = model.population.deathsPerYear(person.sex, years: years) / 365.25 * person.traits.frailty
            }
            guard day >= person.born else { continue }
            if random.chance(perDay) {
                members[index].died = day
                return
            }
        }
    }

    /// Decides whether the woman of the house gives birth; looks 280 days past the end for pregnancies under way.
    private mutating func addBirths(in model: CityModel, register: inout ResidentIDRegister) {
        guard let mother = members.first(where: { $0.role == .spouse && $0.sex == .female }) else { return }
        var random = SeededGenerator(seed: mother.key, purpose: .birth)
        var birth: CivilDay?
        var isTwin = false
        if case .newborn? = Story(rawValue: number) {
            birth = Story.birthday(in: model)
        } else if Story(rawValue: number) == nil {
            for offset in 0..<(model.options.days + 280) {
                let day = model.start.adding(days: offset)
                if random.chance(model.population.birthsPerYear(years: mother.age(on: day)) / 365.25) {
                    birth = day
                    break
                }
            }
            isTwin = random.chance(model.rates.twinShare)
        }
        guard let birth, mother.died.map({ $0 > birth.adding(days: 42) }) ?? true else { return }
        let gestation = isTwin ? random.within(252...266) : random.within(264...286)
        pregnancy = Pregnancy(
            mother: mother.member, birth: birth, gestationDays: gestation, isTwin: isTwin,
            isCaesarean: random.chance(isTwin ? 0.85 : model.rates.caesareanShare))
        guard birth <= model.end else { return }
        for order in 1...(isTwin ? 2 : 1) {
            let index = members.count
            let key = model.key(household: number, member: index)
            var own = SeededGenerator(seed: key, purpose: .traits)
            let sex: Sex = own.chance(0.52) ? .male : .female
            let father = members.first { $0.role == .head }
            var child = Person(
                household: number, member: index, key: key, id: ResourceID(owner: key, serial: 0), sex: sex,
                born: birth, role: .child,
                name: PersonName(
                    family: (father ?? mother).name.family,
                    given: model.names.given(sex, bornIn: birth.civil.year, &own)),
                papers: .newborn(mother: mother.residentID ?? "", order: order), phone: mother.phone,
                maritalStatus: .never, ethnicity: mother.ethnicity,
                traits: Traits.random(sex: sex, years: 0, rates: model.rates, &own))
            child.birthOrder = isTwin ? order : 0
            child.gestationDays = gestation
            if order == 1, case .newborn? = Story(rawValue: number) {
                child.name = PersonName(family: child.name.family, given: "沐阳")
                child.traits.vaccinationDelayDays = 1
            }
            members.append(child)
            if birth.adding(days: model.rates.newbornRegistrationDays) <= model.end {
                addPapers(index, in: model, register: &register)
            }
        }
    }
}

/// A pregnancy of a member of the household.
struct Pregnancy: Sendable {
    let mother: Int
    let birth: CivilDay
    let gestationDays: Int
    let isTwin: Bool
    let isCaesarean: Bool

    /// The first day of the last menstruation, from which weeks are counted.
    var began: CivilDay { birth.adding(days: -gestationDays) }
}

extension Person {
    var residentID: String? {
        if case .residentID(let id) = papers { id.description } else { nil }
    }
}
