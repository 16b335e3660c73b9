import Foundation
import HTTPTypes
import JSON
import Testing

/// patch: <https://hl7.org/fhir/R4/http.html#patch>
@Suite("patch")
struct PatchTests {
    static let json: HTTPFields = [.contentType: "application/json-patch+json"]

    static func replaceGender(_ code: String) -> [UInt8] {
        Array(#"[{"op":"replace","path":"/gender","value":"\#(code)"}]"#.utf8)
    }

    @Test("changes what it names and makes a version")
    func patches() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let answer = try await door.send(.patch, "/fhir/Patient/1", Self.json, Self.replaceGender("male"))
            #expect(answer.status == 200)
            #expect(answer.json["gender"]?.string == "male")
            #expect(answer.headers[.eTag] == "W/\"2\"")
            #expect(try await door.get("/fhir/Patient?gender=male").references == ["Patient/1"])
            #expect(try await door.get("/fhir/Patient?gender=female").references == [])
        }
    }

    @Test("keeps the digits of a decimal and the order of members")
    func keeps() async throws {
        let observation =
            #"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.500}}"#
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Observation/o", observation)
            let body = Array(#"[{"op":"replace","path":"/status","value":"amended"}]"#.utf8)
            let answer = try await door.send(.patch, "/fhir/Observation/o", Self.json, body)
            #expect(answer.text.hasSuffix(#""status":"amended","code":{"text":"x"},"valueQuantity":{"value":1.500}}"#))
        }
    }

    @Test("makes no version when nothing changes")
    func unchanged() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let answer = try await door.send(.patch, "/fhir/Patient/1", Self.json, Self.replaceGender("female"))
            #expect(answer.status == 200)
            #expect(answer.headers[.eTag] == "W/\"1\"")
        }
    }

    @Test("holds If-Match against the version that stands")
    func ifMatch() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            var headers = Self.json
            headers[.ifMatch] = "W/\"7\""
            let stale = try await door.send(.patch, "/fhir/Patient/1", headers, Self.replaceGender("male"))
            #expect(stale.status == 412)
            headers[.ifMatch] = "W/\"1\""
            let fresh = try await door.send(.patch, "/fhir/Patient/1", headers, Self.replaceGender("male"))
            #expect(fresh.status == 200)
        }
    }

    @Test(
        "writes nothing when the patch does not fit or the result is not valid",
        arguments: [
            (#"[{"op":"replace","path":"/gender","value":"woman"}]"#, 422),
            (
                #"[{"op":"replace","path":"/gender","value":"male"},{"op":"test","path":"/gender","value":"other"}]"#,
                422
            ),
            (#"[{"op":"remove","path":"/birthDate"}]"#, 422), (#"[{"op":"replace","path":"/id","value":"2"}]"#, 422),
            (#"[{"op":"replace","path":"/resourceType","value":"Person"}]"#, 422), (#"[{"op":"leap"}]"#, 400),
            (#"{"op":"remove"}"#, 400), ("[", 400), ("", 400),
        ])
    func refuses(patch: String, status: Int) async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let answer = try await door.send(.patch, "/fhir/Patient/1", Self.json, Array(patch.utf8))
            #expect(answer.status == status)
            #expect(answer.issueCode != nil)
            #expect(try await door.get("/fhir/Patient/1").headers[.eTag] == "W/\"1\"")
        }
    }

    @Test("answers 404 for what never was and 410 for what is deleted")
    func absent() async throws {
        try await withDoor { door async throws in
            let never = try await door.send(.patch, "/fhir/Patient/1", Self.json, Self.replaceGender("male"))
            #expect(never.status == 404)
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            _ = try await door.delete("/fhir/Patient/1")
            let gone = try await door.send(.patch, "/fhir/Patient/1", Self.json, Self.replaceGender("male"))
            #expect(gone.status == 410)
        }
    }

    @Test("answers 415 with Accept-Patch for another form")
    func form() async throws {
        try await withDoor { door async throws in
            let answer = try await door.send(.patch, "/fhir/Patient/1", [.contentType: "text/plain"], [0x5B, 0x5D])
            #expect(answer.status == 415)
            let name = try #require(HTTPField.Name("Accept-Patch"))
            #expect(answer.headers[name]?.contains("application/json-patch+json") == true)
        }
    }

    @Test("finds the resource by a search: none is 404, several are 412")
    func conditional() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1", family: "张"))
            _ = try await door.put("/fhir/Patient/2", patient("2", family: "李"))
            let body = Self.replaceGender("male")
            let one = try await door.send(.patch, "/fhir/Patient?family=%E5%BC%A0", Self.json, body)
            #expect(one.status == 200)
            #expect(one.json["id"]?.string == "1")
            let none = try await door.send(.patch, "/fhir/Patient?family=nobody", Self.json, body)
            #expect(none.status == 404)
            let several = try await door.send(.patch, "/fhir/Patient?_id=1,2", Self.json, body)
            #expect(several.status == 412)
            #expect(try await door.send(.patch, "/fhir/Patient", Self.json, body).status == 400)
        }
    }

    static func bundle(_ type: String, _ url: String, _ patch: String) -> String {
        let data = Data(patch.utf8).base64EncodedString()
        return """
            {"resourceType":"Bundle","type":"\(type)","entry":[{"resource":{"resourceType":"Binary",
            "contentType":"application/json-patch+json","data":"\(data)"},
            "request":{"method":"PATCH","url":"\(url)"}}]}
            """
    }

    @Test("is an entry of a transaction and of a batch, as a Binary", arguments: ["transaction", "batch"])
    func inBundle(type: String) async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let male = #"[{"op":"replace","path":"/gender","value":"male"}]"#
            let answer = try await door.post("/fhir", Self.bundle(type, "Patient/1", male))
            #expect(answer.status == 200)
            #expect(answer.json["entry"]?[0]?["response"]?["status"]?.string == "200 OK")
            #expect(try await door.get("/fhir/Patient/1").json["gender"]?.string == "male")
            let other = male.replacing("\"male\"", with: "\"other\"")
            let conditional = try await door.post("/fhir", Self.bundle(type, "Patient?gender=male", other))
            #expect(conditional.json["entry"]?[0]?["response"]?["status"]?.string == "200 OK")
            #expect(try await door.get("/fhir/Patient/1").json["gender"]?.string == "other")
        }
    }

    @Test("undoes a whole transaction when it does not fit")
    func atomic() async throws {
        let data = Data(#"[{"op":"remove","path":"/birthDate"}]"#.utf8).base64EncodedString()
        let bundle = """
            {"resourceType":"Bundle","type":"transaction","entry":[
            {"resource":\(patient()),"request":{"method":"POST","url":"Patient"}},
            {"resource":{"resourceType":"Binary","contentType":"application/json-patch+json","data":"\(data)"},
            "request":{"method":"PATCH","url":"Patient/1"}}]}
            """
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            #expect(try await door.post("/fhir", bundle).status == 422)
            #expect(try await door.get("/fhir/Patient?_total=accurate").json["total"]?.integer == 1)
        }
    }

    @Test("loses no change when many patch one resource at once")
    func concurrent() async throws {
        try await withDoor { door async throws in
            _ = try await door.put(
                "/fhir/Patient/1", patient("1", more: #","telecom":[{"system":"phone","value":"0"}]"#))
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...20 {
                    let patch =
                        #"[{"op":"add","path":"/telecom/-","value":{"system":"phone","value":"\#(number)"}}]"#
                    group.addTask {
                        try await door.send(.patch, "/fhir/Patient/1", Self.json, Array(patch.utf8)).status
                    }
                }
                for try await status in group { #expect(status == 200) }
            }
            let phones = try await door.get("/fhir/Patient/1").json["telecom"]
            #expect(Set(phones?.elements.compactMap { $0["value"]?.string } ?? []) == Set((0...20).map(String.init)))
        }
    }
}
