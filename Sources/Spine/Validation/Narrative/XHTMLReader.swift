/// Reads a narrative as XML 1.0, element by element; what XML would refuse is refused here.
struct XHTMLReader {
    enum Event {
        case open(String, [(name: String, value: String)])
        case close
        /// Whether there is more than whitespace.
        case text(Bool)
    }

    /// Why the text is not well-formed.
    struct Fault: Error {
        let text: String
    }

    static let depthMax = 256

    private let text: [UInt8]
    private var place = 0
    private var open: [String] = []
    private var isClosing = false
    private var isDone = false

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    /// The next event; nil after the end.
    mutating func next() throws(Fault) -> Event? {
        if isClosing {
            isClosing = false
            open.removeLast()
            if open.isEmpty { isDone = true }
            return .close
        }
        while place < text.count {
            guard text[place] == UInt8(ascii: "<") else {
                let hasCharacters = try characters()
                if open.isEmpty, hasCharacters { throw Fault(text: "text stands outside div") }
                return .text(hasCharacters)
            }
            if starts("<!--") {
                try skip(past: "-->", "a comment")
            } else if starts("<![CDATA[") {
                try skip(past: "]]>", "a CDATA section")
                return .text(true)
            } else if starts("<?") {
                try skip(past: "?>", "a processing instruction")
            } else if starts("<!") {
                throw Fault(text: "a document type is not allowed")
            } else if starts("</") {
                return try closing()
            } else {
                return try opening()
            }
        }
        if let name = open.last { throw Fault(text: "the element \(name) is not closed") }
        if !isDone { throw Fault(text: "there is no element") }
        return nil
    }

    private func starts(_ prefix: StaticString) -> Bool {
        text.count - place >= prefix.utf8CodeUnitCount
            && prefix.withUTF8Buffer { text[place..<(place + $0.count)].elementsEqual($0) }
    }

    private mutating func skip(past end: StaticString, _ what: String) throws(Fault) {
        while place < text.count {
            if starts(end) {
                place += end.utf8CodeUnitCount
                return
            }
            place += 1
        }
        throw Fault(text: "\(what) does not end")
    }

    private mutating func characters() throws(Fault) -> Bool {
        var hasCharacters = false
        while place < text.count, text[place] != UInt8(ascii: "<") {
            if text[place] == UInt8(ascii: "&") {
                try entity()
                hasCharacters = true
                continue
            }
            if text[place] > 0x20 { hasCharacters = true }
            place += 1
        }
        return hasCharacters
    }

    private mutating func entity() throws(Fault) {
        let start = place + 1
        var end = start
        while end < text.count, end - start < 32, text[end] != UInt8(ascii: ";") { end += 1 }
        guard end < text.count, text[end] == UInt8(ascii: ";"), end > start else {
            throw Fault(text: "& must be written &amp;")
        }
        let name = text[start..<end]
        let isNumber =
            name.first == UInt8(ascii: "#") && name.count > 1
            && name.dropFirst().allSatisfy { Self.isNameByte($0) && $0 < 0x80 }
        guard isNumber || name.allSatisfy(Self.isNameByte) else { throw Fault(text: "& must be written &amp;") }
        place = end + 1
    }

    private mutating func closing() throws(Fault) -> Event {
        place += 2
        let name = name()
        space()
        guard byte == UInt8(ascii: ">") else { throw Fault(text: "the end of \(name) is malformed") }
        place += 1
        guard let last = open.popLast(), last == name else {
            throw Fault(text: "</\(name)> closes an element that is not open")
        }
        if open.isEmpty { isDone = true }
        return .close
    }

    private mutating func opening() throws(Fault) -> Event {
        if isDone { throw Fault(text: "there must be one outermost element") }
        place += 1
        let name = name()
        guard !name.isEmpty else { throw Fault(text: "< must be written &lt;") }
        guard open.count < Self.depthMax else { throw Fault(text: "elements are nested too deep") }
        var attributes: [(name: String, value: String)] = []
        while true {
            let before = place
            space()
            if byte == UInt8(ascii: ">") {
                place += 1
                open.append(name)
                return .open(name, attributes)
            }
            if starts("/>") {
                place += 2
                open.append(name)
                isClosing = true
                return .open(name, attributes)
            }
            guard place > before else { throw Fault(text: "the element \(name) is malformed") }
            let attribute = try attribute(of: name)
            guard !attributes.contains(where: { $0.name == attribute.name }) else {
                throw Fault(text: "the attribute \(attribute.name) stands twice on \(name)")
            }
            attributes.append(attribute)
        }
    }

    private mutating func attribute(of element: String) throws(Fault) -> (name: String, value: String) {
        let name = name()
        space()
        guard !name.isEmpty, byte == UInt8(ascii: "=") else {
            throw Fault(text: "an attribute of \(element) has no value")
        }
        place += 1
        space()
        guard let quote = byte, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            throw Fault(text: "the attribute \(name) of \(element) must be in quotes")
        }
        place += 1
        let start = place
        while let byte, byte != quote {
            guard byte != UInt8(ascii: "<") else { throw Fault(text: "< in an attribute must be written &lt;") }
            if byte == UInt8(ascii: "&") { try entity() } else { place += 1 }
        }
        guard byte == quote else { throw Fault(text: "the attribute \(name) of \(element) does not end") }
        place += 1
        return (name, String(decoding: text[start..<(place - 1)], as: UTF8.self))
    }

    private var byte: UInt8? {
        place < text.count ? text[place] : nil
    }

    private mutating func space() {
        while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { place += 1 }
    }

    private mutating func name() -> String {
        let start = place
        while let byte, Self.isNameByte(byte) { place += 1 }
        return String(decoding: text[start..<place], as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".") || byte >= 0x80
    }
}
