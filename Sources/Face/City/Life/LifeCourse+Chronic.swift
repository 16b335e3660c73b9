/// Finding, treating and following up hypertension and type 2 diabetes, after the national service standard
/// (国家基本公共卫生服务规范, third edition) as `domain/chronic-disease` sums it up.
extension LifeCourse {
    private static let hypertension = Codes.disease("I10.x00x002", "高血压")
    private static let diabetes = Codes.disease("E11.900", "2型糖尿病")
    private static let diabeticKidney = Codes.disease("E11.200", "2型糖尿病伴有肾的并发症")
    private static let diabeticEye = Codes.disease("E11.300", "2型糖尿病伴有眼的并发症")
    private static let raisedPressure = Codes.disease("R03.000", "血压读数升高，无高血压诊断者")
    private static let prediabetes = Codes.disease("R73.002", "糖尿病前期")

    /// Limits of diagnosis: 140/90 mmHg on three days; fasting glucose 7.0 mmol/L on two days.
    private static let systolicLimit = 140.0
    private static let diastolicLimit = 90.0
    private static let glucoseLimit = 7.0
    private static let albuminLimit = 30.0

    // What the body does.

    /// Years since the first simulated day.
    private func years(on day: CivilDay) -> Double { Double(day - model.start) / 365.25 }

    mutating func pressure(on day: CivilDay) -> (systolic: Double, diastolic: Double) {
        let traits = person.traits
        let medicines = Double(chronic.pressureMedicines.count)
        // Pressure is higher in the cold months.
        let distance = abs(Double(day.dayOfYear) - 196)
        let cold = (distance - 91) / 91 * 2.6
        var systolic = traits.systolic + traits.systolicPerYear * years(on: day) + cold
        systolic -= medicines * ChronicCare.pressureFall * chronic.response
        systolic = max(systolic + 5 * random.deviate(), 88)
        let age = Double(person.age(on: day))
        var diastolic = 25 + 0.43 * systolic - max(0, age - 58) * 0.32 + 3.5 * random.deviate()
        diastolic = min(max(diastolic, 48), systolic - 22)
        return (systolic, diastolic)
    }

    mutating func glucose(on day: CivilDay) -> Double {
        let traits = person.traits
        var glucose = traits.glucose + traits.glucosePerYear * years(on: day)
        glucose -= Double(chronic.glucoseMedicines.count) * ChronicCare.glucoseFall * chronic.response
        // Medicine brings glucose towards its usual value, not below.
        glucose = max(glucose, chronic.glucoseMedicines.isEmpty ? 3.9 : 5.4)
        return max(glucose + (glucose > 6.5 ? 0.45 : 0.22) * random.deviate(), 3.6)
    }

    /// HbA1c from mean glucose by the linear relation of the ADAG study (Nathan and others, 2008). How far the mean
    /// lies above fasting glucose is our default: more, the higher it is.
    mutating func hba1c(on day: CivilDay) -> Double {
        let fasting = glucose(on: day)
        let mean = fasting + 0.4 + 0.45 * max(0, fasting - 5.5) + (chronic.diabetes == nil ? 0 : 0.5)
        return (mean + 2.59) / 1.59 + 0.08 * random.deviate()
    }

    // Known on the first day.

    mutating func writeKnownDiseases(to bundle: inout BundleWriter) {
        let traits = person.traits
        guard person.born <= model.start else { return }
        if let years = traits.hypertensionYears {
            let since = model.start.adding(days: -years * 365 - random.below(300))
            chronic.hypertension = begin(LifeCourse.hypertension, since: since, visit: nil, to: &bundle)
            let steps = (traits.systolic - 137) / (ChronicCare.pressureFall * chronic.response)
            for _ in 0..<medicinesAtStart(needed: steps) { addPressureMedicine() }
        }
        if let years = traits.diabetesYears {
            let since = model.start.adding(days: -years * 365 - random.below(300))
            chronic.diabetes = begin(LifeCourse.diabetes, since: since, visit: nil, to: &bundle)
            let steps = (traits.glucose - 6.6) / (ChronicCare.glucoseFall * chronic.response)
            for _ in 0..<medicinesAtStart(needed: steps) { addGlucoseMedicine() }
        }
        if chronic.isManaged {
            chronic.followUpDay = model.start.adding(days: random.below(model.rates.followUpDays)).orNextWorkday
        }
    }

    private func medicinesAtStart(needed steps: Double) -> Int {
        person.traits.medicinesAtStart ?? min(ChronicCare.stepsMax, max(1, Int(steps.rounded(.up))))
    }

