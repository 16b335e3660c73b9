import FHIR
import Foundation
import JSON
import Testing
import Views

/// The official tests of SQL on FHIR v2: <https://github.com/FHIR/sql-on-fhir-v2/tree/master/tests>
@Suite struct OfficialTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let resources: JSONNode
        let test: JSONNode
    }

    static let cases: [Case] = Suites.files("sql-on-fhir").flatMap { file -> [Case] in
        guard file.pathExtension == "json", !file.lastPathComponent.contains("schema"),
            let data = try? Data(contentsOf: file), let document = try? JSONDocument(parsing: [UInt8](data)),
            let resources = document.root["resources"], let tests = document.root["tests"]
        else { return [] }
        return tests.elements.map { test in
            let title = test["title"]?.string ?? "?"
            return Case(
                testDescription: "\(file.deletingPathExtension().lastPathComponent): \(title)", resources: resources,
                test: test)
        }
    }

    @Test(
        "a view gives the rows that the official tests expect",
        .enabled(if: !cases.isEmpty, "the suite is not beside the repository"), arguments: cases)
    func official(_ item: Case) throws {
        let definitions = try Definitions.r4()
        func run() throws -> (columns: [String], rows: [JSONNode]) {
            let node = try #require(item.test["view"])
            let view = try View(ViewDefinition(node, definitions: definitions), definitions: definitions)
            let text = ViewText(view, format: .json)
            var body: [UInt8] = []
            for resource in item.resources.elements { text.append(try view.rows(of: resource), to: &body) }
            text.dropSeparator(&body)
            let all = try JSONDocument(parsing: text.head + body + text.tail)
            return (view.columns.map(\.name), Array(all.root.elements))
        }
        if item.test["expectError"]?.bool == true {
            #expect(throws: ViewError.self) { _ = try run() }
            return
        }
        let found = try run()
        if let columns = item.test["expectColumns"] {
            #expect(found.columns == columns.elements.compactMap(\.string))
        }
        if let count = item.test["expectCount"]?.integer { #expect(found.rows.count == count) }
        if let expected = item.test["expect"] {
            #expect(found.rows.map(Self.canonical).sorted() == expected.elements.map(Self.canonical).sorted())
        }
    }

    /// A row as text with its members in order and its numbers by value: order means nothing in a row.
    private static func canonical(_ node: JSONNode) -> String {
        if node.isObject {
            let members = node.members.map { "\($0.key.string ?? ""):\(canonical($0.value))" }
            return "{\(members.sorted().joined(separator: ","))}"
        }
        if node.isArray { return "[\(node.elements.map(canonical).joined(separator: ","))]" }
        if let number = node.double { return "\(number)" }
        return String(decoding: node.rawText, as: UTF8.self)
    }
}
