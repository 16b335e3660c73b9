import AuditLog
import FHIR
import Foundation
import HTTPTypes
import JSON
import Records
import Testing

/// What a resident and a clinician do with forms, page by page.
@Suite("Forms on pages")
struct FormPagesTests {
    static let sdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
    static let core = "http://hl7.org/fhir/StructureDefinition/"

    /// A questionnaire with a condition, a calculation, a group that repeats, and Observations.
    static let questionnaire = """
        {"resourceType":"Questionnaire","id":"q1","url":"https://example.org/Questionnaire/q1","version":"1",\
        "status":"active","title":"随访表","_title":{"extension":[{"url":"\(core)translation","extension":[\
        {"url":"lang","valueCode":"en"},{"url":"content","valueString":"Follow-up"}]}]},"subjectType":["Patient"],"item":[\
        {"linkId":"name","text":"姓名","type":"string","readOnly":true,"extension":[{"url":"\(sdc)initialExpression",\
        "valueExpression":{"language":"text/fhirpath","expression":"%patient.name.text"}}]},\
        {"linkId":"smokes","text":"吸烟吗","type":"boolean","required":true},\
        {"linkId":"daily","text":"每天几支","type":"integer","enableWhen":[{"question":"smokes","operator":"=","answerBoolean":true}],\
        "extension":[{"url":"\(core)maxValue","valueInteger":100}]},\
        {"linkId":"weekly","text":"每周几支","type":"integer","readOnly":true,"extension":[{"url":"\(sdc)calculatedExpression",\
        "valueExpression":{"language":"text/fhirpath","expression":"%resource.item.where(linkId='daily').answer.value * 7"}}]},\
        {"linkId":"weight","text":"体重","type":"decimal","code":[{"system":"http://loinc.org","code":"29463-7"}],"extension":[\
        {"url":"\(core)questionnaire-unit","valueCoding":{"system":"http://unitsofmeasure.org","code":"kg"}},\
        {"url":"\(sdc)observationExtract","valueBoolean":true}]},\
        {"linkId":"drugs","text":"用药","type":"group","repeats":true,"item":[{"linkId":"drug","text":"药名","type":"string"}]}]}
        """

    private func withForms(
        _ body: @Sendable @escaping (TestHouse, @escaping @Sendable () -> TestBrowser) async throws -> Void
    ) async throws {
        try await withHouse { house, browser in
            try await house.store.put(Self.questionnaire)
            try await body(house, browser)
        }
    }