    private mutating func begin(
        _ concept: [UInt8], since: CivilDay, visit: Visit?, to bundle: inout BundleWriter
    ) -> ResourceID {
        let id = nextID()
        condition(
            id, concept, onset: since, recorded: visit?.from.day ?? since, isLasting: true, visit: visit, to: &bundle)
        return id
    }

    private mutating func addPressureMedicine() {
        let step = chronic.pressureMedicines.count
        guard step < ChronicCare.stepsMax, let medicine = random.element(of: model.marks.bloodPressureSteps[step])
        else { return }
        chronic.pressureMedicines.append(medicine)
        chronic.lastPrescription = CivilDay(Int.min / 4)
    }

    private mutating func addGlucoseMedicine() {
        let step = chronic.glucoseMedicines.count
        guard step < ChronicCare.stepsMax, let medicine = random.element(of: model.marks.glucoseSteps[step])
        else { return }
        chronic.glucoseMedicines.append(medicine)
        chronic.lastPrescription = CivilDay(Int.min / 4)
    }

    // Finding it.

    private func isRaised(_ pressure: (systolic: Double, diastolic: Double)) -> Bool {
        pressure.systolic.rounded() >= LifeCourse.systolicLimit
            || pressure.diastolic.rounded() >= LifeCourse.diastolicLimit
    }

    /// A raised reading of someone without the diagnosis leads to another one within four weeks.
    mutating func screen(_ pressure: (systolic: Double, diastolic: Double), on day: CivilDay) {
        guard chronic.hypertension == nil, chronic.recheckDay == nil, person.age(on: day) >= 35, isRaised(pressure)
        else { return }
        chronic.raisedPressureDays = 1
        callBack(after: day)
    }

    mutating func screen(glucose: Double, on day: CivilDay) {
        guard chronic.diabetes == nil, glucose >= LifeCourse.glucoseLimit - 0.05, person.age(on: day) >= 18
        else { return }
        chronic.raisedGlucoseDays += 1
        callBack(after: day)
    }

    private mutating func callBack(after day: CivilDay) {
        guard random.percent(person.traits.keepsAppointmentsPercent) else { return }
        chronic.recheckDay = day.adding(days: random.within(6...12)).orNextWorkday
    }

    mutating func recheck(on day: CivilDay, to bundle: inout BundleWriter) {
        chronic.recheckDay = nil
        let looksAtPressure = chronic.hypertension == nil && chronic.raisedPressureDays > 0
        let looksAtGlucose = chronic.diabetes == nil && chronic.raisedGlucoseDays > 0
        guard looksAtPressure || looksAtGlucose else { return }
        let visit = visit(
            .outpatient, .recheck, on: day, minute: officeMinute(), lasting: random.within(10...30),
            at: centre(on: day), department: model.marks.general,
            reason: looksAtPressure ? LifeCourse.raisedPressure : LifeCourse.prediabetes, to: &bundle)
        if looksAtPressure {
            if isRaised(measurePressure(visit: visit, to: &bundle)) {
                chronic.raisedPressureDays += 1
            } else {
                chronic.raisedPressureDays = 0
            }
        }
        if looksAtGlucose {
            let value = measureGlucose(visit: visit, to: &bundle)
            chronic.raisedGlucoseDays = value >= LifeCourse.glucoseLimit - 0.05 ? chronic.raisedGlucoseDays + 1 : 0
        }
        if chronic.raisedPressureDays >= 3, chronic.hypertension == nil {
            let id = begin(LifeCourse.hypertension, since: day, visit: visit, to: &bundle)
            chronic.hypertension = id
            addPressureMedicine()
            for medicine in chronic.pressureMedicines { prescribe(medicine, visit: visit, for: id, to: &bundle) }
            chronic.followUpDay = day.adding(days: model.rates.recheckDays).orNextWorkday
        }
        if chronic.raisedGlucoseDays >= 2, chronic.diabetes == nil {
            let id = begin(LifeCourse.diabetes, since: day, visit: visit, to: &bundle)
            chronic.diabetes = id
            addGlucoseMedicine()
            for medicine in chronic.glucoseMedicines { prescribe(medicine, visit: visit, for: id, to: &bundle) }
            chronic.followUpDay = day.adding(days: model.rates.recheckDays).orNextWorkday
        }
        if chronic.recheckDay == nil, (1...2).contains(chronic.raisedPressureDays), chronic.hypertension == nil {
            callBack(after: day)
        }
    }

    @discardableResult
    private mutating func measureGlucose(visit: Visit, to bundle: inout BundleWriter) -> Double {
        let value = glucose(on: visit.from.day)
        observe(model.marks.glucose, value, visit: visit, at: visit.from.adding(minutes: 5), to: &bundle)
        return value
    }

    // Following it up.

