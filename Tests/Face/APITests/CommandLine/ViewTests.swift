import Foundation
import Testing

/// `healthbrain view`.
@Suite("healthbrain view")
struct ViewTests {
    private static let names = """
        {"resource":"Patient","select":[{"column":[{"name":"id","path":"id"},{"name":"family","path":"name.family"}]}]}
        """
    private static let one = #"{"resourceType":"Patient","id":"a","name":[{"family":"王"}]}"#
    private static let two = #"{"resourceType":"Patient","id":"b"}"#

    @Test(
        "reads a resource, an array, a bundle and lines",
        arguments: [
            ("one.json", one, 1),
            ("array.json", "[\(one),\n\(two)]", 2),
            (
                "bundle.json",
                #"{"resourceType":"Bundle","type":"collection","entry":[{"resource":\#(one)},{"resource":\#(two)}]}"#, 2
            ),
            ("lines.ndjson", "\(one)\n\(two)\n{\"resourceType\":\"Device\",\"id\":\"d\"}\n", 2),
        ])
    func forms(name: String, content: String, count: Int) async throws {
        let folder = try TemporaryFolder()
        let (view, file) = (folder.file("view.json", Self.names), folder.file(name, content))
        let csv = try await Program.run("view", view, file)
        #expect(csv.code == 0)
        #expect(csv.lines.first == "id,family")
        #expect(csv.lines.dropFirst() == ["a,王", "b,"].prefix(count))
        let json = try await Program.run("view", view, file, "--format", "json")
        let rows = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
        #expect(rows?.map { $0["id"] as? String } == Array(["a", "b"].prefix(count)))
        #expect(try await Program.run("view", view, file, "--format", "ndjson").lines.count == count)
    }

    @Test("gives an empty array where there are no rows")
    func nothing() async throws {
        let folder = try TemporaryFolder()
        let (view, file) = (
            folder.file("view.json", Self.names), folder.file("d.json", #"{"resourceType":"Device","id":"d"}"#)
        )
        let json = try await Program.run("view", view, file, "--format", "json")
        #expect(json.code == 0)
        #expect(json.output.filter { !$0.isWhitespace } == "[]")
    }

    @Test("keeps the order of the resources over many pieces")
    func order() async throws {
        let folder = try TemporaryFolder()
        let view = folder.file("view.json", Self.names)
        let padding = String(repeating: "x", count: 2000)
        let lines = (0..<3000).map { #"{"resourceType":"Patient","id":"p\#($0)","name":[{"text":"\#(padding)"}]}"# }
        let file = folder.file("many.ndjson", lines.joined(separator: "\n"))
        let result = try await Program.run("view", view, file, "--no-header")
        #expect(result.lines == (0..<3000).map { "p\($0)," })
        let array = folder.file("many.json", "[" + lines.joined(separator: ",\n") + "]")
        #expect(try await Program.run("view", view, array, "--no-header").output == result.output)
    }

    @Test("ends with code 2 and says where a view, a file or a value is wrong")
    func faults() async throws {
        let folder = try TemporaryFolder()
        let view = folder.file("view.json", Self.names)
        let broken = folder.file(
            "broken.json", #"{"resource":"Patient","select":[{"column":[{"name":"a","path":"@@"}]}]}"#)
        let first = try await Program.run("view", broken, view)
        #expect(first.code == 2 && first.errors.contains("select[0].column[0].path"))
        let notJSON = try await Program.run(
            "view", view, folder.file("x.ndjson", "{\"resourceType\":\"Patient\"}\n{nothing\n"))
        #expect(notJSON.code == 2 && notJSON.errors.contains("x.ndjson:2"))
        let several = folder.file(
            "several.json", #"{"resourceType":"Patient","id":"s","name":[{"family":"a"},{"family":"b"}]}"#)
        let third = try await Program.run("view", view, several)
        #expect(third.code == 2 && third.errors.contains("Patient/s"))
        #expect(try await Program.run("view", "nothing.json", several).code == 2)
    }
}
