/// Escape sequences inside values: what they stand for, and how to write them.
///
/// Source: HL7 v2.8, chapter 2.7, "Use of escape sequences in text fields".
public struct Escapes: Sendable {
    private let delimiters: Delimiters

    /// Creates the rules for a message's delimiters.
    public init(_ delimiters: Delimiters) {
        self.delimiters = delimiters
    }

    /// Appends the text that a value stands for. What is no known escape stays as it was written.
    public func resolve(_ value: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        var place = 0
        var foreign: ForeignSet?
        while place < value.count {
            let byte = value[place]
            if byte == delimiters.escape, let end = close(value, after: place) {
                let body = UnsafeBufferPointer(rebasing: value[(place + 1)..<end])
                if let set = ForeignSet(escape: body) {
                    foreign = set.isASCII ? nil : set
                } else if !resolve(escape: body, to: &output) {
                    output.append(contentsOf: value[place...end])
                }
                place = end + 1
            } else if let set = foreign {
                let end = value[place...].firstIndex(of: delimiters.escape) ?? value.count
                set.decode(UnsafeBufferPointer(rebasing: value[place..<end]), to: &output)
                if end == place {
                    output.append(byte)
                    place += 1
                } else {
                    place = end
                }
            } else {
                output.append(byte)
                place += 1
            }
        }
    }

    /// Where the escape that begins here ends; nil when it has no end nearby, and is a plain character then.
    private func close(_ value: UnsafeBufferPointer<UInt8>, after start: Int) -> Int? {
        var place = start + 1
        let limit = min(value.count, start + 1 + Self.bodyBytesMax)
        while place < limit {
            if value[place] == delimiters.escape { return place > start + 1 ? place : nil }
            if value[place] == 0x20, place == start + 1 { return nil }
            place += 1
        }
        return nil
    }

    /// Longer texts between two escape characters are no escape.
    private static let bodyBytesMax = 8_192

    private func resolve(escape body: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) -> Bool {
        if body.count == 1 {
            switch body[0] {
            case UInt8(ascii: "F"): output.append(delimiters.field)
            case UInt8(ascii: "S"): output.append(delimiters.component)
            case UInt8(ascii: "T"): output.append(delimiters.subcomponent)
            case UInt8(ascii: "R"): output.append(delimiters.repetition)
            case UInt8(ascii: "E"): output.append(delimiters.escape)
            case UInt8(ascii: "P"): output.append(delimiters.truncation ?? UInt8(ascii: "#"))
            case UInt8(ascii: "H"), UInt8(ascii: "N"): break
            default: return false
            }
            return true
        }
        switch body[0] {
        case UInt8(ascii: "X"): return resolve(hexadecimal: body.dropFirst(), to: &output)
        case UInt8(ascii: "."): return resolve(format: body.dropFirst(), to: &output)
        default: return false
        }
    }

    /// `\Xdd…\`: bytes of the message's character set, which is UTF-8 here.
    private func resolve(hexadecimal digits: Slice<UnsafeBufferPointer<UInt8>>, to output: inout [UInt8]) -> Bool {
        guard digits.count.isMultiple(of: 2), let bytes = Hexadecimal.bytes(digits) else { return false }
        bytes.withUnsafeBufferPointer { TextRepair.append($0, to: &output) }
        return true
    }

    /// The formatting commands of the data type FT: new lines and blanks are kept, indents are not.
    private func resolve(format body: Slice<UnsafeBufferPointer<UInt8>>, to output: inout [UInt8]) -> Bool {
        guard body.count >= 2 else { return false }
        let count = body.dropFirst(2).reduce(into: 0) { sum, byte in
            if byte &- 0x30 < 10, sum < 1000 { sum = sum * 10 + Int(byte - 0x30) }
        }
        switch (body[body.startIndex] | 0x20, body[body.startIndex + 1] | 0x20) {
        case (UInt8(ascii: "b"), UInt8(ascii: "r")), (UInt8(ascii: "c"), UInt8(ascii: "e")):
            output.append(0x0A)
        case (UInt8(ascii: "s"), UInt8(ascii: "p")):
            output.append(contentsOf: repeatElement(0x0A, count: min(max(count, 1), 100)))
        case (UInt8(ascii: "s"), UInt8(ascii: "k")):
            output.append(contentsOf: repeatElement(0x20, count: min(max(count, 1), 100)))
        case (UInt8(ascii: "i"), UInt8(ascii: "n")), (UInt8(ascii: "t"), UInt8(ascii: "i")),
            (UInt8(ascii: "f"), UInt8(ascii: "i")), (UInt8(ascii: "n"), UInt8(ascii: "f")):
            break
        default: return false
        }
        return true
    }

    /// Appends text as a value that nothing in it can be taken for a delimiter.
    public func write(_ text: String, to output: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case delimiters.field: put("F", to: &output)
            case delimiters.component: put("S", to: &output)
            case delimiters.subcomponent: put("T", to: &output)
            case delimiters.repetition: put("R", to: &output)
            case delimiters.escape: put("E", to: &output)
            case 0x0A: put(".br", to: &output)
            case 0..<0x20: put("X" + Hexadecimal.text(byte), to: &output)
            default: output.append(byte)
            }
        }
    }

    private func put(_ body: String, to output: inout [UInt8]) {
        output.append(delimiters.escape)
        output.append(contentsOf: body.utf8)
        output.append(delimiters.escape)
    }
}

enum Hexadecimal {
    static func bytes(_ digits: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case 0x30...0x39: value = digit - 0x30
            case 0x41...0x46: value = digit - 0x37
            case 0x61...0x66: value = digit - 0x57
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }

    static func text(_ byte: UInt8) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        return String(decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
    }
}
