/// Screening of eyes at school, checks of workers who are exposed, and pneumoconiosis. Shares are our defaults for a demonstration.
extension LifeCourse {
    private static let firstSerial = 900_000

    /// Writes what was found of a person in some days.
    func writeHazards(from first: CivilDay, until last: CivilDay, to bundle: inout BundleWriter) {
        var random = SeededGenerator(seed: person.key, purpose: .hazards)
        let (fate, works, dust) = (random.unit(), random.unit(), random.unit())
        for year in first.civil.year...last.civil.year {
            let shift = random.below(40)
            let autumn = CivilDay(year: year, month: 9, day: 10).adding(days: shift).orNextWorkday
            let serial = Self.firstSerial + (year - 1900) * 4
            guard autumn >= first, autumn <= last else { continue }
            let age = person.age(on: autumn)
            if (6...17).contains(age) {
                screenEyes(fate, age: age, on: autumn, serial, &random, to: &bundle)
            } else if (22...59).contains(age), works < 0.05 {
                checkWorker(works, on: autumn, serial, random.unit(), to: &bundle)
            }
        }
        if person.sex == .male, (45...80).contains(person.age(on: first)), dust < 0.012 {
            var life = self
            life.condition(
                ResourceID(owner: person.key, serial: Self.firstSerial + 1),
                Codes.disease(
                    dust < 0.006 ? "J60.x00x003" : "J63.800x017", dust < 0.006 ? "煤工尘肺壹期" : "电焊工尘肺壹期"),
                onset: first, recorded: first, isLasting: true, visit: nil, to: &bundle)
        }
    }

    private func district(on day: CivilDay) -> Int { model.places.streets[household.home(on: day).street].district }

    private func screenEyes(
        _ fate: Double, age: Int, on day: CivilDay, _ serial: Int, _ random: inout SeededGenerator,
        to bundle: inout BundleWriter
    ) {
        let district = district(on: day)
        let school = model.hazards.schools(district, model)[age < 12 ? 0 : 1]
        // In the last year one school has more of them.
        let rise =
            day.civil.year == model.end.civil.year && school.id == model.hazards.schools(0, model)[0].id ? 0.2 : 0
        let isMyopic = fate < 0.06 * Double(age - 5) + rise
        let grade = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"][age - 6] + "年级"
        let eyes = (0..<2).map { _ in
            isMyopic
                ? (43 + random.below(7), -75 - 25 * random.below(14))
                : (50 + random.below(3), -25 + 25 * random.below(4))
        }
        observe("vision-screening", "视力与屈光筛查", school, grade, on: day, serial, to: &bundle) { text in
            text.put(#","component":["#)
            let parts = [
                ("acuity-right", eyes[0].0, 1, "1"), ("acuity-left", eyes[1].0, 1, "1"),
                ("se-right", eyes[0].1, 2, "[diop]"), ("se-left", eyes[1].1, 2, "[diop]"),
            ]
            for (place, part) in parts.enumerated() {
                text.put(place == 0 ? #"{"code":{"coding":[{"system":"# : #",{"code":{"coding":[{"system":"#)
                text.put(quoted: Codes.house + "/CodeSystem/hazard-item")
                text.put(#","code":"#)
                text.put(quoted: part.0)
                text.put(#"}]},"valueQuantity":{"value":"#)
                text.put(scaled: part.1, decimals: part.2)
                text.put(#","system":"http://unitsofmeasure.org","code":"#)
                text.put(quoted: part.3)
                text.put("}}")
            }
            text.put("]")
        }
    }

    private func checkWorker(
        _ works: Double, on day: CivilDay, _ serial: Int, _ luck: Double, to bundle: inout BundleWriter
    ) {
        let employers = model.hazards.employers(district(on: day), model)
        let number = Int(works * 60) % employers.count
        let found =
            luck < 0.03
            ? ("suspected", "疑似职业病")
            : luck < 0.05
                ? ("contraindication", "职业禁忌证")
                : luck < 0.09 ? ("recheck", "复查") : luck < 0.17 ? ("other", "其他疾病或异常") : ("normal", "目前未见异常")
        observe(
            "check-conclusion", "职业健康检查结论", employers[number], model.hazards.post(number), on: day, serial, to: &bundle
        ) { text in
            text.put(#","valueCodeableConcept":"#)
            text.put(
                Codes.concept(
                    system: Codes.house + "/CodeSystem/check-conclusion", code: found.0, display: found.1))
        }
    }

    private func observe(
        _ code: String, _ name: String, _ site: CityHazards.Site, _ part: String, on day: CivilDay, _ serial: Int,
        to bundle: inout BundleWriter, _ value: (inout ByteText) -> Void
    ) {
        bundle.add("Observation", ResourceID(owner: person.key, serial: serial)) { text in
            text.put(#","extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/monitored-site","#)
            text.put(#""valueReference":{"reference":"Location/"#)
            text.put(site.id)
            text.put(#"","display":"#)
            text.put(quoted: site.name)
            text.put(#"}},{"url":"https://healthbrain.dev/fhir/StructureDefinition/monitored-part","valueString":"#)
            text.put(quoted: part)
            text.put(#"}],"status":"final","code":"#)
            text.put(Codes.concept(system: Codes.house + "/CodeSystem/hazard-item", code: code, display: name))
            put(subjectTo: &text)
            text.put(#","effectiveDateTime":""#)
            text.put(day)
            text.put("\"")
            value(&text)
        }
    }
}
