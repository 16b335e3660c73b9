import Calendar
import FHIR
import Foundation
import JSON
import Pathways

/// A small pathway (invented): HbA1c every half year, a form each year, a grade by the last value, and eyes that nobody looks at.
enum SugarPath {
    static let setting: ProgrammeSetting = {
        var setting = ProgrammeSetting(
            id: "sugar-care", version: "1", title: Words(zh: "血糖管理", en: "Sugar care"),
            roles: [
                "doctor": .init(
                    id: "doctor", title: Words(zh: "家庭医生", en: "family doctor"), reach: .generalPractitioner),
                "centre": .init(id: "centre", title: Words(zh: "社区中心", en: "centre"), reach: .managingOrganization),
            ],
            parameters: ["goal": .init(title: Words(zh: "目标", en: "goal"), values: [.init(value: [], text: "7 %")])],
            escalation: [
                .init(after: Span(7, .day), kind: .reminder, role: "doctor"),
                .init(after: Span(30, .day), kind: .prompt, role: "centre"),
            ])
        setting.sources = ["house": "本平台默认"]
        return setting
    }()

    static func expression(_ text: String) -> String {
        #"{"language":"text/fhirpath","expression":\#(String(decoding: jsonQuoted(text), as: UTF8.self))}"#
    }

    static func action(_ id: String, _ title: String, _ kind: String, _ rest: String) -> String {
        let owner = #""participant":[{"type":"practitioner","role":{"coding":[{"code":"doctor"}]}}],"#
        return """
            {"id":"\(id)","title":"\(title)","description":"规则：\(title)","documentation":[{"type":"justification","label":"house"}],\
            "code":[{"coding":[{"system":"https://healthbrain.dev/fhir/CodeSystem/pathway-part","code":"\(kind)"}]}],\
            \(kind == "activity" ? owner : "")\(rest)}
            """
    }

    static func trigger(_ text: String) -> String {
        #""trigger":[{"type":"named-event","name":"t","data":[{"type":"Observation"}],"condition":\#(expression(text))}]"#
    }

    static func stop(_ text: String) -> String {
        #""condition":[{"kind":"stop","expression":\#(expression(text))}]"#
    }

    static let sugar = "%record.ofType(Observation).where(code.coding.exists(code = '4548-4'))"

    /// As others would send it.
    static let definition = """
        {"resourceType":"PlanDefinition","id":"sugar","url":"https://example.org/PlanDefinition/sugar","version":"1","title":"血糖",\
        "status":"active","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/variable","valueExpression":{"name":"sugars",\
        "language":"text/fhirpath","expression":\(String(decoding: jsonQuoted(sugar), as: UTF8.self))}}],"action":[\
        \(action("diabetes", "糖尿病", "entry", #""requiredBehavior":"must","# + trigger("%record.ofType(Condition).where(code.coding.exists(code.startsWith('E11')))"))),\
        \(action("death", "死亡", "leave", trigger("deceased.ofType(dateTime)"))),\
        \(action("first-sugar", "首次糖化血红蛋白", "activity", #""timingDuration":{"value":1,"system":"http://unitsofmeasure.org","code":"mo"},"output":[{"type":"ServiceRequest"}],"# + stop("%sugars")))\
        ,\(action("next-sugar", "糖化血红蛋白复查", "activity", trigger("%sugars") + #","timingRange":{"low":{"value":5,"system":"http://unitsofmeasure.org","code":"mo"},"high":{"value":6,"system":"http://unitsofmeasure.org","code":"mo"}},"output":[{"type":"ServiceRequest"}],"# + stop("%sugars.where(effective > %moment)")))\
        ,\(action("eyes", "眼底检查", "activity", #""timingDuration":{"value":6,"system":"http://unitsofmeasure.org","code":"mo"},"output":[{"type":"ServiceRequest"}],"# + stop("%record.ofType(Observation).where(code.coding.exists(code = '32451-7'))")))\
        ,\(action("form", "年度评估", "activity", #""priority":"routine","timingDuration":{"value":12,"system":"http://unitsofmeasure.org","code":"mo"},"definitionCanonical":"https://example.org/Questionnaire/yearly""#))\
        ,\(action("control", "控制", "grade", trigger("%sugars") + #","dynamicValue":[{"path":"prediction.qualitativeRisk","expression":"# + expression("iif(%basis.ofType(Observation).value.ofType(Quantity).value < 7, 'good', 'poor')") + "}]"))\
        ]}
        """

    static func pathway() throws -> Pathway {
        try Pathway(JSONDocument(parsing: Array(definition.utf8)).root, setting, try Definitions.r4())
    }

    /// The day so many days ago.
    static func day(_ ago: Int) -> String {
        CivilDay(milliseconds: Int64(Date().timeIntervalSince1970 * 1000) - Int64(ago) * 86_400_000).isoText
    }

    static func diabetes(_ patient: String, _ ago: Int) -> String {
        """
        {"resourceType":"Condition","id":"e11-\(patient)","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"E11.9"}]},\
        "subject":{"reference":"Patient/\(patient)"},"recordedDate":"\(day(ago))"}
        """
    }

    static func sugar(_ patient: String, _ value: Double, _ ago: Int) -> String {
        """
        {"resourceType":"Observation","id":"a1c-\(patient)-\(ago)","status":"final","code":{"coding":[{"system":"http://loinc.org",\
        "code":"4548-4"}]},"subject":{"reference":"Patient/\(patient)"},"effectiveDateTime":"\(day(ago))T09:00:00+08:00",\
        "valueQuantity":{"value":\(value),"unit":"%","system":"http://unitsofmeasure.org","code":"%"}}
        """
    }

    static func call(_ hook: String, _ patient: String, more: String = "", context: String = "") -> String {
        """
        {"hook":"\(hook)","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea","context":{"userId":"Practitioner/d1",\
        "patientId":"\(patient)"\(context)}\(more)}
        """
    }

    static func order(_ id: String, _ code: String, _ patient: String) -> String {
        """
        {"resourceType":"ServiceRequest","id":"\(id)","status":"draft","intent":"order","code":{"coding":[{"system":"http://loinc.org",\
        "code":"\(code)"}]},"subject":{"reference":"Patient/\(patient)"}}
        """
    }

    static func drafts(_ orders: String..., selecting: [String]) -> String {
        let entries = orders.map { #"{"resource":\#($0)}"# }.joined(separator: ",")
        let selections = selecting.map { "\"\($0)\"" }.joined(separator: ",")
        return
            #","selections":[\#(selections)],"draftOrders":{"resourceType":"Bundle","type":"collection","entry":[\#(entries)]}"#
    }
}
