/// The last illness.
extension LifeCourse {
    mutating func planDeath() {
        guard let died = person.died else { return }
        var own = SeededGenerator(seed: scrambled(person.key), purpose: .death)
        let cause = model.deathCauses.pick(&own)
        guard own.percent(cause.inHospitalPercent) else { return }
        let admitted = max(died.adding(days: -own.below(10)), model.start, person.born)
        add(.death(cause), on: admitted)
    }

    mutating func die(of cause: DeathCauses.Cause, on day: CivilDay, to bundle: inout BundleWriter) {
        guard let died = person.died else { return }
        let condition = nextID()
        let minute = anyMinute()
        let days = died - day
        let visit = visit(
            .inpatient, .inpatient, on: day, minute: minute,
            lasting: days * 1_440 + (days == 0 ? random.below(max(1, 1_439 - minute)) : random.below(1_439 - minute)),
            at: random.percent(60) ? districtHospital(on: day) : cityHospital(), department: cause.department,
            reason: cause.concept, condition: condition, discharge: .died, to: &bundle)
        self.condition(
            condition, cause.concept, onset: day, recorded: day, isLasting: false, visit: visit, to: &bundle)
        measureTemperature(fever: 4 * random.unit(), visit: visit, to: &bundle)
        measurePulse(visit: visit, to: &bundle)
        measurePressure(visit: visit, to: &bundle)
        measure(
            model.marks.admissionPanel, visit: visit, at: visit.from.adding(minutes: 45), to: &bundle)
        awayUntil = died.adding(days: 1)
    }
}
