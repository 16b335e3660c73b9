/// A small town by chance, whose records say who somebody is in every place that they should not.
struct Town {
    /// Transaction Bundles.
    private(set) var bundles: [String] = []
    /// Every text that tells a person.
    private(set) var secrets: Set<String> = []
    private(set) var patients = 0
    private var random: SeededGenerator
    private var entries: [String] = []

    private static let families = ["欧阳", "上官", "诸葛", "司马", "Featherstone", "Quackenbush"]
    private static let givens = ["建国", "秀英", "志强", "海燕", "Bartholomew", "Wilhelmina"]
    private static let districts = ["330102", "330105", "330106", "330108", "330109", "330110"]

    init(seed: UInt64, patients: Int) {
        random = SeededGenerator(seed: seed)
        self.patients = patients
        put("Organization/o1", #""name":"第一医院","partOf":{"reference":"Organization/o0"}"#)
        put("Organization/o0", #""name":"卫生局""#)
        for place in 0..<patients { person(place) }
        flush()
    }

    private mutating func put(_ key: String, _ members: String) {
        let parts = key.split(separator: "/")
        entries.append(
            """
            {"resource":{"resourceType":"\(parts[0])","id":"\(parts[1])",\(members)},\
            "request":{"method":"PUT","url":"\(key)"}}
            """)
        if entries.count >= 200 { flush() }
    }

    private mutating func flush() {
        guard !entries.isEmpty else { return }
        bundles.append(#"{"resourceType":"Bundle","type":"transaction","entry":[\#(entries.joined(separator: ","))]}"#)
        entries = []
    }

    private mutating func number(_ digits: Int) -> String {
        (0..<digits).map { _ in "\(random.below(10))" }.joined()
    }

    private mutating func person(_ place: Int) {
        let (family, given) = (random.pick(Self.families), random.pick(Self.givens) + "\(place)号")
        let name = family + given
        let papers = "33010619\(60 + random.below(39))0\(1 + random.below(9))1\(random.below(10))" + number(4)
        let phone = "1\(3 + random.below(7))" + number(9)
        let street = "\(random.pick(["文三路", "凤起路", "庆春路"]))\(100 + place)弄\(number(2))室"
        let card = "HZ\(number(9))"
        secrets.formUnion([name, papers, phone, street, card, "person-\(place)"])
        let year = random.pick([1930, 1945, 1958, 1971, 1983, 1996, 2009, 2021])
        let born = "\(year)-0\(1 + random.below(9))-1\(random.below(10))"
        let district = random.below(40) == 0 ? "330782" : random.pick(Self.districts)
        let died = random.below(15) == 0 ? #","deceasedDateTime":"2026-03-0\#(1 + random.below(9))""# : ""
        let places =
            random.below(30) == 0
            ? ""
            : """
            ,"address":[{"text":"浙江杭州\(street)","line":["\(street)"],"district":"区","extension":[{"url":\
            "https://healthbrain.dev/fhir/StructureDefinition/division","valueCode":"\(district)"}]}]
            """
        put(
            "Patient/person-\(place)",
            """
            "text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">\(name)</div>"},\
            "identifier":[{"system":"urn:oid:2.16.156.10011.1.3","value":"\(papers)"},{"value":"\(card)"}],\
            "name":[{"text":"\(name)","family":"\(family)","given":["\(given)"]}],\
            "telecom":[{"system":"phone","value":"\(phone)"}],"gender":"\(random.pick(["male", "female"]))",\
            "birthDate":"\(born)"\(died)\(places),"maritalStatus":{"text":"\(name)的婚姻"},\
            "managingOrganization":{"reference":"Organization/o1","display":"\(name)的医院"}
            """)
        let subject = #""subject":{"reference":"Patient/person-\#(place)","display":"\#(name)"}"#
        put(
            "Condition/c-\(place)",
            """
            \(subject),"recordedDate":"2026-0\(1 + random.below(9))-11","onsetAge":{"value":44,"system":\
            "http://unitsofmeasure.org","code":"a"},"note":[{"text":"\(name)，电话\(phone)"}],"code":{"coding":[{"system":\
            "http://hl7.org/fhir/sid/icd-10","code":"\(random.pick(["I10", "E11.9", "J06.9", "B24"]))","display":\
            "\(name)的病"}],"text":"身份证\(papers)"}
            """)
        put(
            "Observation/o-\(place)",
            """
            "status":"final",\(subject),"code":{"coding":[{"system":"http://loinc.org","code":"8867-4","display":\
            "Heart rate \(phone)"}]},"effectiveDateTime":"2026-05-1\(random.below(10))T08:00:00+08:00",\
            "identifier":[{"value":"\(card)"}],"valueQuantity":{"value":\(60 + random.below(40)),"unit":"\(card)"},\
            "extension":[{"url":"https://example.org/who","valueString":"\(name)"}],"performer":[{"reference":\
            "Organization/o1"}],"component":[{"code":{"coding":[{"system":"http://example.org/\(card)","code":\
            "\(papers)"}]},"valueString":"\(street)"}]
            """)
        put(
            "Observation/b-\(place)",
            """
            "status":"final",\(subject),"code":{"coding":[{"system":"http://loinc.org","code":"21112-8"}]},\
            "valueDateTime":"\(born)"
            """)
        put(
            "Encounter/e-\(place)",
            """
            "status":"finished",\(subject),"class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":\
            "AMB"},"period":{"start":"2026-05-11T08:00:00+08:00"},"serviceProvider":{"reference":"Organization/o1"},\
            "diagnosis":[{"condition":{"reference":"Condition/c-\(place)"}}]
            """)
        // About somebody by way of an encounter, about two persons, and about somebody unknown.
        put(
            "Flag/f-\(place)",
            #""status":"active","code":{"text":"x"},"subject":{"reference":"Patient/person-\#(place)"}"#)
        if place > 0 {
            put(
                "Appointment/a-\(place)",
                """
                "status":"proposed","participant":[{"status":"accepted","actor":{"reference":"Patient/person-\(place)"}},\
                {"status":"accepted","actor":{"reference":"Patient/person-\(place - 1)"}}]
                """)
        }
        put("Flag/u-\(place)", #""status":"active","code":{"text":"x"},"subject":{"display":"\#(name)"}"#)
    }
}
