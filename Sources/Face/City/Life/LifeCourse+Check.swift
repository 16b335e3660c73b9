/// The yearly examination: of residents from 65, of managed patients, and of some other adults.
extension LifeCourse {
    private static let examination = Codes.disease("Z00.001", "健康查体")

    mutating func planHealthChecks() {
        var dayOfYear = person.traits.checkDayOfYear
        if dayOfYear == nil, person.traits.hypertensionYears != nil || person.traits.diabetesYears != nil,
            person.traits.keepsAppointmentsPercent >= 85
        {
            dayOfYear = 70 + Int(person.key & 0xFF)
        }
        if let dayOfYear {
            for year in model.start.civil.year...model.end.civil.year {
                let day = CivilDay(year: year, month: 1, day: 1).adding(days: dayOfYear).orNextWorkday
                if day >= model.start, day <= model.end, person.age(on: day) >= 18 { add(.healthCheck, on: day) }
            }
        }
        guard person.traits.takesInfluenzaVaccine else { return }
        for year in model.start.civil.year...model.end.civil.year {
            let day = CivilDay(year: year, month: 10, day: 8).adding(days: Int(person.key >> 8 & 0x3F)).orNextWorkday
            if day >= model.start, day <= model.end, person.age(on: day) >= 65 { add(.influenzaVaccination, on: day) }
        }
    }

    mutating func healthCheck(on day: CivilDay, to bundle: inout BundleWriter) {
        guard day >= awayUntil else { return }
        let years = person.age(on: day)
        let isAtCentre = years >= 65 || chronic.isManaged
        let visit = visit(
            .outpatient, .healthCheck, on: day, minute: random.within(450...570), lasting: random.within(60...150),
            at: isAtCentre ? centre(on: day) : random.percent(60) ? districtHospital(on: day) : cityHospital(),
            department: isAtCentre ? model.marks.publicHealth : model.marks.check, reason: LifeCourse.examination,
            to: &bundle)
        let moment = visit.from.adding(minutes: 10)
        let (height, weight) = (height(on: day), weight(on: day))
        observe(model.marks.height, height, visit: visit, at: moment, to: &bundle)
        observe(model.marks.weight, weight, visit: visit, at: moment, to: &bundle)
        let bmi = weight / (height * height / 10_000)
        observe(model.marks.bmi, bmi, visit: visit, at: moment, to: &bundle)
        if isAtCentre {
            let waist = value(of: model.marks.waist) + (bmi - 23.5) * 1.6
            observe(model.marks.waist, waist, visit: visit, at: moment, to: &bundle)
            measureTemperature(fever: 0, visit: visit, to: &bundle)
        }
        screen(measurePressure(visit: visit, to: &bundle), on: day)
        measurePulse(visit: visit, to: &bundle)
        let blood = visit.from.adding(minutes: 25)
        for index in model.marks.checkPanel where index != model.marks.glucose {
            observe(index, value(of: index), visit: visit, at: blood, to: &bundle)
        }
        let glucose = glucose(on: day)
        observe(model.marks.glucose, glucose, visit: visit, at: blood, to: &bundle)
        if years >= 65 {
            for index in model.marks.elderExtra {
                observe(index, value(of: index), visit: visit, at: blood, to: &bundle)
            }
        }
        if chronic.diabetes != nil || years >= 65 {
            observe(model.marks.hba1c, hba1c(on: day), visit: visit, at: blood, to: &bundle)
        }
        screen(glucose: glucose, on: day)
        screenForComplications(visit: visit, to: &bundle)
    }
}
