/// The characters that separate the parts of a message, as MSH-1 and MSH-2 announce them.
public struct Delimiters: Sendable, Hashable {
    /// Between fields: `|`.
    public var field: UInt8
    /// Between components: `^`.
    public var component: UInt8
    /// Between repetitions: `~`.
    public var repetition: UInt8
    /// Before and after an escape: `\`.
    public var escape: UInt8
    /// Between subcomponents: `&`.
    public var subcomponent: UInt8
    /// Marks text that was cut off, since version 2.7: `#`.
    public var truncation: UInt8?

    /// HL7's own choice, `|^~\&`.
    public static let usual = Delimiters(
        field: UInt8(ascii: "|"), component: UInt8(ascii: "^"), repetition: UInt8(ascii: "~"),
        escape: UInt8(ascii: "\\"), subcomponent: UInt8(ascii: "&"), truncation: nil)

    /// Reads the delimiters of a header segment (`MSH`, `BHS` or `FHS`), which begin at its fourth byte.
    ///
    /// An escape character that stands twice is read once: software that writes `^~\\&` escaped it for its own source.
    ///
    /// - Returns: nil when there is no field separator, or when one character has two meanings.
    init?(header: UnsafeBufferPointer<UInt8>) {
        guard header.count >= 4 else { return nil }
        let separator = header[3]
        guard Self.mayDelimit(separator) else { return nil }
        self = .usual
        field = separator
        var marks: [UInt8] = []
        for byte in header[4...].prefix(6) {
            if byte == separator || byte == 0x0D || byte == 0x0A { break }
            marks.append(byte)
        }
        if marks.count >= 5, marks[2] == marks[3] { marks.remove(at: 3) }
        guard marks.count <= 5, marks.allSatisfy(Self.mayDelimit) else { return nil }
        if marks.count > 0 { component = marks[0] }
        if marks.count > 1 { repetition = marks[1] }
        if marks.count > 2 { escape = marks[2] }
        if marks.count > 3 { subcomponent = marks[3] }
        if marks.count > 4 { truncation = marks[4] }
        guard Set([field, component, repetition, escape, subcomponent]).count == 5 else { return nil }
    }

    init(
        field: UInt8, component: UInt8, repetition: UInt8, escape: UInt8, subcomponent: UInt8, truncation: UInt8?
    ) {
        self.field = field
        self.component = component
        self.repetition = repetition
        self.escape = escape
        self.subcomponent = subcomponent
        self.truncation = truncation
    }

    /// MSH-2 as it stands in a message.
    public var encodingCharacters: String {
        String(
            decoding: [component, repetition, escape, subcomponent] + (truncation.map { [$0] } ?? []), as: UTF8.self)
    }

    /// Visible ASCII that is neither letter nor digit.
    private static func mayDelimit(_ byte: UInt8) -> Bool {
        guard byte > 0x20, byte < 0x7F else { return false }
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            return false
        default: return true
        }
    }
}
