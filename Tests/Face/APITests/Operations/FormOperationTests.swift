import JSON
import Testing

/// SDC: $populate and $extract.
@Suite("$populate and $extract")
struct FormOperationTests {
    static let sdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
    static let questionnaire = """
        {"resourceType":"Questionnaire","id":"q","url":"http://t/q","version":"2","status":"active","item":[\
        {"linkId":"name","type":"string","text":"姓名","extension":[{"url":"\(sdc)initialExpression","valueExpression":\
        {"language":"text/fhirpath","expression":"%patient.name.family"}}]},\
        {"linkId":"weight","type":"decimal","text":"体重","required":true,"code":[{"system":"http://loinc.org","code":"29463-7"}],\
        "extension":[{"url":"\(sdc)observationExtract","valueBoolean":true},{"url":"\(sdc)observationLinkPeriod",\
        "valueDuration":{"value":10,"code":"a"}}]}]}
        """

    static func response(_ items: String, status: String = "completed") -> String {
        """
        {"resourceType":"QuestionnaireResponse","id":"r","status":"\(status)","questionnaire":"http://t/q|2",\
        "subject":{"reference":"Patient/1"},"authored":"2026-11-20","item":[\(items)]}
        """
    }

    static let weight = #"{"linkId":"weight","answer":[{"valueDecimal":61.50}]}"#

    @Test(
        "$populate begins a response for a patient, however the questionnaire is named",
        arguments: ["instance", "canonical", "resource", "reference"])
    func populate(way: String) async throws {
        try await withDoor { door async throws in
            #expect(try await door.put("/fhir/Patient/1", patient("1")).status == 201)
            #expect(try await door.put("/fhir/Questionnaire/q", Self.questionnaire).status == 201)
            let subject = #"{"name":"subject","valueReference":{"reference":"Patient/1"}}"#
            func parameters(_ more: String) -> String {
                #"{"resourceType":"Parameters","parameter":[\#(subject)\#(more.isEmpty ? "" : "," + more)]}"#
            }
            let answer =
                switch way {
                case "instance": try await door.post("/fhir/Questionnaire/q/$populate", parameters(""))
                case "canonical":
                    try await door.get("/fhir/Questionnaire/$populate?canonical=http://t/q%7C2&subject=Patient/1")
                case "resource":
                    try await door.post(
                        "/fhir/Questionnaire/$populate",
                        parameters(#"{"name":"questionnaire","resource":\#(Self.questionnaire)}"#))
                default:
                    try await door.post(
                        "/fhir/Questionnaire/$populate",
                        parameters(#"{"name":"questionnaireRef","valueReference":{"reference":"Questionnaire/q"}}"#))
                }
            #expect(answer.status == 200, "\(answer.diagnostics)")
            let begun = answer.json["parameter"]?[0]?["resource"]
            #expect(begun?["status"]?.string == "in-progress")
            #expect(begun?["questionnaire"]?.string == "http://t/q|2")
            #expect(begun?["item"]?[0]?["answer"]?[0]?["valueString"]?.string == "张")
        }
    }

    @Test("$extract answers with a transaction that the server takes, and again with the same")
    func extract() async throws {
        try await withDoor { door async throws in
            #expect(try await door.put("/fhir/Patient/1", patient("1")).status == 201)
            #expect(try await door.put("/fhir/Questionnaire/q", Self.questionnaire).status == 201)
            let sent = try await door.post("/fhir/QuestionnaireResponse/$extract", Self.response(Self.weight))
            #expect(sent.status == 200, "\(sent.diagnostics)")
            #expect(sent.json["entry"]?.count == 1)
            #expect(try await door.get("/fhir/Observation?_total=accurate").json["total"]?.integer == 0)
            #expect(try await door.put("/fhir/QuestionnaireResponse/r", Self.response(Self.weight)).status == 201)
            let stored = try await door.get("/fhir/QuestionnaireResponse/r/$extract")
            #expect(stored.text == sent.text)
            #expect(try await door.post("/fhir", stored.text).status == 200)
            let found = try await door.get("/fhir/Observation?derived-from=QuestionnaireResponse/r")
            #expect(found.json["entry"]?[0]?["resource"]?["valueQuantity"]?["value"]?.numberText == "61.50")
            // What was extracted fills the next one.
            let next = try await door.get("/fhir/Questionnaire/q/$populate?subject=Patient/1")
            let items = next.json["parameter"]?[0]?["resource"]?["item"]
            #expect(items?[1]?["answer"]?[0]?["valueDecimal"]?.numberText == "61.50")
        }
    }

    @Test(
        "are refused with every issue and its place",
        arguments: [
            ("/fhir/QuestionnaireResponse/$extract", response(""), 422, "weight"),
            ("/fhir/QuestionnaireResponse/$extract", response(#"{"linkId":"x"}"#), 422, "no such item"),
            (
                "/fhir/QuestionnaireResponse/$extract", response("").replacing("http://t/q|2", with: "http://t/other"),
                404, "other"
            ),
            ("/fhir/QuestionnaireResponse/$extract", questionnaire, 400, "QuestionnaireResponse"),
            ("/fhir/Questionnaire/$populate", questionnaire.replacing("%patient", with: "%nobody"), 422, "%nobody"),
            ("/fhir/Questionnaire/$populate?subject=Group/1", questionnaire, 400, "Patient"),
            ("/fhir/Questionnaire/$populate?subject=Patient/none", questionnaire, 404, ""),
            ("/fhir/Questionnaire/none/$populate", #"{"resourceType":"Parameters"}"#, 404, ""),
        ])
    func refused(uri: String, body: String, status: Int, says: String) async throws {
        try await withDoor { door async throws in
            #expect(try await door.put("/fhir/Questionnaire/q", Self.questionnaire).status == 201)
            let answer = try await door.post(uri, body)
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.text.contains(says))
        }
    }

    @Test("fill a form only from what the one who asks may see", arguments: [("p1", 200), ("p2", 404), ("zz", 404)])
    func guarded(patient: String, status: Int) async throws {
        try await withGuardedDoor { house async throws in
            let text = Self.questionnaire
            #expect(try await house.door.put("/fhir/Questionnaire/q", text, house.program).status == 201)
            let pass = try await house.pass(.clinician)
            let uri = "/fhir/Questionnaire/q/$populate?subject=Patient/\(patient)"
            #expect(try await house.door.get(uri, pass.headers).status == status)
            #expect(try await house.door.get(uri).status == 401)
        }
    }
}
