/// `\Cxxyy\` and `\Mxxyyzz\`: from here on the text is in another character set, named by the bytes of its ISO 2022
/// escape sequence.
struct ForeignSet {
    private let charset: Charset?

    /// Whether the sequence goes back to ASCII.
    var isASCII: Bool { charset == nil }

    init?(escape body: UnsafeBufferPointer<UInt8>) {
        guard body.count >= 5, body[0] == UInt8(ascii: "C") || body[0] == UInt8(ascii: "M"),
            let sequence = Hexadecimal.bytes(body.dropFirst())
        else { return nil }
        switch sequence {
        case [0x28, 0x42], [0x28, 0x4A]: charset = nil
        case [0x24, 0x41], [0x24, 0x29, 0x41]: charset = Charset("GB2312")
        case [0x24, 0x42], [0x24, 0x40]: charset = Charset("EUC-JP")
        case [0x24, 0x28, 0x43], [0x24, 0x29, 0x43]: charset = Charset("EUC-KR")
        default: return nil
        }
    }

    /// Appends the text of bytes of the set. Seven-bit pairs are raised to the eight-bit form that `iconv` knows;
    /// text already in UTF-8 stays.
    func decode(_ value: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        guard let charset, value.allSatisfy({ $0 < 0x80 }) else {
            output.append(contentsOf: value)
            return
        }
        let raised = value.map { $0 > 0x20 && $0 < 0x7F ? $0 | 0x80 : $0 }
        output.append(contentsOf: charset.decode(raised) ?? Array(value))
    }
}
