import FHIR
import JSON
import Terminology
import Testing

/// <https://hl7.org/fhir/R4/conceptmap-operation-translate.html>
@Suite("Translating codes")
struct TranslateTests {
    private static let sign = "http://club.example/signs"

    private static func map(_ unmapped: String = "") -> String {
        """
        {"resourceType":"ConceptMap","url":"http://club.example/map","version":"1","status":"active",
         "sourceUri":"http://club.example/vs/things","targetUri":"http://club.example/vs/signs",
         "group":[{"source":"\(Club.system)","target":"\(sign)"\(unmapped),"element":[
          {"code":"clay","target":[{"code":"S1","display":"Red sign","equivalence":"equivalent"},
            {"code":"S9","equivalence":"wider"}]},
          {"code":"bar","target":[
            {"code":"S2","equivalence":"equivalent","dependsOn":[{"property":"http://club.example/hour","value":"evening"}],
             "product":[{"property":"http://club.example/light","system":"http://club.example/lights","value":"on"}]},
            {"code":"S3","equivalence":"equivalent","dependsOn":[{"property":"http://club.example/hour","value":"noon"}]}]},
          {"code":"game","target":[{"equivalence":"unmatched"}]}]}]}
        """
    }

    private func translate(
        _ service: TerminologyService, _ code: String, _ change: (inout TranslationRequest) -> Void = { _ in }
    ) throws -> Translation {
        var request = TranslationRequest([CodingReference(system: Club.system, code: code)])
        request.url = "http://club.example/map"
        change(&request)
        return try service.translate(request)
    }

    private func texts(_ translation: Translation) -> [String] {
        translation.matches.map { "\($0.equivalence) \($0.concept?.code ?? "-")" }
    }

    @Test("every target is given with its relation and the map")
    func forward() throws {
        let answer = try translate(service(Self.map()), "clay")
        #expect(answer.result)
        #expect(texts(answer) == ["equivalent S1", "wider S9"])
        #expect(answer.matches.first?.concept?.system == Self.sign)
        #expect(answer.matches.first?.concept?.display == "Red sign")
        #expect(answer.matches.first?.source == "http://club.example/map")
        let parameters = try JSONDocument(parsing: answer.parameters()).root
        #expect(parameters["parameter"]?[0]?["valueBoolean"]?.bool == true)
        #expect(parameters["parameter"]?[1]?["part"]?[1]?["valueCoding"]?["code"]?.string == "S1")
    }

    @Test("going backwards turns the relations round")
    func reverse() throws {
        let service = try service(Self.map(), Club.codes)
        var request = TranslationRequest([CodingReference(system: Self.sign, code: "S9")])
        request.isReverse = true
        let answer = try service.translate(request)
        #expect(texts(answer) == ["narrower clay"])
        #expect(answer.matches.first?.concept?.display == "Clay court")
    }

    @Test("a mapping that depends on a fact holds only with it, and brings its products")
    func dependencies() throws {
        let service = try service(Self.map())
        let without = try translate(service, "bar")
        #expect(!without.result)
        #expect(without.message?.contains("http://club.example/hour is “evening”") == true)
        let evening = try translate(service, "bar") {
            $0.dependencies = [("http://club.example/hour", [CodingReference(code: "evening")])]
        }
        #expect(texts(evening) == ["equivalent S2"])
        #expect(evening.matches.first?.products.first?.concept.code == "on")
    }

    @Test("a code that the map calls unmatched has a match that is no result")
    func unmatched() throws {
        let answer = try translate(service(Self.map()), "game")
        #expect(!answer.result)
        #expect(texts(answer) == ["unmatched -"])
    }

    @Test("a code that the map does not have follows its rule for such codes")
    func unmapped() throws {
        let none = try translate(service(Self.map()), "match")
        #expect(!none.result && none.matches.isEmpty)
        #expect(none.message == "There is no mapping for “match” (http://club.example/things).")
        let provided = try translate(service(Self.map(#","unmapped":{"mode":"provided"}"#)), "match")
        #expect(texts(provided) == ["equal match"])
        let fixed = try translate(
            service(Self.map(#","unmapped":{"mode":"fixed","code":"S0","display":"No sign"}"#)), "match")
        #expect(texts(fixed) == ["inexact S0"])
        let other = try translate(
            service(
                Self.map(#","unmapped":{"mode":"other-map","url":"http://club.example/other"}"#),
                """
                {"resourceType":"ConceptMap","url":"http://club.example/other","status":"active","group":[
                 {"source":"\(Club.system)","target":"\(Self.sign)","element":[{"code":"match",
                  "target":[{"code":"S7","equivalence":"equal"}]}]}]}
                """), "match")
        #expect(texts(other) == ["equal S7"])
    }

    @Test("a map that refers to itself is refused")
    func selfReference() throws {
        let service = try service(Self.map(#","unmapped":{"mode":"other-map","url":"http://club.example/map"}"#))
        let error = #expect(throws: TerminologyError.self) { try translate(service, "match") }
        #expect(error?.kind == .unprocessable)
    }

    @Test("without a map, every known one is asked that fits the value sets and the target system")
    func choosing() throws {
        let service = try service(Self.map())
        #expect(try translate(service, "clay") { $0.url = nil }.result)
        #expect(try translate(service, "clay") { ($0.url, $0.target) = (nil, "http://club.example/vs/signs") }.result)
        #expect(try !translate(service, "clay") { ($0.url, $0.target) = (nil, "http://club.example/vs/others") }.result)
        #expect(try translate(service, "clay") { ($0.url, $0.targetSystem) = (nil, Self.sign) }.result)
        #expect(try !translate(service, "clay") { ($0.url, $0.targetSystem) = (nil, "http://far.example") }.result)
    }

    @Test("an unknown map is not found, and a request without code malformed")
    func refusals() throws {
        let service = try service()
        let unknown = #expect(throws: TerminologyError.self) { try translate(service, "clay") }
        #expect(unknown?.status == 404)
        let empty = #expect(throws: TerminologyError.self) { try service.translate(TranslationRequest([])) }
        #expect(empty?.status == 400)
    }
}
