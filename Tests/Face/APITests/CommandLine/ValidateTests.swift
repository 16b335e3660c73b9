import API
import JSON
import Testing

/// `healthbrain validate`.
@Suite("validate", .serialized)
struct ValidateTests {
    private func severities(_ line: String) throws -> [String] {
        let outcome = try JSONDocument(parsing: Array(line.utf8)).root
        #expect(outcome["resourceType"]?.string == "OperationOutcome")
        return outcome["issue"].map { $0.elements.compactMap { $0["severity"]?.string } } ?? []
    }

    @Test("prints one OperationOutcome for a good file and exits with 0")
    func good() async throws {
        let folder = try TemporaryFolder()
        let result = try await Program.run("validate", folder.file("p.json", patient("1")))
        #expect(result.code == 0)
        #expect(try result.lines.map(severities) == [["information"]])
    }

    @Test("reads a document over many lines")
    func pretty() async throws {
        let folder = try TemporaryFolder()
        let text = patient("1").replacing(",", with: ",\n  ")
        #expect(try await Program.run("validate", folder.file("p.json", text)).code == 0)
    }

    @Test("prints an outcome for each line of NDJSON, compressed or not, and exits with 1 for an error")
    func lines() async throws {
        let folder = try TemporaryFolder()
        let text = patient("1") + "\n\n" + patient("2", gender: "x") + "\n{\"resourceType\":\n" + patient("3")
        let compressed = try #require(Gzip.deflated(Array(text.utf8)))
        for path in [folder.file("p.ndjson", text), folder.file("q.ndjson.gz", compressed)] {
            let result = try await Program.run("validate", path)
            #expect(result.code == 1)
            #expect(
                try result.lines.map(severities) == [["information"], ["error", "error"], ["fatal"], ["information"]])
        }
    }

    @Test("names file and line in text")
    func text() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("p.ndjson", patient("1") + "\n" + patient("2", gender: "x") + "\n")
        let result = try await Program.run("validate", "--format", "text", path)
        #expect(result.lines.count == 2)
        #expect(result.output.hasPrefix("\(path):2: error Patient.gender:"))
    }

    @Test("checks against definitions that come along")
    func definitions() async throws {
        let folder = try TemporaryFolder()
        let profile = folder.file(
            "d.json",
            #"{"resourceType":"StructureDefinition","url":"http://t/p","type":"Patient","differential":{"element":[{"path":"Patient.photo","min":1}]}}"#
        )
        let path = folder.file("p.json", patient("1"))
        #expect(try await Program.run("validate", "--with", profile, path).code == 0)
        let result = try await Program.run("validate", "--with", profile, "--profile", "http://t/p", path)
        #expect(result.code == 1)
        #expect(try result.lines.map(severities) == [["error"]])
    }

    @Test("exits with 2 for a file that is not there")
    func missing() async throws {
        #expect(try await Program.run("validate", "/nonexistent.json").code == 2)
    }
}
