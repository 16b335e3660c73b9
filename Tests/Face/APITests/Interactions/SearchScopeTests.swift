import HTTPTypes
import JSON
import Testing

/// Search of compartments and of several types, and conditional create under concurrency.
@Suite("search beyond one type")
struct SearchScopeTests {
    private func fill(_ door: TestDoor) async throws {
        _ = try await door.put("/fhir/Patient/1", patient("1", family: "张"))
        _ = try await door.put("/fhir/Patient/2", patient("2", family: "李"))
        for (id, subject) in [("a", "1"), ("b", "2"), ("c", "1")] {
            _ = try await door.put(
                "/fhir/Observation/\(id)",
                #"{"resourceType":"Observation","id":"\#(id)","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/\#(subject)"}}"#
            )
        }
    }

    @Test(
        "returns what belongs to a compartment, or to the types asked for",
        arguments: [
            ("/fhir/Patient/1/Observation", ["Observation/a", "Observation/c"]),
            ("/fhir/Patient/1/Observation?status=amended", []),
            ("/fhir/Patient/1/*", ["Observation/a", "Observation/c", "Patient/1"]),
            ("/fhir/Patient/1/*?_type=Observation", ["Observation/a", "Observation/c"]),
            ("/fhir?_type=Patient", ["Patient/1", "Patient/2"]),
            ("/fhir?_type=Patient,Observation&_id=1,b", ["Observation/b", "Patient/1"]),
            ("/fhir/Observation?patient.family=%E5%BC%A0", ["Observation/a", "Observation/c"]),
            ("/fhir/Patient?_has:Observation:patient:_id=b", ["Patient/2"]),
        ] as [(String, [String])])
    func finds(uri: String, expected: [String]) async throws {
        try await withDoor { door async throws in
            try await fill(door)
            let answer = try await door.get(uri)
            #expect(answer.status == 200, "\(answer.diagnostics)")
            #expect(answer.references.sorted() == expected)
            #expect(answer.json["total"]?.integer.map { Int($0) } == expected.count)
            // The same by a form.
            let halves = uri.split(separator: "?", maxSplits: 1).map(String.init)
            let posted = try await door.post(
                halves[0] + "/_search", halves.count > 1 ? halves[1] : "",
                [.contentType: "application/x-www-form-urlencoded"])
            #expect(posted.status == 200, "\(posted.diagnostics)")
            #expect(posted.references.sorted() == expected)
        }
    }

    @Test("links of a compartment's pages lead through it")
    func links() async throws {
        try await withDoor { door async throws in
            try await fill(door)
            for place in ["/fhir/Patient/1/Observation", "/fhir/Patient/1/*", "/fhir"] {
                var found: [String] = []
                var next: String? = place + "?_count=1&_type=Observation"
                if place.hasSuffix("Observation") { next = place + "?_count=1" }
                while let uri = next, found.count < 10 {
                    let page = try await door.get(uri)
                    #expect(page.status == 200)
                    found += page.references
                    next = page.link("next")
                }
                #expect(found == (place == "/fhir" ? ["a", "b", "c"] : ["a", "c"]).map { "Observation/\($0)" })
            }
        }
    }

    @Test(
        "returns 4xx with a reason for scopes that there are not",
        arguments: [
            "/fhir/Organization/1/Patient", "/fhir/Patient/1/Organization", "/fhir?_type=Nothing",
            "/fhir?gender=male", "/fhir/Observation?patient.colour=red", "/fhir/Observation?status.code=x",
        ])
    func refuses(uri: String) async throws {
        try await withDoor { door async throws in
            let answer = try await door.get(uri)
            #expect((400..<500).contains(answer.status))
            #expect(answer.issueCode != nil && !answer.diagnostics.isEmpty)
        }
    }

    @Test("64 concurrent conditional creates over HTTP make one resource")
    func neverTwice() async throws {
        let ifNoneExist = try #require(HTTPField.Name("If-None-Exist"))
        try await withDoor { door async throws in
            let body = #"{"resourceType":"Patient","identifier":[{"system":"urn:card","value":"C1"}]}"#
            let created = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        let answer = try await door.post(
                            "/fhir/Patient", body, [ifNoneExist: "identifier=urn:card|C1"])
                        return answer.status == 201 ? 1 : answer.status == 200 ? 0 : 100
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(created == 1)
            #expect(try await door.get("/fhir/Patient?identifier=C1").references.count == 1)
        }
    }
}
