import HTTPTypes
import JSON
import Testing

/// transaction and batch: <https://hl7.org/fhir/R4/http.html#transaction>
@Suite("transaction and batch")
struct TransactionTests {
    @Test("commits a transaction and resolves urn:uuid references")
    func transaction() async throws {
        try await withDoor { door async throws in
            let bundle = """
                {"resourceType":"Bundle","type":"transaction","entry":[
                {"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","resource":\(patient()),
                 "request":{"method":"POST","url":"Patient"}},
                {"resource":{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},
                 "subject":{"reference":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}},
                 "request":{"method":"PUT","url":"Observation/o"}}]}
                """
            let answer = try await door.post("/fhir", bundle)
            #expect(answer.status == 200)
            #expect(answer.json["type"]?.string == "transaction-response")
            let responses = answer.json["entry"].map {
                $0.elements.map { $0["response"]?["status"]?.string?.prefix(3) }
            }
            #expect(responses == ["201", "201"])
            let observation = try await door.get("/fhir/Observation/o")
            let subject = try #require(observation.json["subject"]?["reference"]?.string)
            #expect(try await door.get("/fhir/\(subject)").status == 200)
        }
    }

    @Test("commits nothing of a transaction with one bad entry")
    func allOrNothing() async throws {
        try await withDoor { door async throws in
            let bundle = """
                {"resourceType":"Bundle","type":"transaction","entry":[
                {"resource":\(patient("1")),"request":{"method":"PUT","url":"Patient/1"}},
                {"resource":{"resourceType":"Patient","id":"2","gender":"x"},
                 "request":{"method":"PUT","url":"Patient/2"}}]}
                """
            let answer = try await door.post("/fhir", bundle)
            #expect((400..<500).contains(answer.status))
            #expect(answer.issueCode != nil)
            #expect(try await door.get("/fhir/Patient/1").status == 404)
        }
    }

    @Test("answers each entry of a batch alone")
    func batch() async throws {
        try await withDoor { door async throws in
            let bundle = """
                {"resourceType":"Bundle","type":"batch","entry":[
                {"resource":\(patient("1")),"request":{"method":"PUT","url":"Patient/1"}},
                {"resource":{"resourceType":"Patient","id":"2","gender":"x"},
                 "request":{"method":"PUT","url":"Patient/2"}},
                {"request":{"method":"GET","url":"Patient/nobody"}}]}
                """
            let answer = try await door.post("/fhir/", bundle)
            #expect(answer.status == 200)
            #expect(answer.json["type"]?.string == "batch-response")
            let responses = answer.json["entry"].map {
                $0.elements.map { $0["response"]?["status"]?.string?.prefix(3) }
            }
            #expect(responses == ["201", "422", "404"])
            #expect(try await door.get("/fhir/Patient/1").status == 200)
        }
    }

    @Test(
        "refuses what is not a transaction or batch",
        arguments: [
            "{\"resourceType\":\"Patient\"}", "{\"resourceType\":\"Bundle\",\"type\":\"collection\"}",
            "{\"resourceType\":\"Bundle\"}", "[]", "7",
        ])
    func other(body: String) async throws {
        try await withDoor { door async throws in
            let answer = try await door.post("/fhir", body)
            #expect(answer.status == 400 || answer.status == 422)
            #expect(answer.issueCode != nil)
        }
    }
}
