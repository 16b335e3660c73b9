/// Finds out in which character set input stands, and gives it in UTF-8.
public struct TextDecoding: Sendable {
    /// Text in UTF-8, and how it came about.
    public struct Result: Sendable {
        /// UTF-8, without a byte order mark.
        public var text: [UInt8]
        /// The set that was used.
        public var charset: Charset
        /// What was strange.
        public var faults: [Fault]
    }

    /// What to assume where a message doesn't say.
    public var assumed: Charset?

    /// Creates a decoding.
    ///
    /// - Parameter assumed: the set of senders that don't name theirs; nil: UTF-8, and GB 18030 where it isn't that.
    public init(assumed: Charset? = nil) {
        self.assumed = assumed
    }

    /// Decodes messages: by byte order mark, then by MSH-18, then by what is assumed; what is announced wrongly is
    /// decoded as what it is, with a warning.
    public func decode(_ bytes: [UInt8]) -> Result {
        if let marked = byOrderMark(bytes) { return marked }
        guard bytes.contains(where: { $0 >= 0x80 }) else { return Result(text: bytes, charset: .utf8, faults: []) }
        let said = announced(bytes)
        let isUTF8 = Charset.utf8.decode(bytes) != nil
        switch said {
        case .none:
            if isUTF8 { return Result(text: bytes, charset: .utf8, faults: []) }
            return guess(bytes, "MSH-18 names no character set, and the text is no UTF-8", tries: [assumed, .gb18030])
        case .unknown(let name):
            let what = "MSH-18 names '\(name)', which is no known character set"
            if isUTF8 { return Result(text: bytes, charset: .utf8, faults: [warning(what + "; the text is UTF-8")]) }
            return guess(bytes, what, tries: [assumed, .gb18030])
        case .known(.utf8):
            if isUTF8 { return Result(text: bytes, charset: .utf8, faults: []) }
            return guess(bytes, "MSH-18 announces UTF-8, and the text is none", tries: [assumed, .gb18030])
        case .known(let charset):
            if isUTF8, looksWrittenInUTF8(bytes) {
                return Result(
                    text: bytes, charset: .utf8,
                    faults: [warning("MSH-18 announces \(charset), and the text is UTF-8")])
            }
            if let text = charset.decode(bytes) { return Result(text: text, charset: charset, faults: []) }
            return guess(
                bytes, "MSH-18 announces \(charset), and the text is none", tries: [isUTF8 ? .utf8 : nil, .gb18030])
        }
    }

    private func byOrderMark(_ bytes: [UInt8]) -> Result? {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            // A file put together from files may hold one before each message.
            var rest = decode(removingMarks(bytes))
            if rest.charset != .utf8 {
                rest.faults.append(warning("the input begins with a mark of UTF-8, and is none"))
            }
            return rest
        }
        for (mark, name) in [([0xFF, 0xFE], "UTF-16LE"), ([0xFE, 0xFF], "UTF-16BE")] as [([UInt8], String)] {
            guard bytes.starts(with: mark), let charset = Charset(name) else { continue }
            if let text = charset.decode(Array(bytes.dropFirst(2))) {
                return Result(text: text, charset: charset, faults: [])
            }
        }
        return nil
    }

    private func removingMarks(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            if bytes[place] == 0xEF, place + 2 < bytes.count, bytes[place + 1] == 0xBB, bytes[place + 2] == 0xBF {
                place += 3
            } else {
                output.append(bytes[place])
                place += 1
            }
        }
        return output
    }

    private func guess(_ bytes: [UInt8], _ what: String, tries: [Charset?]) -> Result {
        for case let charset? in tries {
            if let text = charset.decode(bytes) {
                return Result(text: text, charset: charset, faults: [warning("\(what); read as \(charset)")])
            }
        }
        let text = Array(String(decoding: bytes, as: UTF8.self).utf8)
        return Result(
            text: text, charset: .utf8,
            faults: [
                Fault(
                    .warning, .dataType, Fault.Place("MSH", field: 18),
                    "\(what); bytes that no known set explains are shown as U+FFFD",
                    hint: "send UTF-8 or GB 18030 and say so in MSH-18")
            ])
    }

    private func warning(_ what: String) -> Fault {
        Fault(
            .warning, .dataType, Fault.Place("MSH", field: 18), what, hint: "let MSH-18 name the set that is sent")
    }

    private enum Announcement {
        case none
        case known(Charset)
        case unknown(String)
    }

    /// MSH-18 read from raw bytes. In GB 18030 and Big5 the second byte of a character may look like a delimiter, so the
    /// header is walked a second time by pairs when the plain walk finds nothing sensible.
    private func announced(_ bytes: [UInt8]) -> Announcement {
        guard let start = headerStart(bytes), start + 4 < bytes.count else { return .none }
        var unknown: String?
        for byPairs in [false, true] {
            guard let name = field18(bytes, from: start, byPairs: byPairs) else { continue }
            if let charset = Charset(name) { return .known(charset) }
            if unknown == nil { unknown = name }
        }
        return unknown.map(Announcement.unknown) ?? .none
    }

    private func headerStart(_ bytes: [UInt8]) -> Int? {
        var place = 0
        while place + 3 < bytes.count {
            if bytes[place] == 0x4D, bytes[place + 1] == 0x53, bytes[place + 2] == 0x48,
                place == 0 || bytes[place - 1] < 0x20
            {
                return place
            }
            place += 1
        }
        return nil
    }

    private func field18(_ bytes: [UInt8], from start: Int, byPairs: Bool) -> String? {
        let separator = bytes[start + 3]
        var field = 1
        var place = start + 3
        var value: [UInt8] = []
        while place < bytes.count, bytes[place] != 0x0D, bytes[place] != 0x0A, field <= 18 {
            let byte = bytes[place]
            if byte == separator {
                field += 1
            } else if field == 18 {
                value.append(byte)
            }
            place += byPairs && byte >= 0x81 ? 2 : 1
        }
        // The first repetition is the set of the message; the others are only switched to.
        let first = value.prefix { $0 != UInt8(ascii: "~") && $0 != UInt8(ascii: "^") }
        guard !first.isEmpty, first.allSatisfy({ $0 < 0x80 }) else { return nil }
        return String(decoding: first, as: UTF8.self)
    }

    /// Whether all that isn't ASCII comes in the three-byte sequences of Chinese characters: text of another set is
    /// hardly ever so by chance.
    private func looksWrittenInUTF8(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { $0 < 0xC2 || $0 >= 0xE2 } && bytes.contains { $0 >= 0xE2 }
    }
}
