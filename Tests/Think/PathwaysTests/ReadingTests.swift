import JSON
import Pathways
import Testing

@Suite("How a record is read")
struct ReadingTests {
    /// A plan with a milestone that is reached where the expression holds over the facts.
    private static func holds(_ expression: String, _ facts: [String], patient: String = Club.member()) throws -> Bool {
        let probe = Club.action(
            "probe", "milestone", #""condition":["# + Club.condition("applicability", expression) + "]")
        let joined = Club.encounter("j", "JOIN", "2026-01-05T10:00:00+08:00")
        let plan = try Club.pathway(Club.actions + [probe]).plan(
            Club.record([patient, joined] + facts), now: noon("2026-06-01"))
        #expect(plan.faults.isEmpty)
        return plan.milestones.contains { $0.part == "probe" && $0.isReached }
    }

    private static func observation(_ members: String, status: String = "final") -> String {
        """
        {"resourceType":"Observation","id":"o","status":"\(status)","code":{"coding":[{"code":"speed"}]},\
        "subject":{"reference":"Patient/m"},\(members)}
        """
    }

    @Test(
        "a time tells its day in Shanghai, in whatever zone and form it is written",
        arguments: [
            (#""effectiveDateTime":"2026-03-02T16:30:00Z""#, "2026-03-03"),
            (#""effectiveDateTime":"2026-03-02T15:59:59Z""#, "2026-03-02"),
            (#""effectiveDateTime":"2026-03-02T20:00:00-05:00""#, "2026-03-03"),
            (#""effectiveDateTime":"2026-03-03T00:00:00+08:00""#, "2026-03-03"),
            (#""effectiveDateTime":"2026-03-03""#, "2026-03-03"),
            (#""effectivePeriod":{"start":"2026-03-02T16:30:00Z","end":"2026-03-05"}"#, "2026-03-03"),
            (#""effectivePeriod":{"start":"2026-03-03"}"#, "2026-03-03"),
            (#""effectiveInstant":"2026-03-02T16:30:00.000Z""#, "2026-03-03"),
        ])
    func days(members: String, day: String) throws {
        let found = "%record.ofType(Observation).exists(effective.toDate() = @\(day))"
        #expect(try Self.holds(found, [Self.observation(members)]))
    }

    @Test("a measurement without a time of its own counts from when it was reported")
    func reported() throws {
        let found = "%record.ofType(Observation).exists(effective.toDate() = @2026-03-03)"
        let issued = #""issued":"2026-03-02T16:30:00.000Z""#
        #expect(try Self.holds(found, [Self.observation(issued)]))
        let measured = Self.observation(#""effectiveDateTime":"2026-03-01","# + issued)
        #expect(try !Self.holds(found, [measured]))
    }

    @Test(
        "a measured pressure in kPa is told in whole mm[Hg], any other unit as it is written",
        arguments: [
            (#"{"value":21.3,"unit":"kPa","system":"http://unitsofmeasure.org","code":"kPa"}"#, 160, "mm[Hg]"),
            (#"{"value":12,"unit":"千帕"}"#, 90, "mm[Hg]"), (#"{"value":160,"unit":"mm[Hg]"}"#, 160, "mm[Hg]"),
            (#"{"value":6,"unit":"mmol/L"}"#, 6, "mmol/L"),
        ])
    func pressures(quantity: String, value: Int, unit: String) throws {
        let on = #""effectiveDateTime":"2026-03-02""#
        let told = "value.ofType(Quantity).exists(value = \(value) and unit = '\(unit)')"
        let alone = Self.observation(#"\#(on),"valueQuantity":\#(quantity)"#)
        #expect(try Self.holds("%record.ofType(Observation).exists(\(told))", [alone]))
        let inside = Self.observation(
            #"\#(on),"component":[{"code":{"text":"压"},"valueQuantity":\#(quantity)}]"#)
        #expect(try Self.holds("%record.ofType(Observation).component.exists(\(told))", [inside]))
    }

    @Test(
        "ICD-10 and LOINC are known by whatever name they are written",
        arguments: [
            ("Condition", "http://hl7.org/fhir/sid/icd-10", true),
            ("Condition", "http://hl7.org/fhir/sid/icd-10-cm", true),
            ("Condition", "urn:oid:2.16.156.10011.2.3.3.11", true), ("Condition", "http://snomed.info/sct", false),
            ("Observation", "urn:oid:2.16.840.1.113883.6.1", true), ("Observation", "http://loinc.org", true),
            ("Observation", "http://hl7.org/fhir/sid/icd-10-cm", false),
        ])
    func systems(type: String, system: String, isKnown: Bool) throws {
        let coding = #"{"coding":[{"system":"\#(system)","code":"X1","display":"某\u0022名"}],"text":"原文"}"#
        let fact = """
            {"resourceType":"\(type)","id":"f","status":"final","code":\(coding),"subject":{"reference":"Patient/m"},\
            "recordedDate":"2026-03-02","effectiveDateTime":"2026-03-02","component":[{"code":\(coding),"valueInteger":3}]}
            """
        let usual = type == "Condition" ? "http://hl7.org/fhir/sid/icd-10" : "http://loinc.org"
        let coded = "coding.exists(system = '\(usual)' and code = 'X1')"
        #expect(try Self.holds("%record.ofType(\(type)).exists(code.\(coded) and code.text = '原文')", [fact]) == isKnown)
        if type == "Observation" {
            let inner = "%record.ofType(Observation).component.exists(code.\(coded) and value.ofType(integer) = 3)"
            #expect(try Self.holds(inner, [fact]) == isKnown)
        }
    }

    @Test("an encounter's period is told in Shanghai")
    func periods() throws {
        let facts = [Club.encounter("e", "AMB", "2026-03-02T16:30:00Z")]
        #expect(try Self.holds("%record.ofType(Encounter).exists(period.start.toDate() = @2026-03-03)", facts))
    }

    @Test("what wasn't measured is not there", arguments: ["cancelled", "registered", "entered-in-error"])
    func unmeasured(status: String) throws {
        let facts = [Self.observation(#""effectiveDateTime":"2026-03-02""#, status: status)]
        #expect(try Self.holds("%record.ofType(Observation).empty()", facts))
    }

    @Test(
        "a diagnosis without a date is known since it came; one with a date since then",
        arguments: [
            ("", "2026-03-03"), (#""recordedDate":"2026-02-01","#, "2026-02-01"),
            (#""onsetDateTime":"2025-12-24","#, ""), (#""onsetPeriod":{"start":"2025-12-24"},"#, ""),
        ])
    func diagnoses(member: String, recorded: String) throws {
        let fact = """
            {"resourceType":"Condition","id":"c",\(member)"meta":{"lastUpdated":"2026-03-02T16:30:00.000Z"},\
            "subject":{"reference":"Patient/m"}}
            """
        let known =
            "%record.ofType(Condition).exists(recordedDate.toDate() = @\(recorded.isEmpty ? "1900-01-01" : recorded))"
        #expect(try Self.holds(known, [fact]) == !recorded.isEmpty)
        let begun = "%record.ofType(Condition).exists(onset.ofType(dateTime).toDate() = @2025-12-24)"
        #expect(try Self.holds(begun, [fact]) == member.contains("onset"))
    }

    @Test("a death that tells no date was on the day on which it came")
    func deaths() throws {
        let patient = """
            {"resourceType":"Patient","id":"m","birthDate":"1992-02-29","deceasedBoolean":true,\
            "meta":{"lastUpdated":"2026-03-02T16:30:00.000Z"}}
            """
        let expression = "deceased.ofType(dateTime).toDate() = @2026-03-03"
        #expect(try Self.holds(expression, [], patient: patient))
    }
}
