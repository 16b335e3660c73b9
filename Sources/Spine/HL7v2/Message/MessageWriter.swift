/// Writes messages: segment by segment, values escaped.
public struct MessageWriter: Sendable {
    /// What was written so far, in UTF-8, each segment ended by a carriage return.
    public private(set) var bytes: [UInt8] = []
    private let delimiters: Delimiters

    /// Begins a message.
    public init(delimiters: Delimiters = .usual) {
        self.delimiters = delimiters
    }

    /// One field: repetitions of components of subcomponents.
    public struct Field: Sendable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
        var repetitions: [[[String]]]

        /// A field of one value.
        public init(_ text: String?) { repetitions = [[[text ?? ""]]] }
        /// A field of components.
        public init(components: [String?]) { repetitions = [components.map { [$0 ?? ""] }] }
        /// A field of repetitions, each of components of subcomponents.
        public init(repetitions: [[[String]]]) { self.repetitions = repetitions }
        /// A field of one value.
        public init(stringLiteral value: String) { self.init(value) }
        /// A field of components.
        public init(arrayLiteral elements: String?...) { self.init(components: elements) }
    }

    /// Writes a segment; of `MSH`, `BHS` and `FHS` the delimiters are written too, and `fields` begin with the third.
    public mutating func segment(_ name: SegmentName, _ fields: [Field]) {
        bytes.append(contentsOf: name.description.utf8)
        if name == "MSH" || name == "BHS" || name == "FHS" {
            bytes.append(delimiters.field)
            bytes.append(contentsOf: delimiters.encodingCharacters.utf8)
        }
        var empty = 0
        for field in fields {
            empty += 1
            guard !field.repetitions.allSatisfy({ $0.allSatisfy { $0.allSatisfy(\.isEmpty) } }) else { continue }
            bytes.append(contentsOf: repeatElement(delimiters.field, count: empty))
            empty = 0
            write(field)
        }
        bytes.append(0x0D)
    }

    /// Copies a segment of another message as it stands, which needs the same delimiters.
    public mutating func copy(_ segment: Int, of message: Message) {
        bytes.append(contentsOf: message.bytes[message.segmentRange(segment)])
        bytes.append(0x0D)
    }

    private mutating func write(_ field: Field) {
        let escapes = Escapes(delimiters)
        for (number, repetition) in field.repetitions.enumerated() {
            if number > 0 { bytes.append(delimiters.repetition) }
            let last = repetition.lastIndex { !$0.allSatisfy(\.isEmpty) } ?? -1
            for (number, component) in repetition[...last].enumerated() {
                if number > 0 { bytes.append(delimiters.component) }
                for (number, text) in component.enumerated() {
                    if number > 0 { bytes.append(delimiters.subcomponent) }
                    escapes.write(text, to: &bytes)
                }
            }
        }
    }
}
