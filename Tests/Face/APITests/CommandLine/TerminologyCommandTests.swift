import Foundation
import JSON
import Testing

/// `healthbrain terminology load`.
@Suite("terminology load", .serialized)
struct TerminologyCommandTests {
    @Test("puts a table into a server, twice without a second copy, and the server answers from it")
    func load() async throws {
        let folder = try TemporaryFolder()
        let server = try await RunningServer(data: folder.path)
        let file = folder.file("codes.csv", "code,name,up\n1,球场,\n2,\"红土, 场\",1\n")
        for _ in 0..<2 {
            let result = try await Program.run(
                "terminology", "load", file, "--system", "http://club.example/things", "--code", "code", "--display",
                "name",
                "--parent", "up", "--server", server.fhir)
            #expect(result.code == 0, "\(result.errors)")
            #expect(result.output == "2 codes of http://club.example/things\n")
        }
        let status = try await Program.run("status", "--server", server.fhir, "--format", "json")
        let counts = try JSONDocument(parsing: Array(status.output.utf8)).root
        #expect("\(String(decoding: counts.rawText, as: UTF8.self))".contains(#""CodeSystem":1"#), "\(status.output)")
        #expect("\(String(decoding: counts.rawText, as: UTF8.self))".contains(#""ValueSet":1"#), "\(status.output)")
        #expect(await server.stop() == 0)
    }

    @Test("what it prints is a transaction that a server takes and answers from")
    func printed() async throws {
        let folder = try TemporaryFolder()
        let file = folder.file("codes.csv", "code,name,up\n1,球场,\n2,\"红土, 场\",1\n")
        let result = try await Program.run(
            "terminology", "load", file, "--system", "http://club.example/things", "--code", "code", "--display",
            "name",
            "--parent", "up", "--table-version", "7", "--print")
        #expect(result.code == 0, "\(result.errors)")
        try await withDoor { door in
            let taken = try await door.post("/fhir", result.output)
            #expect(taken.status == 200, "\(taken.text)")
            let path = "/fhir/ValueSet/$expand?url=http://club.example/things%3Ffhir_vs&filter=htc"
            let answer = try await door.get(path)
            #expect(answer.json["expansion"]?["contains"]?[0]?["code"]?.string == "2", "\(answer.text)")
            #expect(answer.json["expansion"]?["contains"]?[0]?["version"]?.string == "7")
        }
    }

    @Test("reads GB18030")
    func gb18030() async throws {
        let folder = try TemporaryFolder()
        let file = folder.file("codes.csv", Array("code,name\n1,".utf8) + [0xC7, 0xF2, 0xB3, 0xA1, 0x0A])
        let result = try await Program.run(
            "terminology", "load", file, "--system", "http://x.example", "--code", "code", "--display", "name",
            "--print")
        #expect(result.code == 0)
        #expect(result.output.contains(#""display":"球场""#))
    }

    @Test("exits with 2 and names the place of a fault")
    func faults() async throws {
        let folder = try TemporaryFolder()
        let file = folder.file("codes.csv", "code,name\n1,a\n1,b\n")
        let twice = try await Program.run("terminology", "load", file, "--system", "http://x.example", "--code", "code")
        #expect(twice.code == 2)
        #expect(twice.errors.contains("line 3, column “code”: The code “1” stands on line 2 already."))
        #expect(try await Program.run("terminology", "load", file, "--code", "code").code == 2)
        #expect(try await Program.run("terminology", "load", file, "--drg").code == 2)
        #expect(
            try await Program.run(
                "terminology", "load", "/nonexistent", "--system", "http://x.example", "--code", "code"
            ).code
                == 2)
    }
}
