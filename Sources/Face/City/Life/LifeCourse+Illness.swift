/// Visits for illness: in the community, in hospital, in the emergency department, and stays.
extension LifeCourse {
    mutating func fallIll(with index: Int, on day: CivilDay, to bundle: inout BundleWriter) {
        let diagnosis = model.diagnoses[index]
        let years = person.age(on: day)
        let isLasting = diagnosis.lastsDays == 0
        let known = lasting[index]
        let condition = known ?? nextID()
        let isStay = random.unit() * 100 < diagnosis.inpatientPercent
        let isEmergency = !isStay && random.unit() * 100 < diagnosis.emergencyPercent
        let (institution, department) = place(
            for: diagnosis, years: years, isStay: isStay, isEmergency: isEmergency, on: day)
        let stayDays = isStay ? max(1, Int(Double(diagnosis.stayDays) * (0.5 + random.unit()))) : 0
        let visit = visit(
            isStay ? .inpatient : isEmergency ? .emergency : .outpatient,
            isStay ? .inpatient : isEmergency ? .emergency : .outpatient, on: day,
            minute: isEmergency ? anyMinute() : officeMinute(),
            lasting: isStay ? stayDays * 1_440 + random.within(-120...180) : random.within(12...95),
            at: institution, department: department, reason: diagnosis.concept, condition: condition,
            discharge: isStay ? .home : nil, to: &bundle)
        if known == nil {
            let ended = day.adding(days: max(stayDays, diagnosis.lastsDays * random.within(60...140) / 100))
            self.condition(
                condition, diagnosis.concept, onset: day.adding(days: isLasting ? 0 : -random.below(3)), recorded: day,
                ended: isLasting ? nil : ended, isLasting: isLasting, visit: visit, to: &bundle)
            if isLasting { lasting[index] = condition }
        }
        takeVitals(diagnosis, years: years, isUrgent: isStay || isEmergency, visit: visit, to: &bundle)
        let moment = visit.from.adding(minutes: random.within(25...70))
        for panel in diagnosis.panels where random.percent(isStay ? 100 : panel.percent) {
            // The large panel of an admission is for stays only.
            if !isStay, panel.measures.count > 6 { continue }
            measure(panel.measures, visit: visit, at: moment, shift: diagnosis.shift, to: &bundle)
        }
        if diagnosis.testsInfluenza, random.percent(diagnosis.influenzaTestPercent) {
            testInfluenza(
                visit: visit, at: visit.from.adding(minutes: 40), isPositive: random.percent(94), to: &bundle)
        }
        for medicine in diagnosis.medicines where random.percent(medicine.percent) {
            prescribe(medicine.medicine, visit: visit, for: condition, to: &bundle)
        }
        if isStay {
            awayUntil = day.adding(days: stayDays + 1)
            let discharge = Moment(day: day.adding(days: stayDays), minute: 450)
            if stayDays >= 3, discharge.day <= model.end {
                measure(model.marks.dischargePanel, visit: visit, at: discharge, to: &bundle)
            }
        }
    }

    private mutating func place(
        for diagnosis: Diagnosis, years: Int, isStay: Bool, isEmergency: Bool, on day: CivilDay
    ) -> (institution: Int, department: Int) {
        var department = isEmergency ? model.marks.emergency : diagnosis.department
        if years < 14, !isEmergency, model.marks.adultMedicine.contains(department) {
            department = model.marks.paediatrics
        }
        let community = years >= 65 ? diagnosis.communityPercent * 115 / 100 : diagnosis.communityPercent
        let throwing = random.below(100)
        if !isStay, !isEmergency, throwing < community {
            let isDental = department == model.marks.stomatology
            return (
                isDental ? centre(on: day) : centreOrStation(on: day, stationPercent: 20),
                isDental ? department : model.marks.general
            )
        }
        let rest = max(1, 100 - diagnosis.communityPercent)
        if random.below(rest) < diagnosis.countyPercent, model.departments[department].inCounty {
            return (districtHospital(on: day), department)
        }
        let forWomenAndChildren = department == model.marks.paediatrics || department == model.marks.obstetrics
        if forWomenAndChildren, random.percent(60) { return (model.network.maternityHospital, department) }
        return (cityHospital(), department)
    }

    private mutating func takeVitals(
        _ diagnosis: Diagnosis, years: Int, isUrgent: Bool, visit: Visit, to bundle: inout BundleWriter
    ) {
        if diagnosis.feverTenths > 0 || isUrgent {
            let fever = Double(diagnosis.feverTenths) * (0.35 + 0.9 * random.unit())
            measureTemperature(fever: fever, visit: visit, to: &bundle)
        }
        if isUrgent {
            measurePulse(visit: visit, to: &bundle)
            if years >= 45 {
                let oxygen = value(of: model.marks.oxygen) - (diagnosis.feverTenths > 8 ? 3 * random.unit() : 0)
                observe(
                    model.marks.oxygen, min(oxygen, 100), visit: visit, at: visit.from.adding(minutes: 3), to: &bundle)
            }
        }
        if years >= 18, isUrgent || (years >= 35 && pressureYear != visit.from.day.civil.year) {
            let pressure = measurePressure(visit: visit, to: &bundle)
            screen(pressure, on: visit.from.day)
        }
    }
}
