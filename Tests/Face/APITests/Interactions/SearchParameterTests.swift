import HTTPTypes
import JSON
import Records
import Testing

/// SearchParameter resources become search parameters: <https://hl7.org/fhir/R4/searchparameter.html>.
@Suite("SearchParameter")
struct SearchParameterTests {
    private func parameter(
        _ id: String, _ code: String, _ type: String, _ expression: String, on base: String = "Patient"
    ) -> String {
        """
        {"resourceType":"SearchParameter","id":"\(id)","url":"http://example.org/sp/\(id)","name":"N","status":"active",
        "description":"d","code":"\(code)","base":["\(base)"],"type":"\(type)","expression":"\(expression)"}
        """
    }

    private let race = "Patient.extension.where(url='http://example.org/race').value.ofType(CodeableConcept)"

    private func patient(_ id: String, race code: String) -> String {
        """
        {"resourceType":"Patient","id":"\(id)","extension":[{"url":"http://example.org/race",
        "valueCodeableConcept":{"coding":[{"system":"http://race","code":"\(code)"}],"text":"Race \(code)"}}]}
        """
    }

    @Test("an added parameter is searched by like any other, from all doors")
    func story() async throws {
        try await withDoor { door async throws in
            for (id, code) in [("1", "a"), ("2", "b")] {
                #expect(try await door.put("/fhir/Patient/\(id)", patient(id, race: code)).status == 201)
            }
            _ = try await door.put(
                "/fhir/Observation/o",
                #"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/2"}}"#
            )
            #expect(try await door.post("/fhir/SearchParameter", parameter("x", "race", "token", race)).status == 201)
            await door.store.settleParameters()
            _ = try await door.put("/fhir/Patient/3", patient("3", race: "b"))
            for (query, found) in [
                ("race=a", ["Patient/1"]), ("race=http://race|b", ["Patient/2", "Patient/3"]),
                ("race:not=b", ["Patient/1"]), ("race:missing=false&_sort=-race&_count=1", ["Patient/2"]),
                ("race:text=race a", ["Patient/1"]), ("race:missing=true", []),
            ] {
                #expect(
                    try await door.get("/fhir/Patient?\(query.replacing(" ", with: "%20"))").references == found,
                    "\(query)")
            }
            #expect(try await door.get("/fhir/Observation?subject:Patient.race=b").references == ["Observation/o"])
            #expect(try await door.get("/fhir/Observation?subject:Patient.race=a").references == [])

            let statement = try await door.get("/fhir/metadata")
            let listed = try #require(
                statement.json["rest"]?[0]?["resource"]?.elements.first { $0["type"]?.string == "Patient" }?[
                    "searchParam"]?
                    .elements.first { $0["name"]?.string == "race" })
            #expect(listed["definition"]?.string == "http://example.org/sp/x")
            #expect(listed["type"]?.string == "token")
            let metrics = try await door.get("/metrics").text
            #expect(metrics.contains("code=\"race\"} 1"))

            let id = try #require(try await door.get("/fhir/SearchParameter?code=race").references.first)
            #expect(try await door.delete("/fhir/\(id)").status == 204)
            let unknown = try await door.get("/fhir/Patient?race=a")
            #expect(unknown.status == 400)
            #expect(try await door.get("/fhir/metadata").text.contains("http://example.org/sp/x") == false)
        }
    }

    @Test(
        "while stored resources are indexed a search by it is refused with how far it is, or passed over with handling=lenient"
    )
    func unfinished() async throws {
        let (mayIndex, permit) = AsyncStream<Void>.makeStream()
        let hold: @Sendable () async -> Void = { for await _ in mayIndex {} }
        try await withDoor(untilMayIndex: hold) { door async throws in
            // Should an expectation throw, the store must still be able to close.
            defer { permit.finish() }
            for number in 0..<3 {
                let id = "p\(number)"
                #expect(try await door.put("/fhir/Patient/\(id)", patient(id, race: "a")).status == 201)
            }
            #expect(try await door.put("/fhir/SearchParameter/x", parameter("x", "race", "token", race)).status == 201)
            let refused = try await door.get("/fhir/Patient?race=a")
            #expect(refused.status == 400)
            #expect(refused.issueCode == "transient")
            #expect(refused.diagnostics.contains("Try again"))
            let prefer = try #require(HTTPField.Name("Prefer"))
            let lenient = try await door.get("/fhir/Patient?race=a", [prefer: "handling=lenient"])
            #expect(lenient.status == 200)
            #expect(lenient.text.contains("OperationOutcome"))
            permit.finish()
            await door.store.settleParameters()
            #expect(try await door.get("/fhir/Patient?race=a&_summary=count").json["total"]?.integer == 3)
        }
    }

    @Test("an expression that can't be used is refused with its place, by every way in")
    func invalid() async throws {
        try await withDoor { door async throws in
            let bad = parameter("x", "race", "token", "Patient.extension.where(url='a'.value")
            for answer in [
                try await door.put("/fhir/SearchParameter/x", bad), try await door.post("/fhir/SearchParameter", bad),
            ] {
                #expect(answer.status == 422)
                #expect(answer.diagnostics.contains("line 1, column"))
                #expect(answer.json["issue"]?[0]?["expression"]?[0]?.string == "SearchParameter.expression")
            }
            let entry = #"{"resource":\#(bad),"request":{"method":"PUT","url":"SearchParameter/x"}}"#
            let transaction = try await door.post(
                "/fhir", #"{"resourceType":"Bundle","type":"transaction","entry":[\#(entry)]}"#)
            #expect(transaction.status == 422)
            #expect(
                transaction.json["issue"]?[0]?["expression"]?[0]?.string == "Bundle.entry[0].resource.expression")
            let batch = try await door.post("/fhir", #"{"resourceType":"Bundle","type":"batch","entry":[\#(entry)]}"#)
            #expect(batch.json["entry"]?[0]?["response"]?["status"]?.string?.hasPrefix("422") == true)
            let taken = try await door.put(
                "/fhir/SearchParameter/x", parameter("x", "name", "string", "Patient.name.given"))
            #expect(taken.status == 422)
            #expect(taken.diagnostics.contains("Choose another code"))
        }
    }
}
