import Foundation
import JSON
import Testing

/// The operations of terminology over HTTP: <https://hl7.org/fhir/R4/terminology-service.html>
@Suite("Terminology operations")
struct TerminologyOperationTests {
    private static let system = "http://club.example/things"
    private static let codes = """
        {"resourceType":"CodeSystem","id":"things","url":"\(system)","version":"1","name":"Things","status":"active",
         "content":"complete","concept":[{"code":"court","display":"Court","concept":[{"code":"clay","display":"Clay court"},
         {"code":"grass","display":"Grass court"}]},{"code":"bar","display":"Bar"}]}
        """
    private static let courts = """
        {"resourceType":"ValueSet","id":"courts","url":"http://club.example/vs/courts","status":"active","compose":{"include":
         [{"system":"\(system)","filter":[{"property":"concept","op":"descendent-of","value":"court"}]}]}}
        """
    private static let map = """
        {"resourceType":"ConceptMap","id":"signs","url":"http://club.example/map","status":"active","group":[
         {"source":"\(system)","target":"http://club.example/signs","element":[{"code":"clay","target":[
          {"code":"S1","equivalence":"equivalent"}]}]}]}
        """

    private func withClub(_ body: @escaping @Sendable (TestDoor) async throws -> Void) async throws {
        try await withDoor { door in
            for resource in [Self.codes, Self.courts, Self.map] {
                let root = try JSONDocument(parsing: Array(resource.utf8)).root
                let place = "\(root["resourceType"]?.string ?? "")/\(root["id"]?.string ?? "")"
                let answer = try await door.put("/fhir/\(place)", resource)
                #expect(answer.status == 201, "\(answer.text)")
            }
            try await body(door)
        }
    }

    /// The value of a parameter of the answer, as text.
    private static func value(_ answer: Answer, _ name: String) -> String? {
        let list = answer.json["parameter"].map { Array($0.elements) } ?? []
        let found = list.first { $0["name"]?.equals(name) ?? false }
        let value = found?.members.first { $0.key.string?.hasPrefix("value") ?? false }?.value
        return value?.string ?? value?.bool.map { "\($0)" }
    }

    @Test(
        "answers by GET",
        arguments: [
            ("CodeSystem/$lookup?system=http://club.example/things&code=clay", "display", "Clay court"),
            ("CodeSystem/$lookup?coding=http://club.example/things%7Cclay", "display", "Clay court"),
            ("CodeSystem/$validate-code?url=http://club.example/things&code=clay", "result", "true"),
            ("CodeSystem/$validate-code?url=http://club.example/things&code=moon", "result", "false"),
            ("CodeSystem/things/$validate-code?code=bar&display=Bar", "result", "true"),
            ("CodeSystem/$subsumes?system=http://club.example/things&codeA=court&codeB=clay", "outcome", "subsumes"),
            ("CodeSystem/things/$subsumes?codeA=clay&codeB=court", "outcome", "subsumed-by"),
            (
                "ValueSet/$validate-code?url=http://club.example/vs/courts&code=clay&system=http://club.example/things",
                "result", "true"
            ),
            ("ValueSet/courts/$validate-code?code=bar&system=http://club.example/things", "result", "false"),
            (
                "ConceptMap/$translate?url=http://club.example/map&system=http://club.example/things&code=clay",
                "result",
                "true"
            ),
            ("ConceptMap/signs/$translate?system=http://club.example/things&code=bar", "result", "false"),
            (
                "ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/ucum-units&code=mm%5BHg%5D"
                    + "&system=http://unitsofmeasure.org", "result", "true"
            ),
            ("CodeSystem/$lookup?system=https://healthbrain.dev/fhir/CodeSystem/gbt-3304&code=22", "display", "畲族"),
        ])
    func byGet(_ path: String, _ name: String, _ value: String) async throws {
        try await withClub { door in
            let answer = try await door.get("/fhir/\(path)")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(Self.value(answer, name) == value, "\(answer.text)")
        }
    }

