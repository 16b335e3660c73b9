/// Vital signs and laboratory results.
extension LifeCourse {
    /// A person's value of a measure: the usual one, this person's own deviation, the day's, and the illness's.
    mutating func value(of index: Int, shift: Measure.Spread? = nil) -> Double {
        let measure = model.measures[index]
        let spread = person.sex == .male ? measure.male : measure.female
        let own = SeededGenerator.deviate(of: scrambled(person.key ^ UInt64(index &+ 1) &* 0x9E37_79B9_7F4A_7C15))
        var value = spread.mean + spread.deviation * (0.72 * own + 0.5 * random.deviate())
        if let shift { value += shift.mean + shift.deviation * random.deviate() }
        return max(value, spread.mean * 0.12)
    }

    /// Writes a result with its reference range and interpretation.
    mutating func observe(
        _ index: Int, _ value: Double, visit: Visit?, at moment: Moment, to bundle: inout BundleWriter
    ) {
        let measure = model.measures[index]
        let scaled = Int((value * measure.scale).rounded())
        let range = measure.range(for: person.sex, ageMonths: person.months(on: moment.day))
        bundle.add("Observation", nextID()) { text in
            text.put(#","status":"final""#)
            text.put(measure.head)
            put(subjectTo: &text)
            put(encounter: visit, to: &text)
            put(effective: moment, to: &text)
            text.put(#","valueQuantity":{"value":"#)
            text.put(scaled: scaled, decimals: measure.decimals)
            text.put(measure.unit)
            put(scaled, in: range, to: &text)
        }
    }

    private func put(effective moment: Moment, to text: inout ByteText) {
        text.put(#","effectiveDateTime":""#)
        text.put(moment)
        text.put("\"")
    }

    private func put(_ scaled: Int, in range: Measure.ReferenceRange?, to text: inout ByteText) {
        guard let range else { return }
        text.put(#","interpretation":[{"coding":[{"system":"#)
        text.put(#""http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":""#)
        text.put(
            scaled < range.low
                ? #"L","display":"偏低"}]}]"#
                : scaled > range.high ? #"H","display":"偏高"}]}]"# : #"N","display":"正常"}]}]"#)
        text.put(range.text)
    }

    /// Measures and writes a panel of laboratory tests.
    mutating func measure(
        _ panel: [Int], visit: Visit, at moment: Moment, shift: [Int: Measure.Spread] = [:],
        to bundle: inout BundleWriter
    ) {
        for index in panel {
            let value = index == model.marks.glucose ? glucose(on: moment.day) : value(of: index, shift: shift[index])
            observe(index, value, visit: visit, at: moment, to: &bundle)
        }
    }

    /// Measures and writes blood pressure as one Observation with two components.
    @discardableResult
    mutating func measurePressure(
        visit: Visit, to bundle: inout BundleWriter
    ) -> (systolic: Double, diastolic: Double) {
        let pressure = pressure(on: visit.from.day)
        pressureYear = visit.from.day.civil.year
        let months = person.months(on: visit.from.day)
        let parts = [(model.marks.systolic, pressure.systolic), (model.marks.diastolic, pressure.diastolic)]
        bundle.add("Observation", nextID()) { text in
            text.put(#","status":"final""#)
            text.put(LifeCourse.pressureHead)
            put(subjectTo: &text)
            put(encounter: visit, to: &text)
            put(effective: visit.from.adding(minutes: 3), to: &text)
            text.put(#","component":["#)
            for (place, (index, value)) in parts.enumerated() {
                let measure = model.measures[index]
                text.put(place == 0 ? "{" : ",{")
                text.put(measure.componentHead)
                text.put(#","valueQuantity":{"value":"#)
                text.put(Int(value.rounded()))
                text.put(measure.unit)
                put(Int(value.rounded()), in: measure.range(for: person.sex, ageMonths: months), to: &text)
                text.put("}")
            }
            text.put("]")
        }
        return pressure
    }

    private static let pressureHead: [UInt8] =
        Measure.category(isVital: true)
        + fragment { text in
            text.put(#","code":{"coding":[{"system":"http://loinc.org","code":"85354-9","display":"血压"}],"#)
            text.put(#""text":"血压"}"#)
        }

    mutating func measureTemperature(fever tenths: Double, visit: Visit, to bundle: inout BundleWriter) {
        let value = 36.55 + 0.12 * random.deviate() + tenths / 10
        observe(
            model.marks.temperature, min(max(value, 35.8), 40.6), visit: visit, at: visit.from.adding(minutes: 2),
            to: &bundle)
    }

    mutating func measurePulse(visit: Visit, to bundle: inout BundleWriter) {
        observe(
            model.marks.pulse, value(of: model.marks.pulse), visit: visit, at: visit.from.adding(minutes: 3),
            to: &bundle)
    }

    /// Height in cm on a day.
    func height(on day: CivilDay) -> Double {
        let months = Double(day - person.born) / 30.44
        if months < Double(Growth.untilMonths) {
            return model.growth.length(person.sex, months: months) * (1 + 0.036 * person.traits.tall)
        }
        let measure = model.measures[model.marks.height]
        let spread = person.sex == .male ? measure.male : measure.female
        // Older generations are shorter, and the old lose height.
        let loss = max(0, Double(person.age(on: day)) - 45) * 0.13
        return spread.mean + spread.deviation * person.traits.tall - loss
    }

    /// Weight in kg on a day.
    mutating func weight(on day: CivilDay) -> Double {
        let months = Double(day - person.born) / 30.44
        if months < Double(Growth.untilMonths) {
            let usual = model.growth.weight(person.sex, months: months)
            return usual * (1 + 0.1 * person.traits.heavy + 0.01 * random.deviate())
        }
        let measure = model.measures[model.marks.bmi]
        let spread = person.sex == .male ? measure.male : measure.female
        let metres = height(on: day) / 100
        return (spread.mean + spread.deviation * person.traits.heavy + 0.15 * random.deviate()) * metres * metres
    }

    mutating func measureWeight(visit: Visit?, at moment: Moment, to bundle: inout BundleWriter) {
        observe(model.marks.weight, weight(on: moment.day), visit: visit, at: moment, to: &bundle)
    }

    /// The rapid antigen test for influenza A.
    mutating func testInfluenza(
        visit: Visit? = nil, at moment: Moment, isPositive: Bool, to bundle: inout BundleWriter
    ) {
        bundle.add("Observation", nextID()) { text in
            text.put(#","status":"final""#)
            text.put(LifeCourse.influenzaHead)
            put(subjectTo: &text)
            put(encounter: visit, to: &text)
            put(effective: moment, to: &text)
            text.put(
                isPositive
                    ? #","valueCodeableConcept":{"coding":[{"system":"http://loinc.org","code":"LA6576-8","display":"Positive"}],"text":"阳性"},"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"POS","display":"阳性"}]}]"#
                    : #","valueCodeableConcept":{"coding":[{"system":"http://loinc.org","code":"LA6577-6","display":"Negative"}],"text":"阴性"},"interpretation":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"NEG","display":"阴性"}]}]"#
            )
        }
    }

    private static let influenzaHead: [UInt8] =
        Measure.category(isVital: false)
        + fragment { text in
            text.put(#","code":{"coding":[{"system":"http://loinc.org","code":"80382-5","display":"甲型流感病毒抗原"}],"#)
            text.put(#""text":"甲型流感病毒抗原"}"#)
        }
}
