import FHIR
import JSON
import Yams

/// Makes JSON of YAML as FHIR needs it: what an element's type wants decides how a plain word is read, not YAML's guess. So
/// `1.0` stays `1.0`, `2026-01-01` and `yes` are texts where a text belongs, and a number in quotes is refused where a
/// number belongs. Outside of resources, numbers, `true`, `false` and `null` are what they look like, and the rest is text.
struct YAMLReader {
    /// No file makes more values; aliases could make more than memory holds.
    static let valuesMax = 500_000

    private let definitions: Definitions
    private let element: Structure?
    private var writer = JSONWriter()
    private var lines = LineTable()
    private var valuesCount = 0

    private init(_ definitions: Definitions) {
        self.definitions = definitions
        element = definitions.structure("Element")
    }

    /// What is wrong with a text, and on which line.
    struct Problem: Error {
        let line: Int?
        let message: String
    }

    /// What an element must be.
    private enum Wanted {
        case anything
        case structure(Structure)
        case primitive(String)
    }

    /// Reads a text that holds one document.
    static func read(_ text: [UInt8], _ definitions: Definitions) throws(Problem) -> (JSONDocument, LineTable) {
        guard let string = String(validating: text, as: UTF8.self) else {
            throw Problem(line: nil, message: "the text is not UTF-8")
        }
        var reader = YAMLReader(definitions)
        try reader.value(try root(string), .anything)
        do throws(JSONError) {
            return (try JSONDocument(parsing: reader.writer.bytes), reader.lines)
        } catch {
            throw Problem(line: reader.lines.line(at: error.offset, row: 1), message: error.description)
        }
    }

    private static func root(_ text: String) throws(Problem) -> Node {
        do {
            guard let root = try Parser(yaml: text).singleRoot() else {
                throw Problem(line: nil, message: "the file is empty")
            }
            return root
        } catch let error as YamlError {
            throw Problem(error)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(line: nil, message: "\(error)")
        }
    }

    private mutating func value(_ node: Node, _ wanted: Wanted) throws(Problem) {
        valuesCount += 1
        guard valuesCount <= Self.valuesMax else {
            throw Problem(line: node.mark?.line, message: "more than \(Self.valuesMax) values")
        }
        let isBlock = node.scalar.map { $0.style == .literal || $0.style == .folded } ?? false
        lines.note(offset: writer.bytes.count, line: node.mark?.line, isBlock: isBlock)
        switch node {
        case .scalar(let scalar): self.scalar(scalar, wanted)
        case .sequence(let sequence):
            writer.beginArray()
            for item in sequence { try value(item, wanted) }
            writer.endArray()
        case .mapping(let mapping): try members(mapping, wanted)
        case .alias: throw Problem(line: node.mark?.line, message: "an alias that leads to nothing")
        }
    }

    private mutating func members(_ mapping: Node.Mapping, _ wanted: Wanted) throws(Problem) {
        var structure: Structure?
        if case .structure(let known) = wanted { structure = known }
        // A resource says itself what it is, wherever it stands.
        let type = mapping.first { $0.key.scalar?.string == "resourceType" }?.value.scalar?.string
        if let type, definitions.isResourceType(type) { structure = definitions.structure(type) }
        writer.beginObject()
        for (key, item) in mapping {
            guard let name = key.scalar?.string else {
                throw Problem(line: key.mark?.line, message: "a name before “:” must be a word")
            }
            guard name != "<<" else {
                throw Problem(line: key.mark?.line, message: "“<<” is not read here: write the members out")
            }
            lines.note(offset: writer.bytes.count, line: key.mark?.line)
            writer.key(name)
            try value(item, self.wanted(name, in: structure))
        }
        writer.endObject()
    }

    private func wanted(_ name: String, in structure: Structure?) -> Wanted {
        guard let structure else { return .anything }
        if name.hasPrefix("_") { return element.map { .structure($0) } ?? .anything }
        guard let member = structure.member(name) else {
            return name == "resourceType" ? .primitive("code") : .anything
        }
        if member.isPrimitive { return .primitive(member.type) }
        return member.structureIndex.map { .structure(definitions.structure(at: $0)) } ?? .anything
    }

    private mutating func scalar(_ scalar: Node.Scalar, _ wanted: Wanted) {
        let text = scalar.string
        guard scalar.style == .plain else { return writer.string(text) }
        if PlainWord.isNull(text) { return writer.null() }
        switch wanted {
        case .primitive("boolean"):
            if PlainWord.isBoolean(text) { writer.bool(text == "true") } else { writer.string(text) }
        case .primitive("decimal"), .primitive("integer"), .primitive("positiveInt"), .primitive("unsignedInt"):
            if PlainWord.isNumber(text) { writer.decimal(text: text) } else { writer.string(text) }
        case .primitive: writer.string(text)
        default:
            if PlainWord.isNumber(text) {
                writer.decimal(text: text)
            } else if PlainWord.isBoolean(text) {
                writer.bool(text == "true")
            } else {
                writer.string(text)
            }
        }
    }
}

/// How a word without quotes looks.
enum PlainWord {
    static func isNull(_ text: String) -> Bool { text.isEmpty || text == "null" || text == "~" }
    static func isBoolean(_ text: String) -> Bool { text == "true" || text == "false" }

    /// Whether a text is a number as JSON writes it. Asked for every word, so without a regular expression.
    static func isNumber(_ text: String) -> Bool {
        var rest = Substring(text).utf8
        func skipDigits() -> Int {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest.dropFirst(digits.count)
            return digits.count
        }
        func skip(_ signs: String) -> Bool {
            guard let first = rest.first, signs.utf8.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        _ = skip("-")
        let beginsWithZero = rest.first == UInt8(ascii: "0")
        let whole = skipDigits()
        guard whole == 1 || (whole > 1 && !beginsWithZero) else { return false }
        if skip("."), skipDigits() == 0 { return false }
        if skip("eE") {
            _ = skip("+-")
            if skipDigits() == 0 { return false }
        }
        return rest.isEmpty
    }

    /// Whether some reader of YAML takes a text without quotes for something else.
    static func isAmbiguous(_ text: String) -> Bool {
        if isNull(text) || isNumber(text) { return true }
        if text.first.map({ $0.isNumber || "+-.".contains($0) }) == true { return true }
        let words = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"]
        return words.contains(text.lowercased())
    }
}

extension YAMLReader.Problem {
    init(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(line: mark.line, message: problem)
        case .duplicatedKeysInMapping(let keys, let context):
            self.init(
                line: context.mark.line, message: "the same name twice: \(keys.joined(separator: ", "))")
        case .reader(let problem, _, _, _): self.init(line: nil, message: problem)
        default: self.init(line: nil, message: "\(error)")
        }
    }
}
