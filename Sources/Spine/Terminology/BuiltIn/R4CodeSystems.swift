import Foundation
import JSON

/// HL7's own code systems, as R4 publishes them: `Resources/r4/code-systems.txt`.
enum R4CodeSystems {
    /// Where the lines of each system stand in the text, by URL.
    private static let sections: (text: [UInt8], ranges: [String: Range<Int>]) = {
        let url = Bundle.module.bundleURL.appendingPathComponent("Resources/r4/code-systems.txt")
        // A missing file would show in the tests of the package, not to a user.
        let text = (try? Data(contentsOf: url)).map { [UInt8]($0) } ?? []
        var ranges: [String: Range<Int>] = [:]
        var open: (url: String, start: Int)?
        var place = 0
        while place < text.count {
            let end = text[place...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
            if text[place] == UInt8(ascii: "#"), end > place + 1, text[place + 1] == UInt8(ascii: "\t") {
                if let open { ranges[open.url] = open.start..<place }
                let fields = text[(place + 2)..<end].split(separator: UInt8(ascii: "\t"))
                open = fields.first.map { (String(decoding: $0, as: UTF8.self), place) }
            }
            place = end + 1
        }
        if let open { ranges[open.url] = open.start..<text.count }
        return (text, ranges)
    }()

    /// A code system as a resource, its concepts nested as published; nil when R4 has none of this URL.
    static func codeSystem(_ url: String) -> JSONDocument? {
        guard let range = sections.ranges[url] else { return nil }
        let lines = String(decoding: sections.text[range], as: UTF8.self).split(separator: "\n")
        let facts = lines[0].split(separator: "\t", omittingEmptySubsequences: false)
        guard facts.count == 5 else { return nil }
        var builder = CodeSystemBuilder(url: url)
        builder.name = url.split(separator: "/").last.map(String.init)
        builder.version = facts[4].isEmpty ? nil : String(facts[4])
        builder.language = "en"
        builder.content = String(facts[2])
        builder.isCaseSensitive = facts[3] == "1"
        for line in lines.dropFirst() {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            var concept = CodeSystemBuilder.Concept(code: fields[0])
            if fields.count > 1, !fields[1].isEmpty { concept.display = fields[1] }
            if fields.count > 2, !fields[2].isEmpty { concept.parent = fields[2] }
            guard (try? builder.add(concept)) != nil else { return nil }
        }
        return try? builder.document()
    }
}
