import FHIR
import HTTPTypes
import JSON
import Testing

/// capabilities: <https://hl7.org/fhir/R4/http.html#capabilities>
@Suite("capabilities")
struct CapabilitiesTests {
    @Test("states FHIR 4.0.1, JSON and every resource type")
    func states() async throws {
        try await withDoor { door async throws in
            let answer = try await door.get("/fhir/metadata")
            #expect(answer.status == 200)
            #expect(answer.json["resourceType"]?.string == "CapabilityStatement")
            #expect(answer.json["fhirVersion"]?.string == "4.0.1")
            let types = try #require(answer.json["rest"]?[0]?["resource"]).elements.compactMap { $0["type"]?.string }
            #expect(types == (try Definitions.r4()).resourceTypes)
        }
    }

    @Test("is a valid CapabilityStatement")
    func isValid() async throws {
        try await withDoor { door async throws in
            let answer = try await door.get("/fhir/metadata")
            let issues = Validator(try Definitions.r4()).validate(try #require(answer.json.node))
            #expect(issues.isEmpty, "\(issues.prefix(3))")
        }
    }

    @Test("is honest: every search parameter that it declares is accepted")
    func isHonest() async throws {
        let values = [
            "number": "1", "date": "2026-01-01", "string": "a", "token": "a", "reference": "Patient/1",
            "quantity": "1", "uri": "urn:x", "special": "30.2%7C120.1%7C5%7Ckm",
        ]
        try await withDoor { door async throws in
            let resources = try #require((try await door.get("/fhir/metadata")).json["rest"]?[0]?["resource"])
            let definitions = try Definitions.r4()
            var count = 0
            for resource in resources.elements {
                let type = try #require(resource["type"]?.string)
                for parameter in resource["searchParam"].map({ Array($0.elements) }) ?? [] {
                    let name = try #require(parameter["name"]?.string)
                    let kind = try #require(parameter["type"]?.string)
                    let value: String
                    if kind == "composite" {
                        let components = definitions.searchParameter(name, of: type)?.components ?? []
                        value = components.map { values[$0.type.rawValue] ?? "a" }.joined(separator: "$")
                    } else {
                        value = values[kind] ?? "a"
                    }
                    let answer = try await door.get("/fhir/\(type)?\(name)=\(value)")
                    #expect(answer.status == 200, "\(type)?\(name)=\(value): \(answer.diagnostics)")
                    count += 1
                }
            }
            #expect(count > 1500)
        }
    }

    @Test("declares no interaction that is refused, and refuses what it does not declare")
    func interactions() async throws {
        try await withDoor { door async throws in
            let patient = try #require((try await door.get("/fhir/metadata")).json["rest"]?[0]?["resource"]).elements
                .first { $0["type"]?.equals("Patient") == true }
            let codes = patient?["interaction"].map { Set($0.elements.compactMap { $0["code"]?.string }) }
            #expect(
                codes == [
                    "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create",
                    "search-type",
                ])
            #expect(try await door.send(.trace, "/fhir/Patient/1").status == 405)
        }
    }
}