    /// The name of the field with a label.
    private func field(_ label: String, _ page: TestBrowser.Shown) throws -> String {
        let text = page.text
        if let match = text.firstMatch(of: try Regex<(Substring, Substring)>("<label for=\"f-(q[_0-9-]+)\">\(label)")) {
            return String(match.output.1)
        }
        let legend = try Regex<(Substring, Substring)>(
            "<legend>\(label)[^§]*?<input type=\"hidden\" name=\"(q[_0-9-]+)\"")
        return String(try #require(text.firstMatch(of: legend), "\(label)").output.1)
    }

    private func response(_ page: TestBrowser.Shown) throws -> String {
        String(try #require(page.uri.firstMatch(of: /responses\/([A-Za-z0-9.-]+)/)).output.1)
    }

    @Test("residents are offered what a programme gives them and what stands beside programmes, staff all of them")
    func offers() async throws {
        let join = ProgrammeSample.action(
            "join", "加入", "entry", ProgrammeSample.trigger("%record.ofType(Observation)"))
        let steps = [("asked", "resident"), ("done", "family-doctor")].map { id, role in
            ProgrammeSample.action(
                id, id, "activity",
                ProgrammeSample.trigger("%entered") + "," + ProgrammeSample.days(7) + "," + ProgrammeSample.role(role)
                    + #","definitionCanonical":"https://healthbrain.dev/fhir/Questionnaire/\#(id)|1""#)
        }
        let pathway = try ProgrammeSample.pathway("forms", "表格", [join] + steps)
        try await withHouse(pathways: [pathway]) { house, browser in
            try await house.store.put(ProgrammeSample.patient("p1", "王秀英", centre: "o1"))
            for (id, base, title) in [
                ("asked", "healthbrain.dev/fhir", "自己填的表"), ("done", "healthbrain.dev/fhir", "医生填的表"),
                ("end", "healthbrain.dev/fhir", "结案表"), ("other", "example.org", "医院的问卷"),
            ] {
                try await house.store.put(
                    """
                    {"resourceType":"Questionnaire","id":"\(id)","url":"https://\(base)/Questionnaire/\(id)",\
                    "status":"active","title":"\(title)","item":[{"linkId":"a","text":"?","type":"boolean"}]}
                    """)
            }
            await house.store.settle()
            let grandma = browser()
            try await grandma.signIn("grandma")
            let own = try await grandma.open("/forms?lang=zh").text
            #expect(own.contains("自己填的表") && own.contains("医院的问卷"))
            #expect(!own.contains("医生填的表") && !own.contains("结案表"))
        }
    }

    @Test("a resident fills one, sees what follows, signs it, and it stands in the record")
    func fill() async throws {
        try await withForms { house, browser in
            let grandma = browser()
            try await grandma.signIn("grandma")
            var page = try await grandma.open("/forms")
            #expect(page.text.contains("随访表") && page.text.contains("还没有填写过表格"))
            page = try await grandma.open("/forms/q1?patient=p1")
            #expect(page.status == .ok && page.text.contains("王秀英") && !page.text.contains("每天几支"))
            let smokes = try field("吸烟吗", page)
            page = try await grandma.post("/forms/q1", ["action": "update", smokes: "true"])
            let daily = try field("每天几支", page)
            page = try await grandma.post("/forms/q1", ["action": "update", smokes: "true", daily: "20"])
            #expect(page.text.contains("<output>140</output>"))
            let weight = try field("体重", page)
            page = try await grandma.post(
                "/forms/q1", ["action": "sign", smokes: "true", daily: "20", weight: "61.50"])
            #expect(page.status == .ok && page.text.contains("已签名提交,结果已记入健康档案"))
            let id = try response(page)
            let stored = try house.document("QuestionnaireResponse", id)
            #expect(stored["status"]?.string == "completed")
            #expect(stored["source"]?["reference"]?.string == "Patient/p1")
            #expect(stored["questionnaire"]?.string == "https://example.org/Questionnaire/q1|1")
            let made = try house.store.search(
                type: "Observation", parameters: [("derived-from", "QuestionnaireResponse/\(id)")])
            let observation = try JSONDocument(parsing: try #require(made.entries.first).version.json()).root
            #expect(observation["valueQuantity"]?["value"]?.numberText == "61.50")
            #expect(observation["subject"]?["reference"]?.string == "Patient/p1")
            // Both came in one transaction, and the log knows by whom.
            #expect(observation["meta"]?["lastUpdated"]?.string == stored["meta"]?["lastUpdated"]?.string)
            let log = try house.log()
            #expect(
                log.contains { entry in
                    entry.patients == ["Patient/p1"]
                        && entry.entities.contains {
                            if case .resource("QuestionnaireResponse/\(id)", _) = $0 { true } else { false }
                        }
                })
            page = try await grandma.open("/residents/p1")
            #expect(page.text.contains("随访表") && page.text.contains("已签名"))
        }
    }

    @Test("what is missing or wrong is told beside its field and at the top, and nothing is written")
    func wrong() async throws {
        try await withForms { house, browser in
            let grandma = browser()
            try await grandma.signIn("grandma")
            var page = try await grandma.open("/forms/q1")
            let (smokes, weight) = (try field("吸烟吗", page), try field("体重", page))
            page = try await grandma.post("/forms/q1", ["action": "sign", weight: "六十"])
            #expect(page.status == .unprocessableContent)
            #expect(page.text.contains("href=\"#f-\(smokes)\"") && page.text.contains("id=\"p-\(smokes)\""))
            #expect(page.text.contains("href=\"#f-\(weight)\"") && page.text.contains("aria-invalid=\"true\""))
            #expect(page.text.contains("value=\"六十\""))
            page = try await grandma.post("/forms/q1", ["action": "save", weight: "六十"])
            #expect(page.status == .unprocessableContent)
            page = try await grandma.post("/forms/q1", ["action": "update", smokes: "true"])
            let daily = try field("每天几支", page)
            page = try await grandma.post("/forms/q1", ["action": "sign", smokes: "true", daily: "101"])
            #expect(page.status == .unprocessableContent && page.text.contains("不能大于 100"))
            #expect(try house.store.search(type: "QuestionnaireResponse", parameters: []).entries.isEmpty)
        }
    }

    @Test("a clinician saves a draft, goes on with it, and what was not asked for then comes back")
    func draft() async throws {
        try await withForms { house, browser in
            let doctor = browser()
            try await doctor.signIn("doctor")
            var page = try await doctor.open("/forms/q1?patient=p1")
            let smokes = try field("吸烟吗", page)
            page = try await doctor.post("/forms/q1", ["action": "update", smokes: "true"])
            let daily = try field("每天几支", page)
            page = try await doctor.post("/forms/q1", ["action": "update", smokes: "false", daily: "20"])
            #expect(!page.text.contains("每天几支") && page.text.contains("name=\"\(daily)\" value=\"20\""))
            page = try await doctor.post("/forms/q1", ["action": "update", smokes: "true"])
            #expect(page.text.contains("<output>140</output>"))
            page = try await doctor.post("/forms/q1", ["action": "save", smokes: "true"])
            #expect(page.status == .ok && page.text.contains("草稿已保存"))
            let id = try response(page)
            #expect(try house.document("QuestionnaireResponse", id)["status"]?.string == "in-progress")
            #expect(
                try house.document("QuestionnaireResponse", id)["author"]?["reference"]?.string == "Practitioner/d1")
            page = try await doctor.open("/forms?patient=p1")
            #expect(page.text.contains("草稿"))
            page = try await doctor.open("/forms/responses/\(id)")
            page = try await doctor.post("/forms/responses/\(id)", ["action": "sign", smokes: "true", daily: "20"])
            #expect(page.text.contains("已签名提交"))
            #expect(try house.document("QuestionnaireResponse", id)["status"]?.string == "completed")
        }
    }

    @Test("an amended one keeps what stood before, and withdraws what no longer follows")
    func amend() async throws {
        try await withForms { house, browser in
            let grandma = browser()
            try await grandma.signIn("grandma")
            var page = try await grandma.open("/forms/q1")
            let (smokes, weight) = (try field("吸烟吗", page), try field("体重", page))
            page = try await grandma.post("/forms/q1", ["action": "sign", smokes: "false", weight: "61.50"])
            let id = try response(page)
            // A signed one is not changed by the way.
            page = try await grandma.post(
                "/forms/responses/\(id)", ["action": "sign", "form": try token(page), smokes: "true"], hidden: false)
            #expect(page.status == .badRequest)
            page = try await grandma.open("/forms/responses/\(id)?amend=1")
            #expect(page.text.contains("更正中"))
            page = try await grandma.post("/forms/responses/\(id)", ["action": "sign", smokes: "false", weight: "63"])
            #expect(try house.document("QuestionnaireResponse", id)["status"]?.string == "amended")
            #expect(page.text.contains("各个版本"))
            let made = try house.store.search(
                type: "Observation", parameters: [("derived-from", "QuestionnaireResponse/\(id)")])
            #expect(made.entries.count == 1)
            let observation = try #require(made.entries.first).version.key
            #expect(try house.document("Observation", observation.id)["valueQuantity"]?["value"]?.numberText == "63")
            page = try await grandma.open("/forms/responses/\(id)?version=1")
            #expect(page.text.contains("以前的版本") && page.text.contains("61.50"))
            page = try await grandma.open("/forms/responses/\(id)?amend=1")
            page = try await grandma.post("/forms/responses/\(id)", ["action": "sign", smokes: "false", weight: ""])
            #expect(try house.document("Observation", observation.id)["status"]?.string == "entered-in-error")
        }
    }

    private func token(_ page: TestBrowser.Shown) throws -> String {
        String(try #require(page.text.firstMatch(of: /name="form" value="([^"]+)"/)).output.1)
    }

    @Test("two who change the same one are told, and nobody overwrites the other")
    func conflict() async throws {
        try await withForms { house, browser in
            let (grandma, doctor) = (browser(), browser())
            try await grandma.signIn("grandma")
            try await doctor.signIn("doctor")
            var page = try await grandma.open("/forms/q1")
            let smokes = try field("吸烟吗", page)
            page = try await grandma.post("/forms/q1", ["action": "save", smokes: "false"])
            let id = try response(page)
            try await doctor.open("/forms/responses/\(id)")
            try await grandma.open("/forms/responses/\(id)")
            page = try await grandma.post("/forms/responses/\(id)", ["action": "save", smokes: "true"])
            #expect(page.status == .ok)
            for action in ["save", "sign"] {
                try await doctor.open("/forms/responses/\(id)")
                let fields = ["action": action, smokes: "false", "version": "1"]
                page = try await doctor.post("/forms/responses/\(id)", fields)
                #expect(page.status == .conflict && page.text.contains("被别人改过"))
            }
            let stored = try house.document("QuestionnaireResponse", id)
            #expect(String(decoding: stored.compactText(), as: UTF8.self).contains(#""valueBoolean":true"#))
        }
    }

    @Test("a group that repeats grows and shrinks by buttons")
    func repetition() async throws {
        try await withForms { _, browser in
            let grandma = browser()
            try await grandma.signIn("grandma")
            var page = try await grandma.open("/forms/q1")
            let add = String(try #require(page.text.firstMatch(of: /value="(add:[^"]+)"/)).output.1)
            let drug = try field("药名", page)
            page = try await grandma.post("/forms/q1", ["action": add, drug: "二甲双胍"])
            #expect(page.text.matches(of: /药名/).count == 2 && page.text.contains("value=\"二甲双胍\""))
            let remove = String(try #require(page.text.firstMatch(of: /value="(remove:[^"]+)"/)).output.1)
            page = try await grandma.post("/forms/q1", ["action": remove, drug: "二甲双胍"])
            #expect(page.text.matches(of: /药名/).count == 1 && !page.text.contains("二甲双胍"))
        }
    }

    @Test("somebody without a care relation, or of another person, finds nothing", arguments: ["stranger", "lilei"])
    func strangers(login: String) async throws {
        try await withForms { house, browser in
            let grandma = browser()
            try await grandma.signIn("grandma")
            var page = try await grandma.open("/forms/q1")
            page = try await grandma.post("/forms/q1", ["action": "sign", try field("吸烟吗", page): "false"])
            let id = try response(page)
            let stranger = browser()
            try await stranger.signIn(login)
            for uri in [
                "/forms?patient=p1", "/forms/q1?patient=p1", "/forms/responses/\(id)", "/forms/responses/\(id)?amend=1",
            ] {
                #expect(try await stranger.open(uri).status == .notFound, "\(uri)")
            }
            let own = try await stranger.open("/account")
            page = try await stranger.post(
                "/forms/q1", ["form": try token(own), "patient": "p1", "action": "sign"], hidden: false)
            #expect(page.status == .notFound)
        }
    }

    @Test("other faces have none, and nobody who isn't signed in", arguments: ["manager", "cdc", "root", ""])
    func others(login: String) async throws {
        try await withForms { _, browser in
            let somebody = browser()
            if login.isEmpty {
                #expect(try await somebody.open("/forms", following: false).location?.hasPrefix("/sign-in") == true)
            } else {
                try await somebody.signIn(login)
                #expect(try await somebody.open("/forms?patient=p1").status == .forbidden)
            }
        }
    }

    @Test("one that is faulty says so to a clinician, and to a resident in plain words")
    func faulty() async throws {
        try await withForms { house, browser in
            try await house.store.put(
                """
                {"resourceType":"Questionnaire","id":"bad","url":"urn:bad","status":"active","item":[{"linkId":"a","text":"a",\
                "type":"integer","extension":[{"url":"\(Self.sdc)calculatedExpression","valueExpression":\
                {"language":"text/fhirpath","expression":"%nobody"}}]}]}
                """)
            let doctor = browser()
            try await doctor.signIn("doctor")
            var page = try await doctor.open("/forms/bad?patient=p1")
            #expect(page.status == .internalServerError && page.text.contains("%nobody"))
            let grandma = browser()
            try await grandma.signIn("grandma")
            page = try await grandma.open("/forms/bad")
            #expect(page.text.contains("现在不能用") && !page.text.contains("%nobody"))
        }
    }

    @Test("in English too")
    func english() async throws {
        try await withForms { _, browser in
            let grandma = browser()
            try await grandma.signIn("grandma")
            let page = try await grandma.open("/forms/q1?patient=p1&lang=en")
            #expect(page.text.contains("Follow-up") && page.text.contains("Sign and submit"))
            #expect(!page.text.contains("⟦"))
        }
    }
}

extension TestHouse {
    /// A stored resource.
    func document(_ type: String, _ id: String) throws -> JSONNode {
        try JSONDocument(parsing: store.read(ResourceKey(type: type, id: id)).json()).root
    }
}
