import Testing

/// Exit codes and help, as scripts see them.
@Suite("command line", .serialized)
struct UsageTests {
    @Test("has help at every level", arguments: ["", "serve", "load", "city", "validate", "status", "rebuild"])
    func help(verb: String) throws {
        let result = verb.isEmpty ? try Program.run("--help") : try Program.run(verb, "--help")
        #expect(result.code == 0)
        #expect(result.output.contains("USAGE: healthbrain"))
    }

    @Test("exits with 2 for a verb, option or value that it does not know")
    func wrongUsage() throws {
        #expect(try Program.run("dance").code == 2)
        #expect(try Program.run("load").code == 2)
        #expect(try Program.run("load", "x", "--sevrer", "y").code == 2)
        #expect(try Program.run("serve", "--data", "x", "--port", "70000").code == 2)
        #expect(try Program.run("city", "--city", "atlantis", "--out", "-").code == 2)
        #expect(try Program.run("status", "--data", "/nonexistent").code == 2)
        #expect(try Program.run("rebuild", "timeline", "--data", "/nonexistent").code == 2)
    }

    @Test("exits with 2 and says why when it is to listen where others can reach it")
    func loopbackOnly() throws {
        let folder = try TemporaryFolder()
        let result = try Program.run("serve", "--data", folder.path, "--host", "0.0.0.0")
        #expect(result.code == 2)
        #expect(result.errors.contains("sign-in"))
    }

    @Test("exits with 1 when the server can't be reached")
    func unreachable() throws {
        #expect(try Program.run("status", "--server", "http://127.0.0.1:1").code == 1)
    }

    @Test("writes the same city twice, one Bundle a line")
    func city() throws {
        func city() throws -> Program.Result {
            try Program.run(
                "city", "--residents", "20", "--days", "30", "--seed", "7", "--end", "2026-01-31", "--out", "-")
        }
        let first = try city()
        let second = try city()
        #expect(first.code == 0)
        #expect(first.output == second.output)
        #expect(first.lines.allSatisfy { $0.hasPrefix("{\"resourceType\":\"Bundle\"") })
    }
}
