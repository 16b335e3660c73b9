import Calendar
import JSON
import Programmes

/// Makes FHIR resources of what a story gives, its shorthands among them.
struct GivenFacts {
    let story: ScenarioStory
    /// Programmes whose questionnaires are answered.
    let programmes: [Programme]
    private var count = 0
    /// The person as a step has written them anew.
    private var person: JSONDocument?

    init(_ story: ScenarioStory, _ programmes: [Programme]) {
        self.story = story
        self.programmes = programmes
    }

    static let person = "Patient/person"
    private static let centre = "Organization/centre"
    private static let doctor = "Practitioner/doctor"

    /// Who is there before the story begins: the person, their doctor, the institution and the health commission.
    func cast() throws -> [JSONDocument] {
        let division = """
            "address":[{"extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/division",\
            "valueCode":"\(story.city)"}]}]
            """
        let commission = """
            {"resourceType":"Organization","id":"commission","name":"区卫生健康局",\
            "type":[{"coding":[{"code":"commission"}]}],\(division)}
            """
        let centre = """
            {"resourceType":"Organization","id":"centre","name":"社区卫生服务中心","partOf":{"reference":"Organization/commission"},\
            "type":[{"coding":[{"code":"prov"}]}],\(division)}
            """
        let doctor = #"{"resourceType":"Practitioner","id":"doctor","name":[{"text":"家庭医生"}]}"#
        var patient = JSONWriter()
        patient.beginObject()
        patient.member("resourceType", string: "Patient")
        patient.member("id", string: "person")
        for (key, value) in story.person.members {
            guard let name = key.string else { continue }
            switch name {
            case "name" where value.isString:
                patient.array("name", [value]) { $0.member("text", node: $1) }
            case "id", "resourceType": continue
            default: patient.member(name, node: value)
            }
        }
        patient.endObject()
        return try [commission, centre, doctor].map { try JSONDocument(parsing: Array($0.utf8)) }
            + [try JSONDocument(parsing: whole(patient.bytes))]
    }

    /// A Patient with the institution, the doctor and the address that the story doesn't give.
    private func whole(_ patient: [UInt8]) throws -> [UInt8] {
        let root = try JSONDocument(parsing: patient).root
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in root.members { writer.member(key.string ?? "", node: value) }
        if root["managingOrganization"] == nil { writer.reference("managingOrganization", Self.centre) }
        if root["generalPractitioner"] == nil { writer.references("generalPractitioner", [Self.doctor]) }
        if root["address"] == nil {
            writer.array("address", [story.city]) { writer, city in
                writer.array("extension", [city]) { writer, city in
                    writer.member("url", string: "https://healthbrain.dev/fhir/StructureDefinition/division")
                    writer.member("valueCode", string: city)
                }
            }
        }
        writer.endObject()
        return writer.bytes
    }

    /// The resource that a given fact is.
    mutating func resource(_ given: JSONNode, at: Int64) throws(ScenarioStory.Fault) -> JSONDocument {
        count += 1
        guard let (key, value) = given.members.first(where: { _ in true }), let kind = key.string else {
            throw ScenarioStory.Fault(description: "a given fact is empty")
        }
        let stamp = time(value) ?? Moment(milliseconds: at)
        do {
            switch kind {
            case "resource":
                let document = try own(value)
                if document.root["resourceType"]?.equals("Patient") == true,
                    document.root["id"]?.equals("person") == true
                {
                    person = document
                }
                return document
            case "answer": return try answer(value, stamp)
            case "bloodPressure": return try bloodPressure(value, stamp)
            case "observation": return try observation(value, stamp)
            case "condition": return try condition(value, stamp)
            case "encounter": return try encounter(value, stamp)
            case "immunization": return try immunization(value, stamp)
            case "death": return try death(value, stamp)
            default: throw ScenarioStory.Fault(description: "nothing is known that is called “\(kind)”")
            }
        } catch let fault as ScenarioStory.Fault {
            throw fault
        } catch {
            throw ScenarioStory.Fault(description: "\(kind): \(error)")
        }
    }

    /// A time that a shorthand gives itself, as what came late does.
    private func time(_ value: JSONNode) -> Moment? {
        for key in ["on", "at"] as [JSONKey] {
            guard let moment = value[key]?.string.flatMap({ Moment($0) }) else { continue }
            return moment.isDay ? Moment(milliseconds: moment.milliseconds + 9 * 3_600_000) : moment
        }
        return nil
    }

