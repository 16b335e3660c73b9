import AuditLog
import HTTPTypes
import JSON
import Records
import Testing

/// CDS Hooks: <https://cds-hooks.hl7.org/2.0/>
@Suite("Advice at the point of care")
struct AdviceTests {
    static let json: HTTPFields = [.contentType: "application/json"]
    static let view = "/cds-services/programmes-patient-view"
    static let select = "/cds-services/programmes-order-select"

    static func fill(_ door: TestDoor, diabetes: Int = 400, sugar: Int? = nil) async throws {
        _ = try await door.put(
            "/fhir/Patient/1", patient("1", more: #","identifier":[{"system":"urn:his","value":"77"}]"#))
        _ = try await door.put("/fhir/Condition/e11-1", SugarPath.diabetes("1", diabetes))
        if let sugar { _ = try await door.put("/fhir/Observation/a1c-1-\(sugar)", SugarPath.sugar("1", 7.4, sugar)) }
    }

    static func cards(_ answer: Answer) -> [JSONNode] { answer.json["cards"].map { Array($0.elements) } ?? [] }

    static func summaries(_ answer: Answer) -> [String] { cards(answer).compactMap { $0["summary"]?.string } }

    @Test("can be found by anybody, one service for each hook")
    func discovery() async throws {
        try await withGuardedDoor(pathways: [try SugarPath.pathway()]) { house in
            let answer = try await house.door.get("/cds-services")
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType]?.hasPrefix("application/json") == true)
            let services = answer.json["services"].map { Array($0.elements) } ?? []
            #expect(services.compactMap { $0["hook"]?.string } == ["patient-view", "order-select"])
            #expect(services.compactMap { $0["id"]?.string } == ["programmes-patient-view", "programmes-order-select"])
            #expect(services.allSatisfy { $0["prefetch"]?["patient"]?.string == "Patient/{{context.patientId}}" })
            #expect(services.allSatisfy { $0["description"]?.string?.isEmpty == false })
        }
    }

