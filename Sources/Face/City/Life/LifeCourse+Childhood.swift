/// Health checks of children at the ages of the national service standard (third edition).
extension LifeCourse {
    private static let check = Codes.disease("Z00.100", "儿童常规健康检查")

    /// Completed months of the checks after the newborn visit.
    private static let checkMonths = [1, 3, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72]
    /// Checks at which haemoglobin is measured.
    private static let haemoglobinMonths: Set = [6, 18, 30, 48, 60, 72]

    mutating func planChildhood() {
        guard person.age(on: model.start) < 7 else { return }
        var own = SeededGenerator(seed: person.key, purpose: .childCare)
        if person.born >= model.start { add(.newbornVisit, on: person.born.adding(days: own.within(5...9))) }
        for months in LifeCourse.checkMonths {
            let due = person.born.adding(months: months)
            guard own.percent(months <= 36 ? 93 : 85) else { continue }
            let day = due.adding(days: own.below(months <= 1 ? 2 : 20)).orNextWorkday
            if day >= model.start { add(.childCheck(months: months), on: day) }
        }
    }

    mutating func newbornVisit(on day: CivilDay, to bundle: inout BundleWriter) {
        let birth = Moment(day: person.born, minute: 60 + Int(person.key & 0x3FF))
        measureWeight(visit: nil, at: birth, to: &bundle)
        observe(model.marks.height, height(on: person.born), visit: nil, at: birth, to: &bundle)
        childCheck(months: 0, on: day, to: &bundle)
    }

    mutating func childCheck(months: Int, on day: CivilDay, to bundle: inout BundleWriter) {
        guard day >= awayUntil else { return }
        let visit = visit(
            .outpatient, .childCheck, on: day, minute: officeMinute(), lasting: random.within(20...45),
            at: centre(on: day), department: model.marks.paediatrics, reason: LifeCourse.check, to: &bundle)
        let moment = visit.from.adding(minutes: 6)
        measureWeight(visit: visit, at: moment, to: &bundle)
        observe(model.marks.height, height(on: day), visit: visit, at: moment, to: &bundle)
        if months == 0 { measureTemperature(fever: 0, visit: visit, to: &bundle) }
        if LifeCourse.haemoglobinMonths.contains(months) {
            let isAnaemic = random.percent(9)
            let value = 122 + 6 * random.deviate() - (isAnaemic ? 17 : 0)
            observe(
                model.marks.haemoglobin, value, visit: visit, at: visit.from.adding(minutes: 20), to: &bundle)
        }
    }
}
