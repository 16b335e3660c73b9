import FHIR
import Forms
import JSON
import Testing
import Validation

/// SDC: population from the record, and extraction into it.
@Suite("Forms and the record")
struct RecordTests {
    static let sdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"

    static func loinc(_ code: String) -> String { #""code":[{"system":"http://loinc.org","code":"\#(code)"}]"# }
    static func unit(_ code: String) -> String {
        #"{"url":"http://hl7.org/fhir/StructureDefinition/questionnaire-unit","valueCoding":{"system":"http://unitsofmeasure.org","code":"\#(code)"}}"#
    }
    static func link(_ amount: Int, _ unit: String) -> String {
        #"{"url":"\#(sdc)observationLinkPeriod","valueDuration":{"value":\#(amount),"unit":"\#(unit)","system":"http://unitsofmeasure.org","code":"\#(unit)"}}"#
    }
    static func extract(_ word: String?) -> String {
        #"{"url":"\#(sdc)observationExtract","# + (word.map { #""valueCode":"\#($0)"}"# } ?? #""valueBoolean":true}"#)
    }

    static let patient = parsed(
        #"{"resourceType":"Patient","id":"p1","name":[{"text":"王秀英"}],"gender":"female","birthDate":"1954-03-02"}"#)

    static func glucose(_ value: String, _ day: String, status: String = "final") -> JSONNode {
        parsed(
            """
            {"resourceType":"Observation","status":"\(status)","code":{"coding":[{"system":"http://loinc.org","code":"1558-6"}]},\
            "effectiveDateTime":"\(day)","valueQuantity":{"value":\(value),"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}}
            """
        ).root
    }

    static func filled(_ record: [JSONNode]) -> FormContext {
        FormContext(
            patient: patient.root,
            launch: ["user": [parsed(#"{"resourceType":"Practitioner","id":"d1","name":[{"text":"李明"}]}"#).root]],
            record: record, now: testNow)
    }

    @Test("begin with the patient, the user, and what the record holds")
    func expressions() throws {
        let launch =
            #"{"url":"\#(Self.sdc)launchContext","extension":[{"url":"name","valueCoding":{"code":"user"}},{"url":"type","valueCode":"Practitioner"}]}"#
        let text = questionnaire(
            [
                item(
                    "name", "string",
                    #""readOnly":true,"# + extensions(expression("initialExpression", "%patient.name.text"))),
                item(
                    "age", "integer",
                    extensions(expression("initialExpression", "today().yearOf() - %patient.birthDate.yearOf()"))),
                item("doctor", "string", extensions(expression("initialExpression", "%user.name.text"))),
                item(
                    "count", "integer",
                    extensions(expression("initialExpression", "%record.ofType(Observation).count()"))),
                item("start", "string", #""initial":[{"valueString":"门诊"}]"#),
                item(
                    "chosen", "choice",
                    #""answerOption":[{"valueString":"甲"},{"valueString":"乙","initialSelected":true}]"#),
            ], extensions(launch))
        let state = try form(text).begin(
            Self.filled([Self.glucose("7.4", "2026-11-01"), Self.glucose("7.0", "2026-10-01")]))
        #expect(state.texts("name") == ["王秀英"] && state.texts("age") == ["72"] && state.texts("doctor") == ["李明"])
        #expect(state.texts("count") == ["2"] && state.texts("start") == ["门诊"] && state.texts("chosen") == ["乙"])
        // Nobody has to change a name that stands in the record.
        var changed = state
        changed.enter(["name": ["别人"]], Self.filled([]))
        #expect(changed.texts("name") == ["王秀英"])
    }

    @Test(
        "begin with the newest Observation within the period",
        arguments: [
            (["2026-11-01", "2026-10-01"], "final", ["7.0"]), (["2026-08-01"], "final", []),
            (["2026-11-22"], "final", []), (["2026-11-01"], "entered-in-error", []), (["2026-08-24"], "final", ["7.0"]),
        ])
    func observations(days: [String], status: String, value: [String]) throws {
        let text = questionnaire([
            item("glucose", "decimal", Self.loinc("1558-6") + "," + extensions(Self.unit("mmol/L"), Self.link(90, "d")))
        ])
        let record = days.enumerated().map { Self.glucose("7.\($0)", $1, status: status) }
        #expect(try form(text).begin(Self.filled(record)).texts("glucose") == value)
    }

    @Test("repeat a group for each thing that a population context finds")
    func population() throws {
        let text = questionnaire([
            item(
                "value", "group",
                #""repeats":true,"#
                    + extensions(expression("itemPopulationContext", "%record.ofType(Observation)", variable: "each")),
                items: [
                    item(
                        "amount", "decimal",
                        extensions(expression("initialExpression", "%each.value.ofType(Quantity).value")))
                ]
            )
        ])
        let state = try form(text).begin(
            Self.filled([Self.glucose("7.4", "2026-10-01"), Self.glucose("6.8", "2026-11-01")]))
        #expect(state.texts("amount") == ["7.4", "6.8"])
    }

    static let visit = questionnaire([
        item(
            "bp", "group", loinc("85354-9") + "," + extensions(extract(nil)),
            items: [
                item("s", "integer", loinc("8480-6") + "," + extensions(extract("component"), unit("mm[Hg]"))),
                item("d", "integer", loinc("8462-4") + "," + extensions(extract("component"), unit("mm[Hg]"))),
            ]),
        item(
            "smokes", "choice",
            loinc("72166-2") + "," + options([("yes", 1), ("no", 0)]) + "," + extensions(extract(nil))),
        item("note", "string"),
        item(
            "illness", "group",
            #""repeats":true,"# + extensions(#"{"url":"\#(sdc)itemExtractionContext","valueCode":"Condition"}"#),
            items: [
                item(
                    "code", "choice",
                    #""definition":"http://hl7.org/fhir/StructureDefinition/Condition#Condition.code","#
                        + options([("I10", 0), ("E11", 0)])),
                item(
                    "since", "date",
                    #""definition":"http://hl7.org/fhir/StructureDefinition/Condition#Condition.onset[x]""#),
                item(
                    "said", "string",
                    #""definition":"http://hl7.org/fhir/StructureDefinition/Condition#Condition.note.text""#),
            ]),
    ])

    @Test("make Observations and Conditions of what was signed, valid by R4")
    func extraction() throws {
        var state = try form(Self.visit).begin(context)
        state.add(state.name("illness"), context)
        state.enter([
            "s": ["150"], "d": ["96"], "smokes": ["urn:t|no"], "note": ["words"],
            state.name("code", 0): ["urn:t|I10"], state.name("since", 0): ["2020-05-01"], state.name("said", 0): ["自述"],
        ])
        let found = state.extracted(from: "r1", testHead)
        #expect(found.map(\.type) == ["Observation", "Observation", "Condition"])
        let pressure = found[0].document.root
        #expect(pressure["code"]?["coding"]?[0]?["code"]?.string == "85354-9")
        #expect(pressure["value"] == nil && pressure["component"]?.count == 2)
        #expect(pressure["component"]?[0]?["valueQuantity"]?["value"]?.numberText == "150")
        #expect(pressure["component"]?[0]?["valueQuantity"]?["code"]?.string == "mm[Hg]")
        #expect(pressure["subject"]?["reference"]?.string == "Patient/p1")
        #expect(pressure["derivedFrom"]?[0]?["reference"]?.string == "QuestionnaireResponse/r1")
        #expect(pressure["performer"]?[0]?["reference"]?.string == "Practitioner/d1")
        #expect(found[1].document.root["valueCodeableConcept"]?["coding"]?[0]?["code"]?.string == "no")
        let condition = found[2].document.root
        #expect(condition["code"]?["coding"]?[0]?["code"]?.string == "I10")
        #expect(condition["onsetDateTime"]?.string == "2020-05-01")
        #expect(condition["note"]?[0]?["text"]?.string == "自述")
        #expect(condition["evidence"]?[0]?["detail"]?[0]?["reference"]?.string == "QuestionnaireResponse/r1")
        let validator = try ResourceValidator(definitions: .r4())
        for resource in found {
            let issues = validator.validate(resource.document).filter {
                $0.severity != .warning && $0.severity != .information
            }
            #expect(issues.isEmpty, "\(issues)")
        }
        let bundle = try JSONDocument(parsing: state.extractedBundle(from: "r1", testHead))
        #expect(bundle.root["entry"]?.count == 3)
        #expect(bundle.root["entry"]?[0]?["request"]?["url"]?.string == "Observation/" + found[0].id)
    }

    @Test("make the same resources again for the same answers, and none for what is empty or not asked for")
    func identity() throws {
        var state = try form(Self.visit).begin(context)
        #expect(state.extracted(from: "r1", testHead).isEmpty)
        state.enter(["s": ["150"]])
        let once = state.extracted(from: "r1", testHead).map(\.id)
        state.enter(["s": ["140"], "note": ["x"]])
        #expect(state.extracted(from: "r1", testHead).map(\.id) == once)
        #expect(state.extracted(from: "r2", testHead).map(\.id) != once)
    }

    @Test("name members, and what was derived")
    func relations() throws {
        let text = questionnaire([
            item(
                "panel", "group", Self.loinc("1-8") + "," + extensions(Self.extract(nil)),
                items: [
                    item("a", "boolean", Self.loinc("2-6") + "," + extensions(Self.extract("member"))),
                    item("b", "date", Self.loinc("3-4") + "," + extensions(Self.extract("derived"))),
                    item("c", "decimal", Self.loinc("4-2") + "," + extensions(Self.extract("independent"))),
                ])
        ])
        var state = try form(text).begin(context)
        state.enter(["a": ["true"], "b": ["2026-01-02"], "c": ["1.50"]])
        let found = state.extracted(from: "r1", testHead)
        let panel = try #require(found.last)
        #expect(panel.document.root["hasMember"]?[0]?["reference"]?.string == "Observation/" + found[0].id)
        #expect(panel.document.root["hasMember"]?.count == 1)
        #expect(found[1].document.root["derivedFrom"]?[1]?["reference"]?.string == "Observation/" + panel.id)
        #expect(found[1].document.root["valueDateTime"]?.string == "2026-01-02")
        #expect(found[2].document.root["valueQuantity"]?["value"]?.numberText == "1.50")
    }
}
