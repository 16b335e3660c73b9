import FHIR
import JSON
import Records
import Testing

/// FHIR R4, http.html#transaction.
@Suite struct TransactionTests {
    private func bundle(_ type: String, _ entries: [String]) throws -> JSONDocument {
        try json(#"{"resourceType":"Bundle","type":"\#(type)","entry":[\#(entries.joined(separator: ","))]}"#)
    }

    @Test("references between entries follow the ids that the server gives")
    func links() async throws {
        let store = try memoryStore()
        let response = try await store.process(
            bundle: bundle(
                "transaction",
                [
                    #"{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"subject":{"reference":"urn:uuid:2"}},"request":{"method":"POST","url":"Encounter"}}"#,
                    #"{"fullUrl":"urn:uuid:2","resource":{"resourceType":"Patient","name":[{"text":"李四"}]},"request":{"method":"POST","url":"Patient"}}"#,
                ]))
        let patient = try #require(try store.ids("Patient?name=李四").first)
        #expect(try store.ids("Encounter?patient=\(patient)").count == 1)
        let answer = try JSONDocument(parsing: response).root
        #expect(answer["type"]?.string == "transaction-response")
        #expect(answer["entry"]?[1]?["response"]?["location"]?.string == "Patient/\(patient)/_history/1")
        #expect(answer["entry"]?[0]?["response"]?["status"]?.string == "201 Created")
    }

    @Test("one bad entry undoes all, and every fault is told")
    func allOrNothing() async throws {
        let store = try memoryStore()
        do {
            _ = try await store.process(
                bundle: bundle(
                    "transaction",
                    [
                        #"{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}"#,
                        #"{"resource":{"resourceType":"Patient","gender":"x"},"request":{"method":"POST","url":"Patient"}}"#,
                        #"{"resource":{"resourceType":"Patient","height":1},"request":{"method":"POST","url":"Patient"}}"#,
                    ]))
            Issue.record("it was taken")
        } catch let error as RecordsError {
            #expect(error.category == .unprocessable)
            #expect(error.issues.map(\.expression).contains("Bundle.entry[1].resource.gender"))
            #expect(error.issues.contains { $0.expression?.hasPrefix("Bundle.entry[2].resource") == true })
        }
        #expect(try store.status().sequence == 0)
    }

    @Test("a batch goes on after a bad entry")
    func batch() async throws {
        let store = try memoryStore()
        let response = try await store.process(
            bundle: bundle(
                "batch",
                [
                    #"{"resource":{"resourceType":"Patient","gender":"x"},"request":{"method":"POST","url":"Patient"}}"#,
                    #"{"resource":{"resourceType":"Patient","id":"a"},"request":{"method":"PUT","url":"Patient/a"}}"#,
                    #"{"request":{"method":"GET","url":"Patient/a"}}"#,
                    #"{"request":{"method":"GET","url":"Patient?_id=a"}}"#,
                    #"{"request":{"method":"DELETE","url":"Patient/zzz"}}"#,
                ]))
        let entries = try JSONDocument(parsing: response).root["entry"].map { Array($0.elements) } ?? []
        #expect(
            entries.map { $0["response"]?["status"]?.string } == [
                "422 Unprocessable Entity", "201 Created", "200 OK", "200 OK", "204 No Content",
            ])
        #expect(entries[3]["resource"]?["total"]?.integer == 1)
    }

    @Test("conditional creates, updates and references are resolved within the transaction")
    func conditions() async throws {
        let store = try memoryStore()
        try await store.put(#"{"resourceType":"Patient","id":"known","identifier":[{"system":"urn:s","value":"1"}]}"#)
        _ = try await store.process(
            bundle: bundle(
                "transaction",
                [
                    #"{"fullUrl":"urn:uuid:p","resource":{"resourceType":"Patient","identifier":[{"system":"urn:s","value":"1"}]},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=urn:s|1"}}"#,
                    #"{"resource":{"resourceType":"Encounter","status":"planned","class":{"code":"AMB"},"subject":{"reference":"urn:uuid:p"}},"request":{"method":"POST","url":"Encounter"}}"#,
                    #"{"resource":{"resourceType":"Encounter","status":"planned","class":{"code":"EMER"},"subject":{"reference":"Patient?identifier=urn:s|1"}},"request":{"method":"POST","url":"Encounter"}}"#,
                ]))
        #expect(try store.ids("Encounter?patient=known").count == 2)
        #expect(try store.ids("Patient") == ["known"])
    }

    @Test("a conditional reference that matches nothing refuses the transaction")
    func danglingCondition() async throws {
        let store = try memoryStore()
        await #expect(throws: RecordsError.self) {
            try await store.process(
                bundle: bundle(
                    "transaction",
                    [
                        #"{"resource":{"resourceType":"Encounter","status":"planned","class":{"code":"AMB"},"subject":{"reference":"Patient?identifier=urn:s|9"}},"request":{"method":"POST","url":"Encounter"}}"#
                    ]))
        }
        #expect(try store.status().sequence == 0)
    }

    @Test("deletes come before creates, and a resource may not be written twice")
    func orderAndIdentity() async throws {
        let store = try memoryStore()
        try await store.put(#"{"resourceType":"Patient","id":"a"}"#)
        _ = try await store.process(
            bundle: bundle(
                "transaction",
                [
                    #"{"resource":{"resourceType":"Patient","id":"b"},"request":{"method":"PUT","url":"Patient/b"}}"#,
                    #"{"request":{"method":"DELETE","url":"Patient/a"}}"#,
                ]))
        #expect(try store.ids("Patient") == ["b"])
        await #expect(throws: RecordsError.self) {
            try await store.process(
                bundle: bundle(
                    "transaction",
                    [
                        #"{"resource":{"resourceType":"Patient","id":"b","active":true},"request":{"method":"PUT","url":"Patient/b"}}"#,
                        #"{"request":{"method":"DELETE","url":"Patient/b"}}"#,
                    ]))
        }
    }
}