    /// A resource as it is written, with `$person` and an id.
    private func own(_ value: JSONNode) throws -> JSONDocument {
        let text = String(decoding: value.compactText(), as: UTF8.self)
            .replacing("\"reference\":\"$person\"", with: "\"reference\":\"\(Self.person)\"")
            .replacing("\"$person\"", with: "{\"reference\":\"\(Self.person)\"}")
        let document = try JSONDocument(parsing: Array(text.utf8))
        if document.root["resourceType"]?.equals("Patient") == true, document.root["id"]?.equals("person") != false {
            return try JSONDocument(parsing: whole(try identified(document, "person").text))
        }
        return try identified(document, newID)
    }

    private var newID: String { "given-\(count)" }

    private func identified(_ document: JSONDocument, _ id: String) throws -> JSONDocument {
        guard document.root["id"] == nil else { return document }
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in document.root.members {
            writer.member(key.string ?? "", node: value)
            if key.equals("resourceType") { writer.member("id", string: id) }
        }
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }

    /// A resource that is begun with its type and id.
    private func make(_ type: String, _ value: JSONNode, _ write: (inout JSONWriter) throws -> Void) throws
        -> JSONDocument
    {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: type)
        writer.member("id", string: value["id"]?.string ?? newID)
        try write(&writer)
        writer.endObject()
        return try Self.joined(try JSONDocument(parsing: writer.bytes))
    }

    /// Where ``others(_:_:_:)`` lays what is said in FHIR's own words until it is joined.
    private static let own: JSONKey = "$own"
    /// Elements with choice: what is said of one in FHIR's own words stands for what the shorthand would say of it.
    private static let choices = ["effective", "occurrence", "value", "onset"]

    /// A resource in which FHIR's own words stand instead of what the shorthand says of the same.
    private static func joined(_ document: JSONDocument) throws -> JSONDocument {
        guard let own = document.root[own] else { return document }
        let names = own.members.compactMap { $0.key.string }
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in document.root.members {
            guard let name = key.string, name != Self.own.string, !names.contains(name) else { continue }
            let choice = choices.first { name.hasPrefix($0) }
            if let choice, names.contains(where: { $0.hasPrefix(choice) }) { continue }
            writer.member(name, node: value)
        }
        for (key, value) in own.members { writer.member(key.string ?? "", node: value) }
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }

    // MARK: - Shorthands

    private func bloodPressure(_ value: JSONNode, _ at: Moment) throws -> JSONDocument {
        try make("Observation", value) { writer in
            writer.member("status", string: "final")
            writer.array("category", [0]) { writer, _ in
                writer.array("coding", [0]) { writer, _ in
                    writer.member("system", string: "http://terminology.hl7.org/CodeSystem/observation-category")
                    writer.member("code", string: "vital-signs")
                }
            }
            writer.key("code")
            writer.concept("http://loinc.org", "85354-9", Words(zh: "血压"))
            writer.reference("subject", Self.person)
            writer.member("effectiveDateTime", string: at.instantText)
            others(value, ["id", "on", "at", "systolic", "diastolic"], &writer)
            let parts = [("8480-6", "systolic"), ("8462-4", "diastolic")]
            writer.array("component", parts) { writer, part in
                writer.key("code")
                writer.concept("http://loinc.org", part.0, nil)
                if let number = value[JSONKey(part.1)] { writer.quantity("valueQuantity", number, "mm[Hg]") }
            }
        }
    }

    private func observation(_ value: JSONNode, _ at: Moment) throws -> JSONDocument {
        try make("Observation", value) { writer in
            writer.member("status", string: value["status"]?.string ?? "final")
            writer.key("code")
            writer.concept(
                value["system"]?.string ?? "http://loinc.org", (value["loinc"] ?? value["code"])?.string ?? "", nil)
            writer.reference("subject", Self.person)
            writer.member("effectiveDateTime", string: at.instantText)
            if let found = value["value"] {
                if found.isNumber {
                    writer.quantity("valueQuantity", found, value["unit"]?.string ?? "1")
                } else if found.isObject {
                    writer.member("valueCodeableConcept", node: found)
                } else if found.isString {
                    writer.member("valueString", node: found)
                } else {
                    writer.member("valueBoolean", node: found)
                }
            }
            others(value, ["id", "on", "at", "status", "loinc", "code", "system", "value", "unit"], &writer)
        }
    }

    private func condition(_ value: JSONNode, _ at: Moment) throws -> JSONDocument {
        try make("Condition", value) { writer in
            let verification = value["verification"]?.string ?? "confirmed"
            let base = "http://terminology.hl7.org/CodeSystem/condition-"
            if verification != "entered-in-error" {
                writer.key("clinicalStatus")
                writer.concept("\(base)clinical", value["clinical"]?.string ?? "active", nil)
            }
            writer.key("verificationStatus")
            writer.concept("\(base)ver-status", verification, nil)
            writer.key("code")
            writer.concept(
                "http://hl7.org/fhir/sid/icd-10", value["icd10"]?.string ?? "",
                value["display"]?.string.map { Words(zh: $0) })
            writer.reference("subject", Self.person)
            if let onset = value["onset"] { writer.member("onsetDateTime", node: onset) }
            writer.member("recordedDate", string: value["recorded"]?.string ?? at.instantText)
            others(
                value, ["id", "on", "at", "verification", "clinical", "icd10", "display", "onset", "recorded"], &writer)
        }
    }

    private func encounter(_ value: JSONNode, _ at: Moment) throws -> JSONDocument {
        try make("Encounter", value) { writer in
            writer.member("status", string: value["status"]?.string ?? "finished")
            writer.key("class")
            writer.beginObject()
            writer.member("system", string: "http://terminology.hl7.org/CodeSystem/v3-ActCode")
            writer.member("code", string: value["class"]?.string ?? "AMB")
            writer.endObject()
            writer.reference("subject", Self.person)
            writer.reference("serviceProvider", Self.centre)
            if value["period"] == nil { writer.period("period", at.instantText, value["end"]?.string) }
            others(value, ["id", "on", "at", "status", "class", "end"], &writer)
        }
    }

    private func immunization(_ value: JSONNode, _ at: Moment) throws -> JSONDocument {
        try make("Immunization", value) { writer in
            writer.member("status", string: value["status"]?.string ?? "completed")
            writer.key("vaccineCode")
            let named = value["vaccine"] ?? value["code"]
            if let code = named?.string ?? named?.numberText {
                writer.concept(value["system"]?.string ?? vaccineSystem(code), code, nil)
            } else {
                writer.text(value["text"]?.string ?? "")
            }
            writer.reference("patient", Self.person)
            writer.member("occurrenceDateTime", string: at.instantText)
            others(value, ["id", "on", "at", "status", "vaccine", "code", "system", "text"], &writer)
        }
    }

    /// The code system of a vaccine for which none is said: of the programmes the one that has the code, else CVX.
    private func vaccineSystem(_ code: String) -> String {
        let tables = programmes.lazy.flatMap { $0.files(.codes) }.map(\.document.root).filter {
            $0["resourceType"]?.equals("CodeSystem") == true
        }
        let isDigits = code.utf8.allSatisfy { (48...57).contains($0) }
        let found = isDigits ? nil : tables.first { $0.list("concept").contains { $0["code"]?.equals(code) == true } }
        return found?["url"]?.string ?? "http://hl7.org/fhir/sid/cvx"
    }

    /// The person as they stand, but dead.
    private func death(_ value: JSONNode, _ at: Moment) throws -> JSONDocument {
        let date = value.string ?? value["date"]?.string ?? at.instantText
        let before = try person ?? cast().last
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in before?.root.members.map({ ($0.key, $0.value) }) ?? [] {
            writer.member(key.string ?? "", node: value)
        }
        writer.member("deceasedDateTime", string: date)
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }

    /// What a shorthand gives besides in FHIR's own words.
    private func others(_ value: JSONNode, _ known: Set<String>, _ writer: inout JSONWriter) {
        writer.key(Self.own.string)
        writer.beginObject()
        for (key, node) in value.members {
            // A code that is written out is FHIR's own.
            guard let name = key.string, !known.contains(name) || (name == "code" && node.isObject) else { continue }
            if name == "device", node.kind == .true {
                writer.key("device")
                writer.beginObject()
                writer.member("display", string: "家用血压计")
                writer.endObject()
            } else if node.isString, name == "encounter" || name == "device" || name == "performer" {
                writer.reference(name, node.string ?? "")
            } else {
                writer.member(name, node: node)
            }
        }
        writer.endObject()
    }

    // MARK: - Forms

    private func answer(_ value: JSONNode, _ at: Moment) throws -> JSONDocument {
        guard let name = value["questionnaire"]?.string,
            let form = programmes.lazy.flatMap({ $0.files(.questionnaires) }).first(where: {
                $0.id == name || $0.url == name
            })
        else {
            throw ScenarioStory.Fault(
                description: "there is no questionnaire \(value["questionnaire"]?.string ?? "without a name")")
        }
        var left = Set((value["items"]?.members.compactMap { $0.key.string }) ?? [])
        let document = try make("QuestionnaireResponse", value) { writer in
            let version = form.document.root["version"]?.string.map { "|\($0)" } ?? ""
            writer.member("questionnaire", string: (form.url ?? "") + version)
            writer.member("status", string: value["status"]?.string ?? "completed")
            writer.reference("subject", Self.person)
            writer.member("authored", string: at.instantText)
            writer.reference("author", value["author"]?.string ?? Self.doctor)
            try items(form.document.root.list("item"), value["items"], &writer, &left)
        }
        guard left.isEmpty else {
            throw ScenarioStory.Fault(description: "\(name) has no item \(left.sorted().joined(separator: ", "))")
        }
        return document
    }

    /// The items that are answered, in the form's own nesting.
    private func items(
        _ defined: [JSONNode], _ values: JSONNode?, _ writer: inout JSONWriter, _ left: inout Set<String>
    ) throws {
        var written: [[UInt8]] = []
        for item in defined {
            guard let link = item["linkId"]?.string else { continue }
            let value = values?[JSONKey(link)]
            if value != nil { left.remove(link) }
            var inner = JSONWriter()
            inner.beginObject()
            inner.member("linkId", string: link)
            var isUsed = false
            if let value {
                isUsed = true
                let all = value.isArray ? Array(value.elements) : [value]
                inner.key("answer")
                inner.beginArray()
                for one in all {
                    inner.beginObject()
                    try answer(one, item, link, &inner)
                    inner.endObject()
                }
                inner.endArray()
            }
            let before = inner.bytes.count
            try items(item.list("item"), values, &inner, &left)
            isUsed = isUsed || inner.bytes.count > before
            inner.endObject()
            if isUsed { written.append(inner.bytes) }
        }
        guard !written.isEmpty else { return }
        writer.key("item")
        writer.beginArray()
        for one in written { writer.raw(one) }
        writer.endArray()
    }

    private func answer(_ value: JSONNode, _ item: JSONNode, _ link: String, _ writer: inout JSONWriter) throws {
        let type = item["type"]?.string ?? "string"
        switch type {
        case "boolean": writer.member("valueBoolean", node: value)
        case "decimal": writer.member("valueDecimal", node: value)
        case "integer": writer.member("valueInteger", node: value)
        case "date": writer.member("valueDate", node: value)
        case "dateTime": writer.member("valueDateTime", node: value)
        case "time": writer.member("valueTime", node: value)
        case "quantity":
            let unit = item.extensionValue("http://hl7.org/fhir/StructureDefinition/questionnaire-unit")?["code"]?
                .string
            writer.quantity("valueQuantity", value, unit ?? "1")
        case "choice", "open-choice":
            let code = value.string ?? value.numberText ?? ""
            guard let coding = coding(code, item) else {
                throw ScenarioStory.Fault(description: "“\(code)” is no answer to \(link)")
            }
            writer.key("valueCoding")
            writer.beginObject()
            if let system = coding.system { writer.member("system", string: system) }
            writer.member("code", string: code)
            if let display = coding.display { writer.member("display", string: display) }
            writer.endObject()
        case "reference": writer.reference("valueReference", value.string ?? "")
        default: writer.member("valueString", string: value.string ?? String(decoding: value.rawText, as: UTF8.self))
        }
    }

    private func coding(_ code: String, _ item: JSONNode) -> (system: String?, display: String?)? {
        for option in item.list("answerOption") {
            guard let coding = option["valueCoding"], coding["code"]?.equals(code) == true else { continue }
            return (coding["system"]?.string, coding["display"]?.string)
        }
        guard let canonical = item["answerValueSet"]?.string else { return nil }
        let url = canonical.split(separator: "|").first.map(String.init) ?? canonical
        for file in programmes.flatMap({ $0.files(.codes) }) where file.url == url {
            for include in file.document.root["compose"]?.list("include") ?? [] {
                let system = include["system"]?.string
                let listed = include.list("concept")
                if let concept = listed.first(where: { $0["code"]?.equals(code) == true }) {
                    return (system, concept["display"]?.string)
                }
                guard listed.isEmpty, let system else { continue }
                for table in programmes.flatMap({ $0.files(.codes) }) where table.url == system {
                    if let concept = table.document.root.list("concept").first(where: {
                        $0["code"]?.equals(code) == true
                    }) {
                        return (system, concept["display"]?.string)
                    }
                }
            }
        }
        return nil
    }
}

extension JSONWriter {
    fileprivate mutating func quantity(_ name: String, _ number: JSONNode, _ unit: String) {
        key(name)
        beginObject()
        member("value", node: number)
        member("unit", string: unit)
        member("system", string: "http://unitsofmeasure.org")
        member("code", string: unit)
        endObject()
    }
}
