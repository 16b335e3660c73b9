/// Antenatal visits, birth and the time after it, at the weeks of the national service standard (third edition).
extension LifeCourse {
    private static let supervision = Codes.disease("Z34.900x001", "妊娠监督")
    private static let vaginal = Codes.disease("O80.900", "单胎顺产")
    private static let caesarean = Codes.disease("O82.900", "经剖宫产术分娩")
    private static let twinsVaginal = Codes.disease("O84.000", "多胎分娩均为顺产")
    private static let twinsCaesarean = Codes.disease("O84.200", "多胎分娩均经剖宫产术")

    /// Weeks of pregnancy in which each visit takes place.
    private static let visitWeeks: [ClosedRange<Int>] = [8...12, 16...20, 21...24, 28...36, 37...40]

    private var pregnancy: Pregnancy? {
        household.pregnancy.flatMap { $0.mother == person.member ? $0 : nil }
    }

    mutating func planPregnancy() {
        guard let pregnancy else { return }
        var own = SeededGenerator(seed: person.key, purpose: .pregnancy)
        for (number, weeks) in LifeCourse.visitWeeks.enumerated() {
            let day = pregnancy.began.adding(days: own.within(weeks) * 7 + own.below(5)).orNextWorkday
            if day >= model.start, day < pregnancy.birth { add(.antenatal(visit: number), on: day) }
        }
        guard pregnancy.birth >= model.start else { return }
        add(.delivery, on: pregnancy.birth)
        add(.postpartum, on: pregnancy.birth.adding(days: 42 + own.below(7)).orNextWorkday)
    }

    private mutating func obstetricHospital(on day: CivilDay) -> Int {
        // The same hospital for all visits of a pregnancy.
        person.key & 0xFF < 120 ? model.network.maternityHospital : districtHospital(on: day)
    }

    mutating func antenatalVisit(_ number: Int, on day: CivilDay, to bundle: inout BundleWriter) {
        let isFirst = number == 0
        let visit = visit(
            .outpatient, .antenatal, on: day, minute: officeMinute(), lasting: random.within(25...70),
            at: isFirst ? centre(on: day) : obstetricHospital(on: day), department: model.marks.obstetrics,
            reason: LifeCourse.supervision, to: &bundle)
        measurePressure(visit: visit, to: &bundle)
        let gain = [0.8, 4.0, 6.5, 10.5, 13.0]
        observe(
            model.marks.weight, weight(on: day) + gain[number], visit: visit, at: visit.from.adding(minutes: 4),
            to: &bundle)
        let blood = visit.from.adding(minutes: 35)
        observe(
            model.marks.haemoglobin, value(of: model.marks.haemoglobin) - Double(number) * 4, visit: visit,
            at: blood, to: &bundle)
        if number < 3 { observe(model.marks.glucose, glucose(on: day), visit: visit, at: blood, to: &bundle) }
        if isFirst { prescribe(model.marks.folicAcid, visit: visit, for: nil, to: &bundle) }
    }

    mutating func giveBirth(on day: CivilDay, to bundle: inout BundleWriter) {
        guard let pregnancy else { return }
        let concept =
            pregnancy.isTwin
            ? (pregnancy.isCaesarean ? LifeCourse.twinsCaesarean : LifeCourse.twinsVaginal)
            : (pregnancy.isCaesarean ? LifeCourse.caesarean : LifeCourse.vaginal)
        let days = pregnancy.isCaesarean ? random.within(4...6) : random.within(2...4)
        let condition = nextID()
        let visit = visit(
            .inpatient, .delivery, on: day, minute: random.within(10...500), lasting: days * 1_440,
            at: obstetricHospital(on: day), department: model.marks.obstetrics, reason: concept,
            condition: condition, discharge: .home, to: &bundle)
        self.condition(
            condition, concept, onset: day, recorded: day, ended: day.adding(days: days), isLasting: false,
            visit: visit, to: &bundle)
        measureTemperature(fever: 0, visit: visit, to: &bundle)
        measurePressure(visit: visit, to: &bundle)
        observe(
            model.marks.haemoglobin, value(of: model.marks.haemoglobin) - 20, visit: visit,
            at: visit.from.adding(minutes: 600), to: &bundle)
        awayUntil = day.adding(days: days + 1)
    }

    mutating func postpartumVisit(on day: CivilDay, to bundle: inout BundleWriter) {
        let visit = visit(
            .outpatient, .postpartum, on: day, minute: officeMinute(), lasting: random.within(20...40),
            at: centre(on: day), department: model.marks.obstetrics, reason: LifeCourse.supervision, to: &bundle)
        measurePressure(visit: visit, to: &bundle)
        measureWeight(visit: visit, at: visit.from.adding(minutes: 4), to: &bundle)
    }
}