    @Test("tells what is overdue first, with reason, source, suggestion and link, then grades")
    func patientView() async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            try await Self.fill(door, sugar: 200)
            let answer = try await door.post(Self.view, SugarPath.call("patient-view", "1"), Self.json)
            #expect(answer.status == 200, "\(answer.text)")
            let cards = Self.cards(answer)
            // The eyes are overdue by more than a month: prompted, so critical; the form and the sugar are overdue as well.
            #expect(cards.prefix(3).compactMap { $0["indicator"]?.string } == ["critical", "critical", "warning"])
            let eyes = try #require(cards.first)
            #expect(eyes["summary"]?.string?.contains("逾期") == true)
            #expect(eyes["summary"]?.string?.contains("眼底检查") == true)
            #expect(eyes["detail"]?.string?.contains("规则：眼底检查") == true)
            #expect(eyes["detail"]?.string?.contains("家庭医生") == true)
            #expect(eyes["detail"]?.string?.contains("提示单") == true)
            #expect(eyes["source"]?["label"]?.string == "血糖管理；本平台默认")
            let resource = eyes["suggestions"]?[0]?["actions"]?[0]?["resource"]
            #expect(eyes["suggestions"]?[0]?["actions"]?[0]?["type"]?.string == "create")
            #expect(resource?["resourceType"]?.string == "ServiceRequest")
            #expect(resource?["subject"]?["reference"]?.string == "Patient/1")
            #expect(eyes["links"]?[0]?["url"]?.string?.hasSuffix("/residents/1") == true)
            #expect(cards.allSatisfy { ($0["summary"]?.string?.count ?? 999) <= 140 })
            #expect(cards.allSatisfy { $0["uuid"]?.string?.count == 36 })
            let form = try #require(cards.first { $0["summary"]?.string?.contains("年度评估") == true })
            let task = form["suggestions"]?[0]?["actions"]?[0]?["resource"]
            #expect(task?["resourceType"]?.string == "Task")
            #expect(task?["input"]?[0]?["valueCanonical"]?.string == "https://example.org/Questionnaire/yearly")
            #expect(Self.summaries(answer).contains { $0.hasPrefix("分级") && $0.contains("poor") })
            // The same again gives the same cards.
            let again = try await door.post(Self.view, SugarPath.call("patient-view", "1"), Self.json)
            #expect(Self.cards(again).map { $0["uuid"]?.string } == cards.map { $0["uuid"]?.string })
            #expect(try door.store.status().resourceCounts["Task"] ?? 0 == 0)
        }
    }

    @Test("speaks English where the client asks for it first")
    func english() async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            try await Self.fill(door)
            var headers = Self.json
            headers[.acceptLanguage] = "en-GB,zh;q=0.5"
            let answer = try await door.post(Self.view, SugarPath.call("patient-view", "1"), headers)
            #expect(Self.summaries(answer).first?.contains("days overdue") == true)
            #expect(Self.cards(answer).first?["source"]?["label"]?.string?.hasPrefix("Sugar care") == true)
        }
    }

    @Test("tells the next steps of somebody for whom all is done, and nothing of one who is on no pathway")
    func quiet() async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            try await Self.fill(door, diabetes: 100, sugar: 80)
            _ = try await door.put("/fhir/Patient/2", patient("2"))
            let answer = try await door.post(Self.view, SugarPath.call("patient-view", "1"), Self.json)
            #expect(Self.summaries(answer).contains { $0.hasPrefix("下一步") && $0.contains("糖化血红蛋白复查") })
            let none = try await door.post(Self.view, SugarPath.call("patient-view", "2"), Self.json)
            #expect(none.status == 200)
            #expect(none.json["cards"]?.isArray == true)
            #expect(Self.cards(none).isEmpty)
        }
    }

    @Test("takes what the client has sent along into account, where it is about the person")
    func prefetch() async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            try await Self.fill(door, diabetes: 100)
            func answer(_ patient: String) async throws -> [String] {
                let more =
                    #","prefetch":{"patient":null,"recent":{"resourceType":"Bundle","type":"searchset","entry":[{"resource":"#
                    + SugarPath.sugar(patient, 6.5, 2) + "}]}}"
                return Self.summaries(
                    try await door.post(Self.view, SugarPath.call("patient-view", "1", more: more), Self.json))
            }
            #expect(try await answer("2").contains { $0.contains("首次糖化血红蛋白") })
            let own = try await answer("1")
            #expect(!own.contains { $0.contains("首次糖化血红蛋白") })
            #expect(own.contains { $0.hasPrefix("分级") && $0.contains("good") })
        }
    }

    @Test("finds a person whom the client calls otherwise by an identifier of the patient sent along")
    func identifier() async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            try await Self.fill(door)
            let sent =
                #","prefetch":{"patient":{"resourceType":"Patient","id":"x","identifier":[{"system":"urn:his","value":"77"}]}}"#
            let answer = try await door.post(Self.view, SugarPath.call("patient-view", "his-77", more: sent), Self.json)
            #expect(answer.status == 200)
            #expect(Self.summaries(answer).contains { $0.contains("眼底检查") })
        }
    }

    @Test("warns of an order that repeats what was done in the window, and tells what else is expected")
    func repeats() async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            try await Self.fill(door, sugar: 20)
            let context = SugarPath.drafts(SugarPath.order("o", "4548-4", "1"), selecting: ["ServiceRequest/o"])
            let answer = try await door.post(
                Self.select, SugarPath.call("order-select", "1", context: context), Self.json)
            #expect(answer.status == 200, "\(answer.text)")
            let card = try #require(Self.cards(answer).first { $0["summary"]?.string?.contains("可能重复") == true })
            #expect(card["indicator"]?.string == "warning")
            #expect(card["summary"]?.string?.contains(SugarPath.day(20)) == true)
            #expect(card["detail"]?.string?.contains("Observation/a1c-1-20") == true)
            #expect(Self.summaries(answer).contains { $0.contains("眼底检查") })
        }
    }

    @Test("says which tasks an order does; then those aren't asked for any more")
    func serves() async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            try await Self.fill(door, sugar: 200)
            let context = SugarPath.drafts(
                SugarPath.order("o", "4548-4", "1"), SugarPath.order("p", "32451-7", "1"),
                SugarPath.order("q", "32451-7", "2"), selecting: ["ServiceRequest/o", "ServiceRequest/p"])
            let answer = try await door.post(
                Self.select, SugarPath.call("order-select", "1", context: context), Self.json)
            let found = Self.summaries(answer)
            #expect(found.contains("该申请可完成：糖化血红蛋白复查"))
            #expect(found.contains("该申请可完成：眼底检查"))
            #expect(!found.contains { $0.hasPrefix("逾期") })
            #expect(found.count == 2)
        }
    }

    @Test(
        "refuses what isn't a call",
        arguments: [
            ("", 400), ("[]", 400), ("{", 400), (SugarPath.call("order-select", "1"), 400),
            (#"{"hook":"patient-view","context":{"userId":"Practitioner/1","patientId":"1"}}"#, 400),
            (#"{"hook":"patient-view","hookInstance":"i","context":{"patientId":"1"}}"#, 400),
            (#"{"hook":"patient-view","hookInstance":"i","context":{"userId":"Practitioner/1"}}"#, 400),
            (#"{"hook":"patient-view","hookInstance":"i"}"#, 400),
            (SugarPath.call("patient-view", "no/id"), 400),
            (SugarPath.call("patient-view", "1", more: #","prefetch":[]"#), 400),
            (SugarPath.call("patient-view", "unknown"), 412),
        ])
    func refusals(body: String, status: Int) async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            try await Self.fill(door)
            let answer = try await door.post(Self.view, body, Self.json)
            #expect(answer.status == status)
            #expect(answer.json["issue"]?[0]?["diagnostics"]?.string?.isEmpty == false)
        }
    }

    @Test("refuses order-select without drafts, other media, other methods and services that aren't there")
    func places() async throws {
        try await withDoor(pathways: [try SugarPath.pathway()]) { door async throws in
            try await Self.fill(door)
            #expect(try await door.post(Self.select, SugarPath.call("order-select", "1"), Self.json).status == 400)
            let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
            #expect(try await door.post(Self.view, SugarPath.call("patient-view", "1"), form).status == 415)
            #expect(try await door.get(Self.view).status == 405)
            #expect(try await door.post("/cds-services", "{}", Self.json).status == 405)
            #expect(try await door.post("/cds-services/other", "{}", Self.json).status == 404)
        }
        try await withDoor { door async throws in
            #expect(try await door.get("/cds-services").text == #"{"services":[]}"#)
            #expect(try await door.post(Self.view, SugarPath.call("patient-view", "1"), Self.json).status == 404)
        }
    }

    // MARK: - Who asks

    @Test("is for those who are signed in and may see the person, and what was read is in the audit log")
    func access() async throws {
        try await withGuardedDoor(pathways: [try SugarPath.pathway()]) { house in
            let put = try await house.door.put("/fhir/Condition/e11-p1", SugarPath.diabetes("p1", 400), house.program)
            #expect(put.status == 201)
            let body = SugarPath.call("patient-view", "p1")
            #expect(try await house.door.post(Self.view, body, Self.json).status == 401)
            func call(_ headers: HTTPFields, _ patient: String = "p1") async throws -> Answer {
                var headers = headers
                headers[.contentType] = "application/json"
                return try await house.door.post(Self.view, SugarPath.call("patient-view", patient), headers)
            }
            var bad = house.program
            bad[.authorization] = "Bearer nonsense"
            #expect(try await call(bad).status == 401)
            let own = try await house.pass(.clinician)
            // Without the form's token another site could have sent it.
            #expect(try await call(own.headers).status == 403)
            let answer = try await call(own.writing)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(Self.summaries(answer).contains { $0.contains("眼底检查") })
            // Whom the rules hide isn't there: the same answer as for nobody.
            let hidden = try await call(own.writing, "p2")
            let nobody = try await call(own.writing, "nobody")
            #expect(hidden.status == 412 && nobody.status == 412)
            #expect(hidden.diagnostics == nobody.diagnostics)
            #expect(try await call(house.program).status == 200)
            let log = try house.log()
            #expect(log.contains { $0.patients.contains("Patient/p1") && $0.action == .operation })
        }
    }

    @Test("takes what came of cards, and refuses what says nothing")
    func feedback() async throws {
        try await withGuardedDoor(pathways: [try SugarPath.pathway()]) { house in
            var headers = house.program
            headers[.contentType] = "application/json"
            let card = "4e0a3a1e-3283-4575-ab82-028d55fe2719"
            func send(_ feedback: String, _ headers: HTTPFields) async throws -> Int {
                try await house.door.post(Self.view + "/feedback", #"{"feedback":[\#(feedback)]}"#, headers).status
            }
            let at = #""outcomeTimestamp":"2026-11-23T08:00:00Z""#
            let accepted =
                #"{"card":"\#(card)","outcome":"accepted","acceptedSuggestions":[{"id":"\#(card)-1"}],\#(at)}"#
            let overridden =
                #"{"card":"\#(card)","outcome":"overridden","overrideReason":{"reason":{"code":"declined"}},\#(at)}"#
            #expect(try await send("\(accepted),\(overridden)", headers) == 200)
            #expect(try await send(accepted, Self.json) == 401)
            for wrong in [
                "", #"{"card":"x","outcome":"accepted",\#(at)}"#, #"{"card":"\#(card)","outcome":"liked",\#(at)}"#,
                #"{"card":"\#(card)","outcome":"overridden"}"#, #"{"card":"\#(card)","outcome":"accepted",\#(at)}"#,
            ] { #expect(try await send(wrong, headers) == 400, "\(wrong)") }
            let log = try house.log()
            #expect(log.contains { $0.reason == "overridden declined" })
            #expect(log.contains { $0.reason == "accepted 1" })
        }
    }
}
