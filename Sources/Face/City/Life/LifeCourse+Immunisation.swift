/// Vaccination by the national programme: a dose is due at its age, after the interval to the dose before, and 28
/// days after another live injected vaccine; the child comes some days later.
extension LifeCourse {
    /// The two-dose MMR series is the rule for children born from this day on; older children's first doses
    /// followed earlier programmes, which are not modelled, so only their doses at school age are written.
    private static let wholeHistoryFrom = CivilDay(year: 2019, month: 10, day: 1)

    mutating func planVaccinations(until last: CivilDay) {
        guard person.age(on: model.start) < 15 else { return }
        var own = SeededGenerator(seed: person.key, purpose: .immunisation)
        let hasHistory = person.born >= LifeCourse.wholeHistoryFrom
        var lastDose: [String: CivilDay] = [:]
        var lastLive: CivilDay?
        var delays: [Int: Int] = [:]
        for (index, dose) in model.vaccines.enumerated() where applies(dose) {
            if !hasHistory, dose.minMonths < 48 { continue }
            var due = person.born.adding(months: dose.minMonths)
            let series = dose.after ?? dose.code
            if let before = lastDose[series] {
                due = max(due, before.adding(days: dose.intervalDays), before.adding(months: dose.intervalMonths))
            } else if hasHistory, dose.dose > 1 || dose.after != nil {
                continue
            }
            if let from = dose.dueFrom, due < from { continue }
            if let before = dose.dueBefore, due >= before { continue }
            var day = person.born.adding(days: dose.code == "BCG" ? 1 : 0)
            if dose.minMonths > 0 {
                // One visit for all that is due at an age.
                let delay = delays[dose.minMonths] ?? own.below(person.traits.vaccinationDelayDays + 1)
                delays[dose.minMonths] = delay
                day = due.adding(days: delay).orNextWorkday
            }
            if dose.isLiveInjected, let live = lastLive, day != live, day - live < 28 {
                day = due <= live ? live : live.adding(days: 28).orNextWorkday
            }
            // A dose in the future of the simulation also holds up those after it.
            guard day <= last else { continue }
            lastDose[dose.code] = day
            if dose.isLiveInjected { lastLive = day }
            if hasHistory || day >= model.start { add(.vaccination(index), on: day) }
        }
    }

    private func applies(_ dose: VaccineDose) -> Bool {
        (dose.sex == nil || dose.sex == person.sex) && dose.bornFrom.map { person.born >= $0 } ?? true
            && dose.bornBefore.map { person.born < $0 } ?? true
    }

    mutating func vaccinate(_ dose: VaccineDose, on day: CivilDay, to bundle: inout BundleWriter) {
        let isAtBirth = dose.minMonths == 0
        let institution = isAtBirth ? districtHospital(on: day) : centre(on: day)
        write(dose.vaccineCode, dose.route, dose: dose.dose, at: institution, on: day, to: &bundle)
    }

    private static let influenzaCode = VaccineDose.code("Influenza", name: "流感疫苗", cvx: "88")
    private static let intramuscular = VaccineDose.route(("肌内注射", "IM"))

    mutating func vaccinateAgainstInfluenza(on day: CivilDay, to bundle: inout BundleWriter) {
        write(
            LifeCourse.influenzaCode, LifeCourse.intramuscular, dose: 1, at: centre(on: day), on: day, to: &bundle)
    }

    private mutating func write(
        _ code: [UInt8], _ route: [UInt8], dose: Int, at institution: Int, on day: CivilDay,
        to bundle: inout BundleWriter
    ) {
        bundle.makeRoom(for: 1)
        let moment = Moment(day: day, minute: random.within(490...980))
        let lot = 20_200_000 + day.civil.year % 100 * 1_000 + random.below(97) * 7
        bundle.add("Immunization", nextID()) { text in
            text.put(#","status":"completed""#)
            text.put(code)
            text.put(#","patient":{"reference":"Patient/"#)
            text.put(person.id)
            text.put(#""},"occurrenceDateTime":""#)
            text.put(moment)
            text.put(#"","primarySource":true,"lotNumber":""#)
            text.put(lot)
            text.put("\"")
            text.put(route)
            text.put(#","performer":[{"actor":"#)
            text.put(model.network.institutions[institution].reference)
            text.put(#"}],"protocolApplied":[{"doseNumberPositiveInt":"#)
            text.put(dose)
            text.put("}]")
        }
    }
}
