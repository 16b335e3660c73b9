import API
import Foundation
import JSON
import Testing

/// `healthbrain serve` and `load`, together.
@Suite("load", .serialized)
struct LoadTests {
    /// How many resources of a type a server holds.
    private func count(_ type: String, _ server: RunningServer) async throws -> Int {
        let result = try await Program.run("status", "--server", server.fhir, "--format", "json")
        #expect(result.code == 0, "\(result.errors)")
        return try JSONDocument(parsing: Array(result.output.utf8)).root["resources"]?[JSONKey(type)]?.integer ?? 0
    }

    private func load(_ server: RunningServer, _ folder: TemporaryFolder, _ path: String) async throws -> Program.Result
    {
        try await Program.run("load", path, "--server", server.fhir, "--data", folder.path, "--format", "json")
    }

    @Test("loads a folder of files of every kind, twice with the same result")
    func folder() async throws {
        let (data, work, input) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
        let server = try await RunningServer(data: data.path)
        _ = input.file("a.json", patient("a"))
        _ = input.file("b.ndjson", patient("b") + "\n" + patient() + "\n")
        _ = input.file("c.ndjson.gz", try #require(Gzip.deflated(Array((patient("c") + "\n").utf8))))
        _ = input.file(
            "d.json", "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[{\"resource\":\(patient("d"))}]}"
        )
        _ = input.file("notes.txt", "not ours")
        for _ in 1...2 {
            let result = try await load(server, work, input.path)
            #expect(result.code == 0, "\(result.errors)")
            #expect(try await count("Patient", server) == 5)
        }
        #expect(work.files("refused").isEmpty)
        #expect(work.files("load-").isEmpty)
        #expect(await server.stop() == 0)
    }

    @Test("makes a transaction of POSTs idempotent and keeps its references whole")
    func transaction() async throws {
        let (data, work) = (try TemporaryFolder(), try TemporaryFolder())
        let server = try await RunningServer(data: data.path)
        let uuid = "0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
        let observation = """
            {"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"urn:uuid:\(uuid)"}}
            """
        let bundle = """
            {"resourceType":"Bundle","type":"transaction","entry":[\
            {"fullUrl":"urn:uuid:\(uuid)","resource":\(patient()),"request":{"method":"POST","url":"Patient"}},\
            {"resource":\(observation),"request":{"method":"POST","url":"Observation"}}]}
            """
        let path = work.file("t.json", bundle)
        for _ in 1...2 {
            #expect(try await load(server, work, path).code == 0)
            #expect(try await count("Patient", server) == 1)
            #expect(try await count("Observation", server) == 1)
        }
        #expect(await server.stop(SIGINT) == 0)
    }

    @Test("commits what others refer to by a search before they are sent")
    func dependents() async throws {
        let (data, work) = (try TemporaryFolder(), try TemporaryFolder())
        let server = try await RunningServer(data: data.path)
        func bundle(_ type: String, _ id: String, _ more: String) -> String {
            """
            {"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"\(type)","id":"\(id)"\(more)},\
            "request":{"method":"PUT","url":"\(type)/\(id)"}}]}
            """
        }
        var lines = [bundle("Practitioner", "p", ",\"identifier\":[{\"system\":\"urn:x\",\"value\":\"1\"}]")]
        for number in 1...20 {
            let doctor = ",\"generalPractitioner\":[{\"reference\":\"Practitioner?identifier=urn:x|1\"}]"
            lines.append(bundle("Patient", "n\(number)", doctor))
        }
        let result = try await load(server, work, work.file("p.ndjson", lines.joined(separator: "\n")))
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(try await count("Patient", server) == 20)
        #expect(await server.stop() == 0)
    }

    @Test("writes what is refused with the reason, loads the rest and exits with 1")
    func refused() async throws {
        let (data, work) = (try TemporaryFolder(), try TemporaryFolder())
        let server = try await RunningServer(data: data.path)
        let text = [
            patient("1"), patient("2", gender: "x"), "{\"resourceType\":\"Patient\",", patient("3"), "{\"a\":1}",
            "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":[{\"resource\":\(patient("4")),"
                + "\"request\":{\"method\":\"PUT\",\"url\":\"Patient/4\"}},{\"resource\":\(patient("5", gender: "y")),"
                + "\"request\":{\"method\":\"PUT\",\"url\":\"Patient/5\"}}]}",
        ].joined(separator: "\n")
        let path = work.file("p.ndjson", text)
        let result = try await load(server, work, path)
        #expect(result.code == 1)
        let summary = try JSONDocument(parsing: Array(result.output.utf8)).root
        #expect(summary["accepted"]?.integer == 3)
        #expect(summary["refused"]?.integer == 4)
        #expect(try await count("Patient", server) == 3)
        let file = try #require(work.files("refused-").first)
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 4)
        for line in lines {
            let refusal = try JSONDocument(parsing: Array(line.utf8)).root
            #expect(refusal["file"]?.string == path)
            #expect(refusal["outcome"]?["issue"]?[0]?["diagnostics"]?.string?.isEmpty == false)
        }
        #expect(lines.contains { $0.contains("\"id\":\"2\"") && $0.contains("Patient.gender") })
        #expect(await server.stop() == 0)
    }

    @Test("goes on after an interruption, and begins anew at a server that lacks what was sent")
    func resumes() async throws {
        let (data, work) = (try TemporaryFolder(), try TemporaryFolder())
        let server = try await RunningServer(data: data.path)
        let bad = "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[]}"
        let path = work.file("p.ndjson", patient("1") + "\n" + bad)
        let first = try await load(server, work, path)
        #expect(first.code == 0, "\(first.errors)")
        // A journal as an interrupted load leaves it behind.
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        let bytes = try #require(facts[.size] as? NSNumber).intValue
        let modified = Int(try #require(facts[.modificationDate] as? Date).timeIntervalSince1970)
        let header = "\(server.fhir)|\(path) \(bytes) \(modified)"
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in header.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let name = "load-\(String(hash, radix: 36)).journal"
        _ = work.file(name, header + "\n0 0 Patient/1\n0 1")
        let second = try await load(server, work, path)
        #expect(second.code == 0)
        #expect(try JSONDocument(parsing: Array(second.output.utf8)).root["skipped"]?.integer == 1)
        _ = work.file(name, header + "\n0 0 Patient/never-sent\n")
        let third = try await load(server, work, path)
        #expect(try JSONDocument(parsing: Array(third.output.utf8)).root["skipped"]?.integer == 0)
        #expect(await server.stop() == 0)
    }

    @Test("keeps the data over a restart; the folder belongs to one process at a time")
    func restart() async throws {
        let (data, work) = (try TemporaryFolder(), try TemporaryFolder())
        let first = try await RunningServer(data: data.path)
        #expect(try await load(first, work, work.file("p.json", patient("1"))).code == 0)
        #expect(try await Program.run("status", "--data", data.path).code == 1)
        #expect(await first.stop() == 0)
        let status = try await Program.run("status", "--data", data.path, "--format", "json")
        #expect(status.code == 0)
        #expect(try JSONDocument(parsing: Array(status.output.utf8)).root["resources"]?["Patient"]?.integer == 1)
        #expect(try await Program.run("rebuild", "timeline", "--data", data.path).code == 0)
        #expect(try await Program.run("rebuild", "nothing", "--data", data.path).code == 2)
        let second = try await RunningServer(data: data.path)
        #expect(try await count("Patient", second) == 1)
        #expect(await second.stop() == 0)
    }
}
