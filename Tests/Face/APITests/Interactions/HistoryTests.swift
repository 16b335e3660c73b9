import HTTPTypes
import JSON
import Testing

/// history: <https://hl7.org/fhir/R4/http.html#history>
@Suite("history")
struct HistoryTests {
    @Test("lists the versions of an instance, newest first, with request and response")
    func instance() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1", family: "张"))
            _ = try await door.put("/fhir/Patient/1", patient("1", family: "李"))
            _ = try await door.delete("/fhir/Patient/1")
            let answer = try await door.get("/fhir/Patient/1/_history")
            #expect(answer.status == 200)
            #expect(answer.json["type"]?.string == "history")
            #expect(answer.json["total"]?.integer == 3)
            let entries = Array(try #require(answer.json["entry"]).elements)
            #expect(
                entries.map { $0["request"]?["method"]?.string } == [
                    "DELETE", "PUT", entries[2]["request"]?["method"]?.string,
                ])
            #expect(entries[0]["resource"] == nil)
            #expect(entries[1]["resource"]?["name"]?[0]?["family"]?.string == "李")
            #expect(entries[1]["response"]?["etag"]?.string == "W/\"2\"")
            #expect(entries[1]["fullUrl"]?.string == "http://localhost/fhir/Patient/1")
        }
    }

    @Test("lists a type and the whole system")
    func typeAndSystem() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            _ = try await door.put(
                "/fhir/Organization/1", "{\"resourceType\":\"Organization\",\"id\":\"1\",\"name\":\"A\"}")
            #expect(try await door.get("/fhir/Patient/_history").references == ["Patient/1"])
            #expect(try await door.get("/fhir/_history").references == ["Organization/1", "Patient/1"])
        }
    }

    @Test("links walk every version once")
    func walks() async throws {
        try await withDoor { door async throws in
            for number in 1...7 { _ = try await door.put("/fhir/Patient/1", patient("1", family: "F\(number)")) }
            var uri: String? = "/fhir/Patient/1/_history?_count=3"
            var versions: [String] = []
            while let here = uri {
                let page = try await door.get(here)
                #expect(page.status == 200)
                versions +=
                    page.json["entry"].map { $0.elements.compactMap { $0["resource"]?["meta"]?["versionId"]?.string } }
                    ?? []
                uri = page.link("next")
            }
            #expect(versions == ["7", "6", "5", "4", "3", "2", "1"])
        }
    }

    @Test("returns nothing since the future")
    func since() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let answer = try await door.get("/fhir/_history?_since=2099-01-01T00:00:00Z")
            #expect(answer.status == 200)
            #expect(answer.references.isEmpty)
        }
    }

    @Test(
        "refuses parameters that can't be read",
        arguments: ["_count=-1", "_count=many", "_since=yesterday", "_at=13", "name=x"])
    func badParameters(query: String) async throws {
        try await withDoor { door async throws in
            let answer = try await door.get("/fhir/_history?\(query)")
            #expect(answer.status == 400)
            #expect(answer.issueCode != nil)
        }
    }

    @Test("returns 404 for an instance that never was")
    func missing() async throws {
        try await withDoor { door async throws in
            #expect(try await door.get("/fhir/Patient/never/_history").status == 404)
        }
    }
}
