import JSON
import Testing

/// $validate: <https://hl7.org/fhir/R4/resource-operation-validate.html>
@Suite("$validate")
struct ValidateOperationTests {
    @Test("finds nothing in a sound resource, bare or in Parameters")
    func sound() async throws {
        try await withDoor { door async throws in
            let bare = try await door.post("/fhir/Patient/$validate", patient())
            #expect(bare.status == 200)
            #expect(bare.json["issue"]?[0]?["severity"]?.string == "information")
            let wrapped = try await door.post(
                "/fhir/Patient/$validate",
                "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"resource\",\"resource\":\(patient())},"
                    + "{\"name\":\"mode\",\"valueCode\":\"create\"}]}")
            #expect(wrapped.status == 200)
            #expect(wrapped.json["issue"]?[0]?["severity"]?.string == "information")
        }
    }

    @Test("answers 200 with what is wrong, and stores nothing")
    func faults() async throws {
        try await withDoor { door async throws in
            let answer = try await door.post("/fhir/Patient/$validate", patient(gender: "woman"))
            #expect(answer.status == 200)
            #expect(answer.json["issue"]?[0]?["severity"]?.string == "error")
            let other = try await door.post("/fhir/Observation/$validate", patient())
            #expect(other.diagnostics.contains("Observation"))
            #expect(try await door.get("/fhir/Patient?_total=accurate").json["total"]?.integer == 0)
        }
    }

    @Test("checks what is stored when an instance is named without a resource")
    func instance() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            #expect(try await door.get("/fhir/Patient/1/$validate").status == 200)
            #expect(try await door.get("/fhir/Patient/2/$validate").status == 404)
            let update = try await door.post("/fhir/Patient/1/$validate?mode=update", patient("2"))
            #expect(update.json["issue"]?[0]?["expression"]?[0]?.string == "Patient.id")
        }
    }

    @Test("checks against stored profiles, asked for or claimed, and against stored code systems")
    func profiles() async throws {
        try await withDoor { door async throws in
            let profile =
                #"{"resourceType":"StructureDefinition","id":"p","url":"http://t/p","name":"P","status":"draft","kind":"resource","abstract":false,"type":"Patient","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint","differential":{"element":[{"id":"Patient","path":"Patient"},{"id":"Patient.photo","path":"Patient.photo","min":1}]}}"#
            #expect(try await door.put("/fhir/StructureDefinition/p", profile).status == 201)
            let asked = try await door.post("/fhir/Patient/$validate?profile=http://t/p", patient())
            #expect(asked.json["issue"]?[0]?["expression"]?[0]?.string == "Patient.photo")
            let claimed = #"{"resourceType":"Patient","meta":{"profile":["http://t/p"]}}"#
            let answer = try await door.post("/fhir/Patient/$validate", claimed)
            #expect(answer.json["issue"]?[0]?["severity"]?.string == "error")
            let system =
                #"{"resourceType":"CodeSystem","id":"c","url":"http://t/c","name":"C","status":"active","content":"complete","concept":[{"code":"a"}]}"#
            #expect(try await door.put("/fhir/CodeSystem/c", system).status == 201)
            let coded = #"{"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://t/c","code":"b"}]}}"#
            let outcome = try await door.post("/fhir/Patient/$validate", coded)
            #expect(outcome.json["issue"]?[0]?["code"]?.string == "code-invalid")
            #expect(try await door.post("/fhir/Patient", coded).status == 201)
        }
    }

    @Test("wants a resource at the type level, and a mode that it knows")
    func input() async throws {
        try await withDoor { door async throws in
            #expect(try await door.get("/fhir/Patient/$validate").status == 400)
            #expect(try await door.post("/fhir/Patient/$validate?mode=guess", patient()).status == 400)
        }
    }
}
