import AuditLog
import Gate
import HTTPTypes
import JSON
import Records
import Testing

/// What a house that asks who is there answers, by HTTP.
@Suite("a guarded door")
struct GuardedDoorTests {
    @Test(
        "answers 401 with a challenge and an OperationOutcome to whoever is not signed in",
        arguments: [
            "/fhir/Patient/p1", "/fhir/Patient/nobody", "/fhir/Patient", "/fhir", "/fhir/Nonsense/1", "/fhir/_history",
            "/fhir/Patient/p1/_history/1", "/fhir/Patient/p1/$everything", "/fhir/AuditEvent", "/fhir/ValueSet/$expand",
            "/fhir/Organization/h1", "/audit/checkpoint",
        ])
    func anonymous(_ uri: String) async throws {
        try await withGuardedDoor { house async throws in
            let answer = try await house.door.get(uri)
            #expect(answer.status == 401)
            #expect(answer.headers[.wwwAuthenticate]?.hasPrefix("Bearer realm=") == true)
            #expect(answer.issueCode == "login")
            #expect(try house.log().last?.outcome == .refused || uri.hasPrefix("/audit"))
        }
    }

    @Test("tells everybody what it can do, and how to sign in")
    func statement() async throws {
        try await withGuardedDoor { house async throws in
            let answer = try await house.door.get("/fhir/metadata")
            #expect(answer.status == 200)
            #expect(answer.json["rest"]?[0]?["security"]?["cors"]?.bool == false)
            #expect(try await house.door.get("/healthz").status == 200)
        }
    }

    static let reads: [(HousePerson, [String: Int])] = [
        (
            .resident,
            ["Patient/p1": 200, "Observation/o1": 200, "Condition/hiv1": 200, "Patient/p2": 404, "Observation/o2": 404]
        ),
        (.parent, ["Patient/p3": 200, "Patient/p4": 200, "Observation/o4": 200, "Patient/p1": 404]),
        (
            .clinician,
            [
                "Patient/p1": 200, "Observation/o1": 200, "Condition/hiv1": 404, "Patient/p2": 404,
                "Condition/measles2": 404,
            ]
        ),
        (.granted, ["Condition/hiv1": 200, "Patient/p1": 200, "Observation/o2": 404]),
        (.other, ["Patient/p2": 200, "Patient/p1": 404, "Observation/o4": 200]),
        (
            .epidemiologist,
            ["Condition/measles1": 200, "Condition/measles2": 200, "Condition/flu2": 404, "Observation/o1": 404]
        ),
        (.manager, ["Patient/p1": 403, "Observation/o1": 403, "Organization/h1": 200]),
        (.everything, ["Patient/p1": 403, "Condition/flu2": 403, "Organization/h1": 200]),
        (.system, ["Patient/p1": 403]), (.security, ["Patient/p1": 403]), (.audit, ["Patient/p1": 403]),
        (.nobody, ["Patient/p1": 403, "Organization/h1": 403]),
    ]

    @Test("gives each role what is theirs", arguments: reads)
    func roles(_ person: HousePerson, _ expected: [String: Int]) async throws {
        try await withGuardedDoor { house async throws in
            let pass = try await house.pass(person)
            for (reference, status) in expected.sorted(by: { $0.key < $1.key }) {
                let answer = try await house.door.get("/fhir/\(reference)", pass.headers)
                #expect(answer.status == status, "\(person) \(reference)")
                let type = reference.prefix { $0 != "/" }
                let found = try await house.door.get(
                    "/fhir/\(type)?_id=\(reference.dropFirst(type.count + 1))", pass.headers)
                #expect(found.references.contains(reference) == (status == 200), "\(person) \(reference) by search")
            }
        }
    }

