import JSON
import Testing

/// `healthbrain fhirpath`.
@Suite("fhirpath", .serialized)
struct FHIRPathCommandTests {
    private let resource = """
        {"resourceType":"Patient","id":"p","active":true,"birthDate":"1974-12-25","name":[{"use":"official",\
        "family":"Li","given":["Wei"]}],"multipleBirthInteger":2}
        """

    @Test(
        "prints the type and the value of each item",
        arguments: [
            ("name.given", #"[{"type":"string","value":"Wei"}]"#),
            ("birthDate", #"[{"type":"date","value":"1974-12-25"}]"#),
            ("name.use | name.family", #"[{"type":"code","value":"official"},{"type":"string","value":"Li"}]"#),
            ("active and true", #"[{"type":"boolean","value":true}]"#),
            ("-multipleBirth", #"[{"type":"integer","value":-2}]"#),
            ("1.50", #"[{"type":"decimal","value":1.50}]"#),
            ("10.1 'mg'", #"[{"type":"Quantity","value":"10.1 'mg'"}]"#),
            ("@T10:30", #"[{"type":"time","value":"10:30"}]"#),
            ("name", #"[{"type":"HumanName","value":{"use":"official","family":"Li","given":["Wei"]}}]"#),
            ("deceased", "[]"),
        ])
    func values(expression: String, output: String) async throws {
        let folder = try TemporaryFolder()
        let result = try await Program.run("fhirpath", expression, folder.file("p.json", resource))
        #expect(result.code == 0, "\(result.errors)")
        #expect(result.lines == [output])
    }

    @Test(
        "knows the value sets and code tables that come along, and R4's types as profiles",
        arguments: [
            ("name.use.memberOf('http://hl7.org/fhir/ValueSet/name-use')", "true"),
            ("name.use.memberOf('http://hl7.org/fhir/ValueSet/address-use')", "false"),
            ("name.use.memberOf('http://example.org/unknown').empty()", "true"),
            ("conformsTo('http://hl7.org/fhir/StructureDefinition/DomainResource|4.0.1')", "true"),
            ("name.first().conformsTo('http://hl7.org/fhir/StructureDefinition/Period')", "false"),
        ])
    func terminology(expression: String, truth: String) async throws {
        let folder = try TemporaryFolder()
        let result = try await Program.run("fhirpath", expression, folder.file("p.json", resource))
        #expect(result.lines == [#"[{"type":"boolean","value":\#(truth)}]"#], "\(result.errors)")
    }

    @Test("tells which code is above which, by the tables that come along")
    func subsumption() async throws {
        let coding = #"{"system":"http://hl7.org/fhir/sid/icd-10","code":"A05"}"#
        let observation = """
            {"resourceType":"Condition","subject":{"reference":"Patient/p"},"code":{"coding":[\(coding)]},"bodySite":[\
            {"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"A05.900"}]}]}
            """
        let folder = try TemporaryFolder()
        let file = folder.file("c.json", observation)
        for (expression, truth) in [
            ("code.subsumes(%context.bodySite.first())", "true"),
            ("code.subsumedBy(%context.bodySite.first())", "false"),
        ] {
            let result = try await Program.run("fhirpath", expression, file)
            #expect(result.lines == [#"[{"type":"boolean","value":\#(truth)}]"#], "\(expression) \(result.errors)")
        }
    }

    @Test("exits with 2 and names the place of a fault")
    func faults() async throws {
        let folder = try TemporaryFolder()
        let file = folder.file("p.json", resource)
        for (arguments, place) in [
            (["fhirpath", "name.", file], "line 1, column 6"),
            (["fhirpath", "--strict", "name.given1", file], "column 6"),
            (["fhirpath", "name.\n  where(", file], "line 2"), (["fhirpath", "name.foo()", file], "column 6"),
            (["fhirpath", "'a' - 1", file], "column 5"),
        ] {
            let result = try await Program.run(arguments)
            #expect(result.code == 2)
            #expect(result.errors.contains(place), "\(result.errors)")
            #expect(result.output.isEmpty)
        }
        #expect(try await Program.run("fhirpath", "name.given1", file).lines == ["[]"])
        #expect(try await Program.run("fhirpath", "name", folder.path + "/absent.json").code == 2)
        #expect(try await Program.run("fhirpath", "name").code == 2)
    }

    @Test("writes traces to the standard error")
    func traces() async throws {
        let folder = try TemporaryFolder()
        let result = try await Program.run(
            "fhirpath", "name.family.trace('f').length()", folder.file("p.json", resource))
        #expect(result.lines == [#"[{"type":"integer","value":2}]"#])
        #expect(result.errors == "f: [{\"type\":\"string\",\"value\":\"Li\"}]\n")
    }
}