    @Test(
        "refuses with a status and a reason",
        arguments: [
            ("CodeSystem/$lookup?system=http://club.example/things&code=moon", 404, "not-found"),
            ("CodeSystem/$lookup?system=http://far.example&code=x", 404, "not-found"),
            ("CodeSystem/$lookup?system=http://club.example/things", 400, "required"),
            ("CodeSystem/$lookup?code=clay", 400, "invalid"),
            ("CodeSystem/$validate-code?url=http://far.example&code=x", 404, "not-found"),
            ("ValueSet/$expand?url=http://club.example/vs/none", 404, "not-found"),
            ("ValueSet/$expand", 400, "invalid"),
            ("ValueSet/$expand?url=http://club.example/vs/courts&count=-1", 400, "invalid"),
            ("ValueSet/$expand?url=http://club.example/vs/courts&count=many", 400, "value"),
            ("ValueSet/absent/$expand", 404, "not-found"),
            ("ValueSet/$validate-code?url=http://club.example/vs/none&code=x", 404, "not-found"),
            ("ConceptMap/$translate?url=http://club.example/none&code=x", 404, "not-found"),
        ])
    func refusals(_ path: String, _ status: Int, _ code: String) async throws {
        try await withClub { door in
            let answer = try await door.get("/fhir/\(path)")
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.issueCode == code, "\(answer.text)")
        }
    }

    @Test("expands by url, by id and from the request, in pages and filtered")
    func expand() async throws {
        try await withClub { door in
            for path in ["ValueSet/$expand?url=http://club.example/vs/courts", "ValueSet/courts/$expand"] {
                let answer = try await door.get("/fhir/\(path)")
                #expect(answer.json["expansion"]?["total"]?.integer == 2)
                #expect(answer.json["expansion"]?["contains"]?[1]?["code"]?.string == "grass")
                #expect(answer.json["compose"] == nil)
            }
            let page = try await door.get("/fhir/ValueSet/courts/$expand?offset=1&count=1")
            #expect(page.json["expansion"]?["contains"]?.count == 1)
            #expect(page.json["expansion"]?["offset"]?.integer == 1)
            let filtered = try await door.get("/fhir/ValueSet/courts/$expand?filter=cla")
            #expect(filtered.json["expansion"]?["total"]?.integer == 1)
            let body = Self.courts.replacingOccurrences(of: "descendent-of", with: "is-a")
            let bare = try await door.post("/fhir/ValueSet/$expand", body)
            #expect(bare.json["expansion"]?["total"]?.integer == 3)
            let wrapped = try await door.post(
                "/fhir/ValueSet/$expand",
                #"{"resourceType":"Parameters","parameter":[{"name":"valueSet","resource":\#(body)},{"name":"count","valueInteger":1}]}"#
            )
            #expect(wrapped.json["expansion"]?["contains"]?.count == 1)
        }
    }

    @Test("takes a CodeableConcept by POST")
    func codeableConcept() async throws {
        try await withClub { door in
            let body = """
                {"resourceType":"Parameters","parameter":[{"name":"url","valueUri":"http://club.example/vs/courts"},
                 {"name":"codeableConcept","valueCodeableConcept":{"coding":[{"system":"\(Self.system)","code":"bar"},
                  {"system":"\(Self.system)","code":"grass"}]}}]}
                """
            let answer = try await door.post("/fhir/ValueSet/$validate-code", body)
            #expect(Self.value(answer, "result") == "true")
            #expect(Self.value(answer, "display") == "Grass court")
        }
    }

    @Test("a CodeSystem takes effect as soon as it is written, and goes when it is deleted")
    func takesEffect() async throws {
        try await withClub { door in
            let path = "/fhir/CodeSystem/$lookup?system=\(Self.system)&code=net"
            let before = try await door.get(path)
            #expect(before.status == 404)
            let more = Self.codes.replacingOccurrences(of: #"{"code":"bar""#, with: #"{"code":"net"},{"code":"bar""#)
            let update = try await door.put("/fhir/CodeSystem/things", more)
            #expect(update.status == 200)
            let after = try await door.get(path)
            #expect(after.status == 200)
            let deletion = try await door.delete("/fhir/CodeSystem/things")
            #expect(deletion.status < 300)
            let gone = try await door.get(path)
            #expect(gone.status == 404)
        }
    }
}
