import HL7v2
public import JSON

/// A message beside a mapping, and what must come of it.
public struct MappingExample: Sendable, CustomStringConvertible {
    /// What it shows.
    public let title: String
    /// The file and line where it stands.
    public let place: String
    /// The message in UTF-8; of a table its lines.
    public let message: [UInt8]
    /// Of which kind of table it is; nil: it is a message.
    public let sheet: String?
    private let expectations: [(line: Int, path: String, value: String)]

    init(_ syntax: ExampleSyntax) {
        title = syntax.title
        place = "\(syntax.line.file):\(syntax.line.number)"
        sheet = syntax.sheet
        message = Array(syntax.message.joined(separator: sheet == nil ? "\r" : "\n").utf8)
        expectations = syntax.expectations.map { ($0.line.number, $0.path, $0.value) }
    }

    /// Its place and title.
    public var description: String { "\(place) \(title)" }

    /// What doesn't come out as expected, one sentence each.
    public func failures(_ mapping: Mapping) -> [String] {
        let outcome: Outcome
        if let sheet {
            let text = DelimitedText(message)
            guard let table = mapping.table(sheet, header: text.header, facility: "330106001").table,
                let row = text.rows.first
            else { return ["\(place): the table isn't read as \(sheet)"] }
            outcome = mapping.convert(row, of: table, source: "example.csv", received: "2026-01-01T00:00:00Z")
        } else {
            guard let item = Reading(message).items.first else { return ["\(place): the message can't be read"] }
            outcome = mapping.convert(item, received: "2026-01-01T00:00:00Z")
        }
        guard let bundle = outcome.bundle, let document = try? JSONDocument(parsing: bundle) else {
            return ["\(place): the message is refused: \(outcome.faults.map(\.description).joined(separator: "; "))"]
        }
        return expectations.compactMap { line, path, value in
            let found = Self.values(at: path, in: document)
            if value == "-" {
                return found.isEmpty ? nil : "\(place), line \(line): \(path) is \(found), and should not be"
            }
            return found.contains(value) ? nil : "\(place), line \(line): \(path) is \(found), not \(value)"
        }
    }

    /// `Patient.name.family`: the values of all resources of a type, through all lists. `request` looks at how it is sent.
    public static func values(at path: String, in document: JSONDocument) -> [String] {
        let names = path.split(separator: ".").map { String($0) }
        guard let type = names.first, let entries = document.root["entry"] else { return [] }
        var nodes: [JSONNode] = []
        for entry in entries.elements where entry["resource"]?["resourceType"]?.string == type {
            if let node = names.count > 1 && names[1] == "request" ? entry : entry["resource"] { nodes.append(node) }
        }
        for name in names.dropFirst() {
            nodes = nodes.flatMap { $0.isArray ? Array($0.elements) : [$0] }.compactMap { $0[JSONKey(name)] }
        }
        return nodes.flatMap { $0.isArray ? Array($0.elements) : [$0] }.map { node in
            node.string ?? String(decoding: node.rawText, as: UTF8.self)
        }
    }
}
