import Testing

/// Exit codes and help, as scripts see them.
@Suite("command line", .serialized)
struct UsageTests {
    @Test(
        "has help at every level",
        arguments: ["", "serve", "load", "city", "validate", "fhirpath", "status", "rebuild", "terminology"])
    func help(verb: String) async throws {
        let result = verb.isEmpty ? try await Program.run("--help") : try await Program.run(verb, "--help")
        #expect(result.code == 0)
        #expect(result.output.contains("USAGE: healthbrain"))
    }

    @Test("exits with 2 for a verb, option or value that it does not know")
    func wrongUsage() async throws {
        #expect(try await Program.run("dance").code == 2)
        #expect(try await Program.run("load").code == 2)
        #expect(try await Program.run("load", "x", "--sevrer", "y").code == 2)
        #expect(try await Program.run("serve", "--data", "x", "--port", "70000").code == 2)
        #expect(try await Program.run("city", "--city", "atlantis", "--out", "-").code == 2)
        #expect(try await Program.run("status", "--data", "/nonexistent").code == 2)
        #expect(try await Program.run("rebuild", "timeline", "--data", "/nonexistent").code == 2)
    }

    @Test(
        "exits with 2 and says what is missing when it is to listen where others can reach it",
        arguments: [("open", "sign-in"), ("enforced", "--tls-certificate")])
    func beyondThisMachine(access: String, missing: String) async throws {
        let folder = try TemporaryFolder()
        let result = try await Program.run("serve", "--data", folder.path, "--host", "0.0.0.0", "--access", access)
        #expect(result.code == 2)
        #expect(result.errors.contains(missing))
    }

    @Test("asks who is there unless told otherwise, and tells its client what to give")
    func asks() async throws {
        let folder = try TemporaryFolder()
        let server = try await RunningServer(data: folder.path, access: [])
        let file = folder.file("patient.json", #"{"resourceType":"Patient","id":"a"}"#)
        let refused = try await Program.run("load", file, "--server", server.fhir)
        #expect(refused.code == 1)
        #expect(refused.errors.contains("--token-file"))
        let token = folder.path + "/house.token"
        #expect(try await Program.run("load", file, "--server", server.fhir, "--token-file", token).code == 0)
        _ = await server.stop()
    }

    @Test("exits with 1 when the server can't be reached")
    func unreachable() async throws {
        #expect(try await Program.run("status", "--server", "http://127.0.0.1:1").code == 1)
    }

    @Test("writes the same city twice, one Bundle a line")
    func city() async throws {
        func city() async throws -> Program.Result {
            try await Program.run(
                "city", "--residents", "20", "--days", "30", "--seed", "7", "--end", "2026-01-31", "--out", "-")
        }
        let first = try await city()
        let second = try await city()
        #expect(first.code == 0)
        #expect(first.output == second.output)
        #expect(first.lines.allSatisfy { $0.hasPrefix("{\"resourceType\":\"Bundle\"") })
    }
}
