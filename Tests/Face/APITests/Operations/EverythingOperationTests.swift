import JSON
import Testing

/// $everything: <https://hl7.org/fhir/R4/patient-operation-everything.html>
@Suite("$everything")
struct EverythingOperationTests {
    static func fill(_ door: TestDoor) async throws {
        _ = try await door.put(
            "/fhir/Organization/clinic", #"{"resourceType":"Organization","id":"clinic","name":"社区"}"#)
        for id in ["1", "2"] {
            let manager = #","managingOrganization":{"reference":"Organization/clinic"}"#
            _ = try await door.put("/fhir/Patient/\(id)", patient(id, more: manager))
            for number in 1...3 {
                _ = try await door.put(
                    "/fhir/Observation/o\(id)\(number)",
                    """
                    {"resourceType":"Observation","id":"o\(id)\(number)","status":"final","code":{"text":"x"},
                    "subject":{"reference":"Patient/\(id)"},"encounter":{"reference":"Encounter/e\(id)"},
                    "effectiveDateTime":"202\(number)-01-01"}
                    """)
            }
            _ = try await door.put(
                "/fhir/Encounter/e\(id)",
                """
                {"resourceType":"Encounter","id":"e\(id)","status":"finished","class":{"code":"AMB"},
                "subject":{"reference":"Patient/\(id)"},"period":{"start":"2022-01-01","end":"2022-01-02"}}
                """)
        }
    }

    @Test(
        "gives the resource, its compartment and what these refer to",
        arguments: [
            (
                "Patient/1/$everything",
                [
                    "Encounter/e1", "Observation/o11", "Observation/o12", "Observation/o13",
                    "Organization/clinic", "Patient/1",
                ]
            ),
            ("Patient/1/$everything?_type=Observation", ["Observation/o11", "Observation/o12", "Observation/o13"]),
            (
                "Patient/1/$everything?start=2022-01-01&_type=Observation,Encounter",
                ["Encounter/e1", "Observation/o12", "Observation/o13"]
            ),
            ("Patient/1/$everything?end=2021&_type=Observation,Encounter", ["Observation/o11"]),
            ("Patient/1/$everything?_since=2999-01-01T00:00:00Z", []),
            (
                "Encounter/e2/$everything",
                [
                    "Encounter/e2", "Observation/o21", "Observation/o22", "Observation/o23",
                    "Patient/2",
                ]
            ),
        ])
    func members(uri: String, expected: [String]) async throws {
        try await withDoor { door async throws in
            try await Self.fill(door)
            #expect(try await door.get("/fhir/\(uri)").references.sorted() == expected)
        }
    }

    @Test("pages without end: every resource once", arguments: ["Patient/1/$everything", "Patient/$everything"])
    func pages(uri: String) async throws {
        try await withDoor { door async throws in
            try await Self.fill(door)
            let whole = try await door.get("/fhir/\(uri)?_type=Patient,Observation,Encounter").references
            #expect(whole.count == (uri.contains("1") ? 5 : 10))
            var next: String? = "/fhir/\(uri)?_count=2&_type=Patient,Observation,Encounter"
            var found: [String] = []
            while let here = next {
                let page = try await door.get(here)
                #expect(page.references.count <= 2)
                found += page.references
                next = page.link("next")
            }
            #expect(found == whole)
        }
    }

    @Test("answers 404 for nobody, and 400 for what it can't read")
    func faults() async throws {
        try await withDoor { door async throws in
            #expect(try await door.get("/fhir/Patient/9/$everything").status == 404)
            #expect(try await door.get("/fhir/Patient/$everything?_type=Colour").status == 400)
            #expect(try await door.get("/fhir/Patient/$everything?_count=x").status == 400)
            #expect(try await door.get("/fhir/Patient/$everything?start=soon").status == 400)
            #expect(try await door.get("/fhir/Encounter/$everything").status == 404)
        }
    }
}
