/// The network of laboratories: those of hospitals, of centres for disease control and three of third parties, their tests, what they do in a day, their
/// quality, the equipment of the centres, and samples on their way on the last day. House default, no statistics.
struct CityLaboratories: Sendable {
    private struct Test {
        let code: String
        let name: String
        let nameEn: String
        /// Samples a day: hospitals, centres, third parties.
        let capacity: [Int]
    }

    private static let tests = [
        Test(code: "94500-6", name: "新型冠状病毒核酸", nameEn: "SARS-CoV-2 RNA", capacity: [3_000, 5_000, 180_000]),
        Test(code: "80382-5", name: "流感病毒抗原", nameEn: "Influenza virus antigen", capacity: [2, 6, 4]),
        Test(code: "625-4", name: "粪便细菌培养", nameEn: "Bacteria in stool by culture", capacity: [1, 3, 4]),
    ]
    private static let equipment = [
        ("pcr", "实时荧光定量 PCR 仪"), ("safety-cabinet", "生物安全柜"), ("icp-ms", "电感耦合等离子体质谱仪"),
        ("gc-ms", "气相色谱质谱联用仪"), ("ion-chromatograph", "离子色谱仪"),
    ]
    private static let firstSerial = 3_000_000
    private static let sampleSerial = 900_000_000
    private static let thirdParties = ["第一", "第二", "第三"]
    /// Of residents so many have a sample on its way.
    private static let sampleShare = 0.02

