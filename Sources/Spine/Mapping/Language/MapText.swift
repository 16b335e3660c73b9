/// A mapping file as given.
public struct MapText: Sendable {
    /// What messages about it call it.
    public let name: String
    /// Its content.
    public let text: String

    /// Creates a file.
    public init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}

/// A line of a mapping file with the lines that are indented below it.
struct MapLine {
    let file: String
    let number: Int
    let text: String
    var children: [MapLine] = []

    /// The words; what stands in quotation marks is one, with its opening mark kept so that it can be told from a name.
    var words: [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in text {
            if character == "\"" {
                if isQuoted {
                    words.append(word)
                    word = ""
                } else {
                    word = "\""
                }
                isQuoted.toggle()
            } else if character == " ", !isQuoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    func fault(_ what: String, _ hint: String) -> MapFault {
        MapFault(file: file, line: number, what: what, hint: hint)
    }

    /// The tree of a file's lines. Two blanks a level; what follows ` #` or begins with `#` is a remark.
    static func tree(of file: MapText, _ faults: inout [MapFault]) -> [MapLine] {
        var flat: [(level: Int, line: MapLine)] = []
        for (index, raw) in file.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            var text = Substring(raw)
            if text.last == "\r" { text.removeLast() }
            let indent = text.prefix { $0 == " " }.count
            text = text.dropFirst(indent)
            if text.isEmpty || text.first == "#" { continue }
            var content = String(text)
            while content.last == " " { content.removeLast() }
            let line = MapLine(file: file.name, number: index + 1, text: content)
            if !indent.isMultiple(of: 2) {
                faults.append(line.fault("odd indentation", "indent by two blanks a level"))
            }
            flat.append((indent / 2, line))
        }
        var place = 0
        return children(of: flat, level: 0, &place)
    }

    private static func children(
        of flat: [(level: Int, line: MapLine)], level: Int, _ place: inout Int
    ) -> [MapLine] {
        var lines: [MapLine] = []
        while place < flat.count, flat[place].level >= level {
            var line = flat[place].line
            let own = flat[place].level
            place += 1
            line.children = children(of: flat, level: own + 1, &place)
            lines.append(line)
        }
        return lines
    }
}
