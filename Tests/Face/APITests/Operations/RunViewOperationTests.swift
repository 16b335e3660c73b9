import HTTPTypes
import JSON
import Testing

/// $viewdefinition-run: <https://sql-on-fhir.org/ig/OperationDefinition-ViewDefinitionRun.html>
@Suite("$viewdefinition-run")
struct RunViewOperationTests {
    private let names = """
        {"resourceType":"ViewDefinition","id":"names","url":"http://example.org/names","name":"names","status":"active",
        "resource":"Patient","select":[{"column":[{"name":"id","path":"getResourceKey()"},
        {"name":"gender","path":"gender"}]}]}
        """

    private func parameters(_ more: String = "", view: String? = nil) -> String {
        "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"viewResource\",\"resource\":\(view ?? names)}\(more)]}"
    }

    @Test("runs a view that is sent along, as JSON, NDJSON and CSV")
    func formats() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let json = try await door.post("/fhir/ViewDefinition/$viewdefinition-run", parameters())
            #expect(json.status == 200)
            #expect(json.json.node?[0]?["id"]?.string == "1")
            #expect(json.headers[.contentType] == "application/json")
            let csv = try await door.post("/fhir/ViewDefinition/$viewdefinition-run?_format=csv", parameters())
            #expect(csv.text == "id,gender\n1,female\n")
            #expect(csv.headers[.contentType]?.hasPrefix("text/csv") == true)
            let bare = try await door.post("/fhir/$viewdefinition-run", names, [.accept: "application/x-ndjson"])
            #expect(bare.text == "{\"id\":\"1\",\"gender\":\"female\"}\n")
            let headless = try await door.post(
                "/fhir/$viewdefinition-run",
                parameters(
                    ",{\"name\":\"_format\",\"valueCode\":\"csv\"},{\"name\":\"header\",\"valueBoolean\":false}"))
            #expect(headless.text == "1,female\n")
        }
    }

    @Test("runs a stored view by its address, its reference and its canonical address")
    func stored() async throws {
        try await withDoor { door async throws in
            #expect(try await door.put("/fhir/ViewDefinition/names", names).status == 201)
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let own = try await door.get("/fhir/ViewDefinition/names/$viewdefinition-run?_format=csv")
            let relative = try await door.get(
                "/fhir/ViewDefinition/$viewdefinition-run?viewReference=ViewDefinition/names&_format=csv")
            let canonical = try await door.get(
                "/fhir/$viewdefinition-run?viewReference=http://example.org/names&_format=csv")
            #expect(own.text == "id,gender\n1,female\n")
            #expect(relative.text == own.text)
            #expect(canonical.text == own.text)
            #expect(try await door.get("/fhir/ViewDefinition/none/$viewdefinition-run").status == 404)
        }
    }

    @Test("filters by patient, limits rows, and takes resources that are sent along")
    func filters() async throws {
        try await withDoor { door async throws in
            for id in ["1", "2", "3"] { _ = try await door.put("/fhir/Patient/\(id)", patient(id)) }
            let one = try await door.post("/fhir/$viewdefinition-run?patient=Patient/2&_format=csv", names)
            #expect(one.text == "id,gender\n2,female\n")
            let two = try await door.post("/fhir/$viewdefinition-run?_limit=2", names)
            #expect(two.json.node?.count == 2)
            let later = try await door.post("/fhir/$viewdefinition-run?_since=2999-01-01T00:00:00Z", names)
            #expect(later.json.node?.count == 0)
            let sent = try await door.post(
                "/fhir/$viewdefinition-run?_format=csv",
                parameters(",{\"name\":\"resource\",\"resource\":\(patient("9"))}"))
            #expect(sent.text == "id,gender\n9,female\n")
            #expect(try await door.post("/fhir/$viewdefinition-run?patient=Patient/none", names).status == 404)
        }
    }

    @Test("says what is wrong with a view, a format and a parameter")
    func faults() async throws {
        try await withDoor { door async throws in
            let broken = names.replacing("gender\"}", with: "gender.\"}")
            let view = try await door.post("/fhir/$viewdefinition-run", broken)
            #expect(view.status == 422)
            #expect(view.diagnostics.contains("select[0].column[1].path"))
            #expect(try await door.post("/fhir/$viewdefinition-run?_format=xml", names).status == 406)
            #expect(try await door.post("/fhir/$viewdefinition-run?group=Group/1", names).status == 400)
            #expect(try await door.get("/fhir/$viewdefinition-run").status == 400)
            // Rows are for views alone.
            #expect(try await door.get("/fhir/Patient?_format=csv").status == 406)
        }
    }
}