    /// Writes laboratories with what is known of them.
    func write(model: CityModel, to bundle: inout BundleWriter) {
        var hospitals = 0
        var centres = 0
        for institution in model.network.institutions where institution.isHospital || institution.kind == .cdc {
            let isCentre = institution.kind == .cdc
            let number = isCentre ? centres : hospitals
            if isCentre { centres += 1 } else { hospitals += 1 }
            write(
                institution.key, institution.reference, institution.name + (isCentre ? "实验室" : "检验科"),
                kind: isCentre ? ("cdc", 1) : ("medical", 0), failsAssessment: !isCentre && number == 1,
                failsControl: !isCentre && number == 2, model: model, to: &bundle)
            guard isCentre, institution.district != nil else { continue }
            for (place, (code, name)) in Self.equipment.enumerated() where number % 4 != 2 || place < 3 {
                bundle.add("Device", ResourceID(owner: institution.key, serial: Self.firstSerial + 100 + place)) {
                    text in
                    text.put(#","status":"active","type":"#)
                    text.put(
                        Codes.concept(system: Codes.house + "/CodeSystem/class-a-item", code: code, display: name))
                    text.put(#","owner":"#)
                    text.put(institution.reference)
                }
            }
        }
        for (number, name) in Self.thirdParties.enumerated() {
            let key = CityModel.key(seed: model.seed, institution: 1_000_000 + number)
            let id = ResourceID(owner: key, serial: 0)
            let title = model.places.cityName + name + "医学检验所"
            bundle.add("Organization", id) { text in
                text.put(CityModel.simulatedMark)
                text.put(#","active":true,"type":["#)
                text.put(Network.kind("laboratory", "医学检验所"))
                text.put(#"],"name":"#)
                text.put(quoted: title)
                text.put(#","address":[{"use":"work""#)
                text.put(model.places.districts[number % model.places.districts.count].addressTail)
                text.put("}]")
            }
            let reference = fragment { text in
                text.put(#"{"reference":"Organization/"#)
                text.put(id)
                text.put("\"}")
            }
            write(
                key, reference, title, kind: ("third-party", 2), failsAssessment: false, failsControl: false,
                model: model, to: &bundle)
        }
    }

    private func write(
        _ key: UInt64, _ organization: [UInt8], _ name: String, kind: (code: String, place: Int), failsAssessment: Bool,
        failsControl: Bool, model: CityModel, to bundle: inout BundleWriter
    ) {
        let id = ResourceID(owner: key, serial: Self.firstSerial)
        bundle.add("HealthcareService", id) { text in
            text.put(#","active":true,"providedBy":"#)
            text.put(organization)
            text.put(#","category":["#)
            text.put(
                Codes.concept(system: Codes.house + "/CodeSystem/laboratory-kind", code: kind.code, display: kind.code))
            text.put(#"],"type":["#)
            for (place, test) in Self.tests.enumerated() {
                if place > 0 { text.put(",") }
                put(test, capacity: test.capacity[kind.place], to: &text)
            }
            text.put(#"],"name":"#)
            text.put(quoted: name)
        }
        var random = SeededGenerator(seed: key, purpose: .laboratories)
        for (serial, isAssessment) in [(1, true), (2, false)] {
            bundle.add("Observation", ResourceID(owner: key, serial: Self.firstSerial + serial)) { text in
                text.put(#","status":"final","code":"#)
                text.put(
                    Codes.concept(
                        system: Codes.house + "/CodeSystem/laboratory-quality",
                        code: isAssessment ? "external-quality-assessment" : "internal-quality-control",
                        display: isAssessment ? "室间质评" : "室内质控"))
                text.put(#","focus":[{"reference":"HealthcareService/"#)
                text.put(id)
                text.put(#""}],"effectiveDateTime":""#)
                text.put(model.end.adding(days: isAssessment ? -40 : -1))
                text.put(#"","performer":["#)
                text.put(organization)
                text.put(#"],"component":["#)
                for (place, test) in Self.tests.enumerated() {
                    let score = failsAssessment && place == 1 ? 60 : 85 + 5 * random.below(4)
                    text.put(place == 0 ? #"{"code":"# : #",{"code":"#)
                    put(test, capacity: nil, to: &text)
                    if isAssessment {
                        text.put(#","valueQuantity":{"value":"#)
                        text.put(score)
                        text.put(#","unit":"%","system":"http://unitsofmeasure.org","code":"%"}}"#)
                    } else {
                        text.put(failsControl && place == 2 ? #","valueBoolean":false}"# : #","valueBoolean":true}"#)
                    }
                }
                text.put("]")
            }
        }
    }

    private func put(_ test: Test, capacity: Int?, to text: inout ByteText) {
        text.put("{")
        if let capacity {
            text.put(#""extension":[{"url":"#)
            text.put(quoted: Codes.house + "/StructureDefinition/daily-capacity")
            text.put(#","valueInteger":"#)
            text.put(capacity)
            text.put("}],")
        }
        text.put(#""coding":[{"system":"http://loinc.org","code":"#)
        text.put(quoted: test.code)
        text.put(#","display":"#)
        text.put(quoted: test.nameEn)
        text.put(#"}],"text":"#)
        text.put(quoted: test.name)
        text.put("}")
    }

    /// Writes a sample of the last day, of few: what was taken, who asks for what, and of half of them the result.
    func writeSample(of person: Person, centre: [UInt8], model: CityModel, to bundle: inout BundleWriter) {
        var random = SeededGenerator(seed: person.key, purpose: .laboratories)
        guard random.chance(Self.sampleShare), person.died == nil, person.born < model.end.adding(days: -30) else {
            return
        }
        let test = Self.tests[random.percent(70) ? 1 : 2]
        let hour = random.within(13...19)
        let priority = random.percent(15) ? "urgent" : "routine"
        let (specimen, request) = (
            ResourceID(owner: person.key, serial: Self.sampleSerial),
            ResourceID(owner: person.key, serial: Self.sampleSerial + 1)
        )
        let day = model.end
        bundle.makeRoom(for: 3)
        bundle.add("Specimen", specimen) { text in
            text.put(#","status":"available","subject":{"reference":"Patient/"#)
            text.put(person.id)
            text.put(#""},"receivedTime":""#)
            text.put(day)
            text.put("\"")
        }
        bundle.add("ServiceRequest", request) { text in
            text.put(#","status":"active","intent":"order","priority":"#)
            text.put(quoted: priority)
            text.put(#","category":["#)
            text.put(
                Codes.concept(
                    system: Codes.house + "/CodeSystem/laboratory-network", code: "network-sample", display: "网络检验"))
            text.put(#"],"code":"#)
            put(test, capacity: nil, to: &text)
            text.put(#","subject":{"reference":"Patient/"#)
            text.put(person.id)
            text.put(#""},"authoredOn":""#)
            text.put(day)
            text.put("T")
            text.put(hour)
            text.put(#":20:00+08:00","requester":"#)
            text.put(centre)
            text.put(#","specimen":[{"reference":"Specimen/"#)
            text.put(specimen)
            text.put(#""}]"#)
        }
        guard random.percent(50) else { return }
        bundle.add("Observation", ResourceID(owner: person.key, serial: Self.sampleSerial + 2)) { text in
            text.put(#","status":"final","basedOn":[{"reference":"ServiceRequest/"#)
            text.put(request)
            text.put(#""}],"code":"#)
            put(test, capacity: nil, to: &text)
            text.put(#","subject":{"reference":"Patient/"#)
            text.put(person.id)
            text.put(#""},"effectiveDateTime":""#)
            text.put(model.end)
            text.put(#"","valueCodeableConcept":{"text":"阴性"},"specimen":{"reference":"Specimen/"#)
            text.put(specimen)
            text.put(#""}"#)
        }
    }
}