    mutating func followUp(on day: CivilDay, to bundle: inout BundleWriter) {
        guard random.percent(person.traits.keepsAppointmentsPercent) else {
            chronic.followUpDay = day.adding(days: random.within(7...24)).orNextWorkday
            return
        }
        let isHospital = chronic.isReferred
        let concernsPressure = chronic.hypertension != nil
        let visit = visit(
            .outpatient, isHospital ? .outpatient : .followUp, on: day, minute: officeMinute(),
            lasting: random.within(10...35),
            at: isHospital ? districtHospital(on: day) : centreOrStation(on: day, stationPercent: 25),
            department: isHospital
                ? (concernsPressure ? model.marks.cardiology : model.marks.endocrinology) : model.marks.general,
            reason: concernsPressure ? LifeCourse.hypertension : LifeCourse.diabetes,
            condition: chronic.hypertension ?? chronic.diabetes, to: &bundle)
        let pressure = measurePressure(visit: visit, to: &bundle)
        measurePulse(visit: visit, to: &bundle)
        measureWeight(visit: visit, at: visit.from.adding(minutes: 2), to: &bundle)
        let limit = person.age(on: day) >= 65 ? 150.0 : LifeCourse.systolicLimit
        let isPressureFine =
            chronic.hypertension == nil
            || (pressure.systolic.rounded() < limit && pressure.diastolic.rounded() < LifeCourse.diastolicLimit)
        var isGlucoseFine = true
        if chronic.diabetes != nil {
            isGlucoseFine = measureGlucose(visit: visit, to: &bundle) < LifeCourse.glucoseLimit
            if day - chronic.lastHbA1c >= (isGlucoseFine ? 175 : 85) {
                chronic.lastHbA1c = day
                observe(
                    model.marks.hba1c, hba1c(on: day), visit: visit, at: visit.from.adding(minutes: 50), to: &bundle)
            }
        }
        decide(isPressureFine: isPressureFine, isGlucoseFine: isGlucoseFine, isHospital: isHospital, on: day)
        renew(visit: visit, to: &bundle)
    }

    /// Controlled: next time as planned. Uncontrolled: more medicine and again in two weeks; twice in a row: to
    /// the hospital, and two weeks later again.
    private mutating func decide(isPressureFine: Bool, isGlucoseFine: Bool, isHospital: Bool, on day: CivilDay) {
        chronic.isReferred = false
        var days = model.rates.followUpDays + random.within(-6...4)
        if isPressureFine && isGlucoseFine {
            chronic.uncontrolled = 0
        } else {
            chronic.uncontrolled += 1
            if !isPressureFine, chronic.uncontrolled >= 2 || isHospital { addPressureMedicine() }
            if !isGlucoseFine, chronic.uncontrolled >= 2 || isHospital { addGlucoseMedicine() }
            if isHospital || chronic.uncontrolled == 1 {
                days = model.rates.recheckDays
            } else if day - chronic.lastReferral > 300 {
                chronic.isReferred = true
                chronic.lastReferral = day
                days = random.within(3...model.rates.recheckDays)
            } else {
                // Known at the hospital: keep to the planned visits.
                chronic.uncontrolled = 0
            }
        }
        chronic.followUpDay = day.adding(days: days).orNextWorkday
    }

    private mutating func renew(visit: Visit, to bundle: inout BundleWriter) {
        let day = visit.from.day
        guard day - chronic.lastPrescription >= 60 else { return }
        chronic.lastPrescription = day
        for medicine in chronic.pressureMedicines {
            prescribe(medicine, visit: visit, for: chronic.hypertension, to: &bundle)
        }
        for medicine in chronic.glucoseMedicines {
            prescribe(medicine, visit: visit, for: chronic.diabetes, to: &bundle)
        }
    }

    /// Yearly search for harm by diabetes: albumin in the urine (two raised results), and the eyes.
    mutating func screenForComplications(visit: Visit, to bundle: inout BundleWriter) {
        guard chronic.diabetes != nil else { return }
        let day = visit.from.day
        let known = Double(person.traits.diabetesYears ?? 0) + years(on: day)
        let albumin = value(of: model.marks.albuminuria) + known * 2.4 * chronic.kidneyHarm
        observe(model.marks.albuminuria, albumin, visit: visit, at: visit.from.adding(minutes: 55), to: &bundle)
        if albumin >= LifeCourse.albuminLimit {
            chronic.raisedAlbuminDays += 1
            if chronic.raisedAlbuminDays == 2 {
                chronic.kidneyDisease = begin(LifeCourse.diabeticKidney, since: day, visit: visit, to: &bundle)
            }
        }
        if chronic.eyeDisease == nil, known >= 6, random.percent(9) {
            chronic.eyeDisease = begin(LifeCourse.diabeticEye, since: day, visit: visit, to: &bundle)
        }
    }
}
