import HTTPTypes
import JSON
import Testing

/// search: <https://hl7.org/fhir/R4/http.html#search>
@Suite("search")
struct SearchTests {
    @Test("returns a searchset with fullUrl, mode, total and self link")
    func searchset() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1", family: "张"))
            _ = try await door.put("/fhir/Patient/2", patient("2", family: "李"))
            let answer = try await door.get("/fhir/Patient?family=%E5%BC%A0&_total=accurate")
            #expect(answer.status == 200)
            #expect(answer.json["type"]?.string == "searchset")
            #expect(answer.json["total"]?.integer == 1)
            #expect(answer.references == ["Patient/1"])
            let entry = answer.json["entry"]?[0]
            #expect(entry?["fullUrl"]?.string == "http://localhost/fhir/Patient/1")
            #expect(entry?["search"]?["mode"]?.string == "match")
            #expect(answer.link("self")?.hasPrefix("/fhir/Patient?family=%E5%BC%A0") == true)
        }
    }

    @Test("returns an empty Bundle without entries when nothing matches")
    func nothing() async throws {
        try await withDoor { door async throws in
            let answer = try await door.get("/fhir/Patient?family=nobody")
            #expect(answer.status == 200)
            #expect(answer.json["entry"] == nil)
        }
    }

    @Test("links walk every match once")
    func walks() async throws {
        try await withDoor { door async throws in
            for number in 1...11 { _ = try await door.put("/fhir/Patient/p\(number)", patient("p\(number)")) }
            var uri: String? = "/fhir/Patient?gender=female&_count=4"
            var found: [String] = []
            var pages = 0
            while let here = uri, pages < 10 {
                let page = try await door.get(here)
                #expect(page.status == 200)
                found += page.references
                uri = page.link("next")
                pages += 1
            }
            #expect(pages == 3)
            #expect(Set(found) == Set((1...11).map { "Patient/p\($0)" }))
            #expect(found.count == 11)
        }
    }

    @Test("takes the form of POST _search, beside what stands in the address")
    func byPost() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1", family: "张", gender: "male"))
            _ = try await door.put("/fhir/Patient/2", patient("2", family: "张", gender: "female"))
            let answer = try await door.post(
                "/fhir/Patient/_search?gender=male", "family=%E5%BC%A0",
                [.contentType: "application/x-www-form-urlencoded"])
            #expect(answer.status == 200)
            #expect(answer.references == ["Patient/1"])
        }
    }

    @Test("returns 415 for a search sent as JSON")
    func byPostOfJSON() async throws {
        try await withDoor { door async throws in
            #expect(try await door.post("/fhir/Patient/_search", "{}").status == 415)
        }
    }

    @Test("refuses an unknown parameter, and passes over it with handling=lenient")
    func unknownParameter() async throws {
        let prefer = try #require(HTTPField.Name("Prefer"))
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let strict = try await door.get("/fhir/Patient?shoe-size=44")
            #expect(strict.status == 400)
            #expect(strict.issueCode != nil)
            let lenient = try await door.get("/fhir/Patient?shoe-size=44", [prefer: "handling=lenient"])
            #expect(lenient.status == 200)
            #expect(lenient.references.contains("Patient/1"))
            #expect(lenient.link("self")?.contains("shoe-size") == false)
            let last = lenient.json["entry"].flatMap { Array($0.elements).last }
            #expect(last?["search"]?["mode"]?.string == "outcome")
        }
    }

    @Test("returns 400 for a query that isn't percent-encoded UTF-8", arguments: ["%E5", "%zz", "%4"])
    func badEncoding(value: String) async throws {
        try await withDoor { door async throws in
            #expect(try await door.get("/fhir/Patient?family=\(value)").status == 400)
        }
    }

    @Test("counts with _summary=count")
    func count() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let answer = try await door.get("/fhir/Patient?_summary=count")
            #expect(answer.json["total"]?.integer == 1)
            #expect(answer.json["entry"] == nil)
        }
    }
}