    @Test("answers for a record that one may not see as for one that is not there")
    func hidden() async throws {
        try await withGuardedDoor { house async throws in
            let pass = try await house.pass(.clinician)
            for tail in ["", "/_history", "/_history/1", "/$everything"] {
                let hidden = try await house.door.get("/fhir/Patient/p2\(tail)", pass.headers)
                let missing = try await house.door.get("/fhir/Patient/zz\(tail)", pass.headers)
                #expect(hidden.status == 404)
                #expect(hidden.body == missing.body)
                #expect(
                    hidden.headers.filter { $0.name != HTTPField.Name("X-Request-Id") }
                        == missing.headers.filter { $0.name != HTTPField.Name("X-Request-Id") })
            }
        }
    }

    @Test("takes a cookie's writes only with the form's token and from its own pages; a bearer's as they are")
    func forged() async throws {
        try await withGuardedDoor { house async throws in
            let pass = try await house.pass(.system)
            let view = #"{"resourceType":"Questionnaire","id":"q","status":"draft"}"#
            #expect(try await house.door.put("/fhir/Questionnaire/q", view, pass.headers).status == 403)
            var foreign = pass.writing
            foreign[HTTPField.Name("Sec-Fetch-Site")!] = "cross-site"
            #expect(try await house.door.put("/fhir/Questionnaire/q", view, foreign).status == 403)
            foreign = pass.writing
            foreign[.origin] = "https://evil.example"
            #expect(try await house.door.put("/fhir/Questionnaire/q", view, foreign).status == 403)
            #expect(try await house.door.put("/fhir/Questionnaire/q", view, pass.writing).status == 201)
            #expect(
                try await house.door.put(
                    "/fhir/Questionnaire/q2", view.replacing("\"q\"", with: "\"q2\""), house.program
                ).status == 201)
            #expect(try house.log().filter { $0.reason == "forged" }.count == 3)
        }
    }

    @Test(
        "lets only the system duty write definitions",
        arguments: [HousePerson.clinician, .manager, .audit, .system, .everything])
    func definitions(_ person: HousePerson) async throws {
        try await withGuardedDoor { house async throws in
            let pass = try await house.pass(person)
            let may = person == .system || person == .everything
            let parameter = """
                {"resourceType":"SearchParameter","id":"s","url":"https://example.org/s","name":"S","status":"active",\
                "description":"d","code":"s","base":["Patient"],"type":"string","expression":"Patient.name.text"}
                """
            #expect(
                try await house.door.put("/fhir/SearchParameter/s", parameter, pass.writing).status == (may ? 201 : 403)
            )
            let codes = #"{"resourceType":"CodeSystem","id":"c","status":"draft","content":"complete"}"#
            #expect(try await house.door.put("/fhir/CodeSystem/c", codes, pass.writing).status == (may ? 201 : 403))
            #expect(try await house.door.get("/fhir/CodeSystem?url=x", pass.headers).status == 200)
        }
    }

    @Test("refuses a token that is not good, and says so")
    func badToken() async throws {
        try await withGuardedDoor { house async throws in
            let answer = try await house.door.get("/fhir/Patient/p1", [.authorization: "Bearer nonsense"])
            #expect(answer.status == 401)
            #expect(answer.headers[.wwwAuthenticate]?.contains("invalid_token") == true)
            #expect(try await house.door.get("/fhir/Patient/p1", house.program).status == 200)
        }
    }

    @Test("takes purposes from a closed list, and refuses what does not go with the role")
    func purposes() async throws {
        try await withGuardedDoor { house async throws in
            #expect(
                try await house.door.get("/fhir/Patient/p1", house.pass(.clinician, purpose: "TREAT").headers).status
                    == 200)
            #expect(
                try await house.door.get("/fhir/Patient/p1", house.pass(.clinician, purpose: "HRESCH").headers).status
                    == 403)
            #expect(
                try await house.door.get("/fhir/Patient/p1", house.pass(.clinician, purpose: "CURIOUS").headers).status
                    == 400)
            #expect(try house.log().contains { $0.purpose == "TREAT" && $0.action == .read })
        }
    }

    @Test("lets a person with several roles choose one for the session")
    func choice() async throws {
        try await withGuardedDoor { house async throws in
            let pass = try await house.pass(.parent)
            #expect(try await house.door.get("/fhir/Patient/p3", pass.headers).status == 200)
            var headers = pass.headers
            headers[.contentType] = "application/json"
            let chosen = try await house.door.send(.post, "/session/role", headers, Array(#"{"role":2}"#.utf8))
            #expect(chosen.status == 200)
            let cookie = chosen.headers[.setCookie]?.split(separator: ";").first ?? ""
            headers = pass.headers
            headers[.cookie] = (headers[.cookie] ?? "") + "; " + cookie
            #expect(try await house.door.get("/fhir/Patient/p3", headers).status == 403)
            #expect(
                try await house.door.send(
                    .post, "/session/role", [.contentType: "application/json", .cookie: pass.headers[.cookie] ?? ""],
                    Array(#"{"role":3}"#.utf8)
                ).status == 422)
        }
    }

    @Test("ends a session")
    func signOut() async throws {
        try await withGuardedDoor { house async throws in
            let pass = try await house.pass(.resident)
            #expect(try await house.door.delete("/session", pass.headers).status == 204)
            #expect(try await house.door.get("/fhir/Patient/p1", pass.headers).status == 401)
            #expect(try house.log().suffix(3).map(\.action).contains(.signOut))
        }
    }

    @Test("opens a record by break-glass with a reason, tells the patient, and has it looked at")
    func breakGlass() async throws {
        try await withGuardedDoor { house async throws in
            let pass = try await house.pass(.clinician)
            func open(_ patient: String, _ reason: String, _ pass: GuardedDoor.Pass) async throws -> Answer {
                try await house.door.post(
                    "/fhir/Patient/\(patient)/$break-glass",
                    #"{"resourceType":"Parameters","parameter":[{"name":"reason","valueString":"\#(reason)"}]}"#,
                    pass.writing)
            }
            #expect(try await open("p2", "急", pass).status == 422)
            #expect(try await open("zz", "昏迷，无法询问", pass).status == 404)
            #expect(try await open("p2", "昏迷，无法询问", house.pass(.manager)).status == 403)
            #expect(
                try await house.door.get("/fhir/Patient/p2", house.pass(.clinician, purpose: "ETREAT").headers).status
                    == 404)
            #expect(try await open("p2", "昏迷，无法询问", pass).status == 200)
            let emergency = try await house.pass(.clinician, purpose: "ETREAT")
            #expect(try await house.door.get("/fhir/Patient/p2", emergency.headers).status == 200)
            #expect(try await house.door.get("/fhir/Observation/o2", emergency.headers).status == 200)
            #expect(try await house.door.get("/fhir/Observation/o4", emergency.headers).status == 404)
            #expect(try await house.door.get("/fhir/Patient/p2", pass.headers).status == 404)
            let program = try await house.door.get("/fhir/Task?code=break-glass-review", house.program)
            #expect(program.references.count == 1)
            #expect(
                try await house.door.get("/fhir/Communication?subject=Patient/p2", house.program).references.count == 1)
            let opened = try house.log().filter { $0.action == .breakGlass }
            #expect(opened.filter { $0.outcome == .success }.map(\.patients) == [["Patient/p2"]])
            #expect(opened.filter { $0.outcome == .refused }.count == 3)
        }
    }

    @Test("shows metrics to operators of the system duty, and to this machine")
    func metrics() async throws {
        try await withGuardedDoor { house async throws in
            #expect(try await house.door.get("/metrics").status == 401)
            #expect(try await house.door.get("/readyz").status == 401)
            #expect(try await house.door.get("/metrics", house.pass(.clinician).headers).status == 403)
            #expect(try await house.door.get("/metrics", house.pass(.system).headers).status == 200)
            #expect(try await house.door.get("/metrics", house.pass(.everything).headers).status == 200)
        }
        try await withGuardedDoor(reach: .live) { house async throws in
            #expect(try await house.door.get("/metrics").status == 200)
            #expect(
                try await house.door.get("/metrics", [HTTPField.Name("X-Forwarded-For")!: "10.0.0.1"]).status == 401)
        }
    }

    @Test("counts for managers without showing anybody, and hides small counts")
    func counts() async throws {
        try await withGuardedDoor { house async throws in
            let pass = try await house.pass(.manager)
            let answer = try await house.door.get("/fhir/Patient?_summary=count", pass.headers)
            #expect(answer.status == 200)
            #expect(answer.references.isEmpty)
            #expect(answer.json["total"]?.integer == nil, "four patients are fewer than five")
        }
    }
}
