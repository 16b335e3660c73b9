import HTTPTypes
import JSON
import Testing

/// _summary and _elements: <https://hl7.org/fhir/R4/search.html#summary>
@Suite("subsets")
struct SubsetTests {
    static let observation = """
        {"resourceType":"Observation","id":"o","text":{"status":"generated",\
        "div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">血压</div>"},"status":"final","_status":{"id":"s"},\
        "category":[{"text":"vital"}],"code":{"text":"BP"},"note":[{"text":"seated"}],\
        "component":[{"code":{"text":"systolic"},"valueQuantity":{"value":1.20e2,"unit":"mm"},\
        "interpretation":[{"text":"high"}]}]}
        """

    static let tag =
        #""meta":{"versionId":"1","lastUpdated":"T","tag":[{"system":"http://terminology.hl7.org/"#
        + #"CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]}"#

    /// The text with the time of the write taken out.
    static func timeless(_ text: String) -> String {
        text.replacing(#/"lastUpdated":"[^"]*"/#, with: #""lastUpdated":"T""#)
    }

    @Test(
        "keep what was asked for, the mandatory elements, and a tag",
        arguments: [
            (
                "_summary=true",
                #""status":"final","_status":{"id":"s"},"code":{"text":"BP"},"#
                    + #""component":[{"code":{"text":"systolic"},"valueQuantity":{"value":1.20e2,"unit":"mm"}}]"#
            ),
            (
                "_summary=text",
                #""text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">血压</div>"},"#
                    + #""status":"final","_status":{"id":"s"},"code":{"text":"BP"}"#
            ),
            (
                "_summary=data",
                #""status":"final","_status":{"id":"s"},"category":[{"text":"vital"}],"code":{"text":"BP"},"#
                    + #""note":[{"text":"seated"}],"component":[{"code":{"text":"systolic"},"#
                    + #""valueQuantity":{"value":1.20e2,"unit":"mm"},"interpretation":[{"text":"high"}]}]"#
            ),
            (
                "_elements=note,category",
                #""status":"final","_status":{"id":"s"},"category":[{"text":"vital"}],"code":{"text":"BP"},"#
                    + #""note":[{"text":"seated"}]"#
            ),
        ])
    func parts(query: String, expected: String) async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Observation/o", Self.observation)
            let whole = #"{"resourceType":"Observation","id":"o",\#(Self.tag),\#(expected)}"#
            for place in ["/fhir/Observation/o", "/fhir/Observation/o/_history/1"] {
                #expect(Self.timeless(try await door.get("\(place)?\(query)").text) == whole)
            }
            for place in ["/fhir/Observation", "/fhir/Observation/_history", "/fhir/Observation/o/_history"] {
                let resource = try await door.get("\(place)?\(query)").json["entry"]?[0]?["resource"]
                #expect(resource.map { Self.timeless(String(decoding: $0.rawText, as: UTF8.self)) } == whole)
            }
        }
    }

    @Test("_summary=false is the whole resource, and _summary=count only a number")
    func wholeAndCount() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Observation/o", Self.observation)
            let whole = try await door.get("/fhir/Observation/o")
            #expect(try await door.get("/fhir/Observation/o?_summary=false").body == whole.body)
            for place in ["/fhir/Observation", "/fhir/Observation/o/_history"] {
                let count = try await door.get("\(place)?_summary=count")
                #expect(count.json["total"]?.integer == 1)
                #expect(count.json["entry"] == nil)
            }
            #expect(try await door.get("/fhir/Observation/o?_summary=count").status == 400)
        }
    }

    @Test(
        "are refused when they say nothing clear",
        arguments: [
            "_summary=most", "_elements=", "_elements=colour", "_summary=true&_elements=status",
            "_elements=status&_summary=text",
        ])
    func refused(query: String) async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Observation/o", Self.observation)
            #expect(try await door.get("/fhir/Observation/o?\(query)").status == 400)
            let search = try await door.get("/fhir/Observation?\(query)")
            #expect(search.status == 400 || query == "_elements=colour")
        }
    }

    @Test("_summary=text can't be mixed with includes")
    func textAndIncludes() async throws {
        try await withDoor { door async throws in
            let answer = try await door.get("/fhir/Observation?_summary=text&_include=Observation:subject")
            #expect(answer.status == 400)
        }
    }

    @Test("reach included resources, by name and by type and name")
    func included() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1", more: #","birthDate":"1950-01-01""#))
            let subject = Self.observation.replacing(
                #""status":"final""#, with: #""status":"final","subject":{"reference":"Patient/1"}"#)
            _ = try await door.put("/fhir/Observation/o", subject)
            let include = "/fhir/Observation?_include=Observation:subject&_elements="
            let plain = try await door.get(include + "note,gender")
            let typed = try await door.get(include + "note,Patient.birthDate")
            #expect(plain.json["entry"]?[1]?["resource"]?["gender"]?.string == "female")
            #expect(plain.json["entry"]?[1]?["resource"]?["birthDate"] == nil)
            #expect(typed.json["entry"]?[1]?["resource"]?["gender"] == nil)
            #expect(typed.json["entry"]?[1]?["resource"]?["birthDate"] != nil)
            #expect(typed.json["entry"]?[0]?["resource"]?["note"] != nil)
        }
    }

    @Test("hold in a batch as well")
    func inBatch() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Observation/o", Self.observation)
            let batch = """
                {"resourceType":"Bundle","type":"batch","entry":[
                {"request":{"method":"GET","url":"Observation?_elements=note"}}]}
                """
            let found = try await door.post("/fhir", batch).json["entry"]?[0]?["resource"]?["entry"]?[0]?["resource"]
            #expect(found?["note"] != nil)
            #expect(found?["category"] == nil)
        }
    }
}
