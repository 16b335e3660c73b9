/// What happens to one resident, day by day, and the resources that tell of it.
struct LifeCourse {
    let person: Person
    let household: Household
    let model: CityModel
    var random: SeededGenerator
    var chronic: ChronicCare
    /// Planned contacts, oldest first.
    private var plan: [Planned] = []
    private var serial = 1
    /// Lasting conditions by diagnosis, so that a second visit refers to the first one's Condition.
    var lasting: [Int: ResourceID] = [:]
    /// Nothing else happens before this day: the resident is in hospital.
    var awayUntil: CivilDay
    /// Year in which blood pressure was last measured; residents from 35 have it measured once a year.
    var pressureYear = 0

    struct Planned {
        let day: CivilDay
        let event: Event
    }

    enum Event {
        case vaccination(Int)
        case influenzaVaccination
        case childCheck(months: Int)
        case newbornVisit
        case healthCheck
        case antenatal(visit: Int)
        case delivery
        case postpartum
        case death(DeathCauses.Cause)
    }

    init(of person: Person, in household: Household, model: CityModel) {
        self.person = person
        self.household = household
        self.model = model
        random = SeededGenerator(seed: person.key, purpose: .visits)
        chronic = ChronicCare(person.traits, key: person.key)
        awayUntil = model.start
    }

    mutating func nextID() -> ResourceID {
        serial += 1
        return ResourceID(owner: person.key, serial: serial)
    }

    mutating func write(to bundle: inout BundleWriter) {
        let first = max(model.start, person.born)
        let last = min(model.end, person.died ?? model.end)
        makePlan(until: last)
        var next = 0
        while next < plan.count, plan[next].day < first {
            happen(plan[next], to: &bundle)
            next += 1
        }
        writeKnownDiseases(to: &bundle)
        if first <= last { writeHazards(from: first, until: last, to: &bundle) }
        let met = model.outbreaks.cases(of: person, in: household, places: model.places)
        var nextMet = 0
        var row = 0
        var birthday = CivilDay(Int.min)
        var day = first
        while day <= last {
            if day >= birthday {
                let years = person.age(on: day)
                row = IllnessRates.row(person.sex, years: years)
                birthday = person.born.adding(months: (years + 1) * 12)
            }
            while next < plan.count, plan[next].day <= day {
                happen(plan[next], to: &bundle)
                next += 1
            }
            while nextMet < met.count, met[nextMet].day <= day {
                if met[nextMet].day == day, day >= awayUntil { meet(met[nextMet].outbreak, on: day, to: &bundle) }
                nextMet += 1
            }
            if day >= awayUntil {
                if let due = chronic.recheckDay, due <= day { recheck(on: day, to: &bundle) }
                if let due = chronic.followUpDay, due <= day { followUp(on: day, to: &bundle) }
                let offset = day - model.start
                if random.chance(model.illness.total(row: row, day: offset) * person.traits.frailty) {
                    let found = model.illness.diagnosis(row: row, day: offset, at: random.unit())
                    fallIll(with: found, on: day, to: &bundle)
                }
            }
            day = day.adding(days: 1)
        }
    }

    private mutating func makePlan(until last: CivilDay) {
        planVaccinations(until: last)
        planChildhood()
        planHealthChecks()
        planPregnancy()
        planDeath()
        plan.removeAll { $0.day > last }
        plan.sort { $0.day < $1.day }
    }

    mutating func add(_ event: Event, on day: CivilDay) { plan.append(Planned(day: day, event: event)) }

    private mutating func happen(_ planned: Planned, to bundle: inout BundleWriter) {
        switch planned.event {
        case .vaccination(let dose): vaccinate(model.vaccines[dose], on: planned.day, to: &bundle)
        case .influenzaVaccination: vaccinateAgainstInfluenza(on: planned.day, to: &bundle)
        case .childCheck(let months): childCheck(months: months, on: planned.day, to: &bundle)
        case .newbornVisit: newbornVisit(on: planned.day, to: &bundle)
        case .healthCheck: healthCheck(on: planned.day, to: &bundle)
        case .antenatal(let visit): antenatalVisit(visit, on: planned.day, to: &bundle)
        case .delivery: giveBirth(on: planned.day, to: &bundle)
        case .postpartum: postpartumVisit(on: planned.day, to: &bundle)
        case .death(let cause): die(of: cause, on: planned.day, to: &bundle)
        }
    }

    // Where care is given.

    func centre(on day: CivilDay) -> Int { model.network.centreOfStreet[household.home(on: day).street] }

    func districtHospital(on day: CivilDay) -> Int {
        model.network.hospitalOfDistrict[model.places.streets[household.home(on: day).street].district]
    }

    mutating func cityHospital() -> Int {
        model.network.generalHospitals[random.below(model.network.generalHospitals.count)]
    }

    /// The community centre, or one of its stations.
    mutating func centreOrStation(on day: CivilDay, stationPercent: Int) -> Int {
        let centre = centre(on: day)
        guard random.percent(stationPercent), let stations = model.network.stationsOfCentre[centre],
            !stations.isEmpty
        else { return centre }
        return stations[random.below(stations.count)]
    }

    /// A minute in office hours, mornings more often.
    mutating func officeMinute() -> Int {
        random.percent(62) ? random.within(480...690) : random.within(810...1_010)
    }

    mutating func anyMinute() -> Int {
        random.percent(35) ? random.within(1_020...1_400) : random.within(5...1_430)
    }
}
