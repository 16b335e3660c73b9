import Foundation
import JSON

/// A table of codes under `Resources`; `Resources/README.md` tells where each comes from.
///
/// Tab-separated: a line `#` and a name for each fact of the table, then a header, then a line for each code. The columns
/// are `code`, `display` (Chinese), `en`, `parent`, and properties of the concept.
struct CodeTable: Sendable {
    /// The name of the file without its ending.
    let name: String
    /// The canonical URL of the code system.
    let system: String
    /// The canonical URL of the value set of all its codes.
    let valueSet: String
    /// What the table is, in Chinese.
    let title: String
    private let facts: [String: String]
    private let header: [String]
    private let rows: [[Substring]]

    /// Every table, in the order of their names. A damaged file would show in the tests of the package, not to a user.
    static let all: [CodeTable] = {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Resources")
        guard let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        else { return [] }
        return files.filter { $0.pathExtension == "tsv" }.sorted { $0.path < $1.path }.compactMap { CodeTable($0) }
    }()

    private init?(_ file: URL) {
        guard let data = try? Data(contentsOf: file) else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        var facts: [String: String] = [:]
        var header: [String] = []
        var rows: [[Substring]] = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            if line.hasPrefix("#") {
                guard fields.count == 2 else { return nil }
                facts[String(fields[0].dropFirst())] = String(fields[1])
            } else if header.isEmpty {
                header = fields.map(String.init)
            } else {
                rows.append(fields)
            }
        }
        guard let system = facts["system"], let valueSet = facts["valueSet"], let title = facts["title"] else {
            return nil
        }
        name = file.deletingPathExtension().lastPathComponent
        self.system = system
        self.valueSet = valueSet
        self.title = title
        self.facts = facts
        self.header = header
        self.rows = rows
    }

    /// The table as a CodeSystem resource.
    func codeSystem() throws -> JSONDocument {
        var builder = CodeSystemBuilder(url: system)
        builder.name = name
        builder.title = title
        builder.version = facts["version"]
        builder.valueSet = valueSet
        builder.language = "zh-CN"
        builder.content = facts["content"] ?? "complete"
        builder.hierarchyMeaning = facts["hierarchyMeaning"]
        builder.isCaseSensitive = facts["caseSensitive"] != "false"
        for row in rows {
            var concept = CodeSystemBuilder.Concept(code: "")
            for (name, field) in zip(header, row) where !field.isEmpty {
                let value = String(field)
                switch name {
                case "code": concept.code = value
                case "display": concept.display = value
                case "en": concept.designations.append(("en", value))
                case "parent": concept.parent = value
                default: concept.properties.append((name, value))
                }
            }
            try builder.add(concept)
        }
        return try builder.document()
    }
}
