#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A character set by the name that the C library's `iconv` knows.
///
/// The names that HL7 table 0211 gives sets (`GB 18030-2000`, `8859/1`, `UNICODE UTF-8`) are understood, and the names
/// that senders use instead (`GBK`, `GB2312`, `UTF8`, `CP936`).
public struct Charset: Sendable, Hashable, CustomStringConvertible {
    /// `UTF-8`, `GB18030`, `ISO-8859-1`.
    public let name: String

    /// UTF-8.
    public static let utf8 = Charset(known: "UTF-8")
    /// GB 18030, of which GBK and GB 2312 are parts.
    public static let gb18030 = Charset(known: "GB18030")
    /// Each byte is the character with its number.
    public static let latin1 = Charset(known: "ISO-8859-1")

    private init(known name: String) { self.name = name }

    /// The set with a name; nil when nobody here knows it.
    public init?(_ given: String) {
        let plain = given.uppercased().filter { $0.isLetter || $0.isNumber }
        guard !plain.isEmpty, let name = Self.name(of: plain) else { return nil }
        self.name = name
    }

    private static func name(of plain: String) -> String? {
        if let name = names[plain] { return name }
        for prefix in ["ISO8859", "8859", "ISO88591LATIN"] where plain.hasPrefix(prefix) {
            if let part = Int(plain.dropFirst(prefix.count)), (1...16).contains(part), part != 12 {
                return "ISO-8859-\(part)"
            }
        }
        return nil
    }

    private static let names: [String: String] = [
        "ASCII": "UTF-8", "USASCII": "UTF-8", "ISOIR6": "UTF-8", "UTF8": "UTF-8", "UNICODEUTF8": "UTF-8",
        "UNICODE": "UTF-8", "AL32UTF8": "UTF-8",
        "GB18030": "GB18030", "GB180302000": "GB18030", "GB180302005": "GB18030", "GB180302022": "GB18030",
        "GBK": "GB18030", "GB2312": "GB18030", "GB23121980": "GB18030", "GB231280": "GB18030", "CP936": "GB18030",
        "MS936": "GB18030", "WINDOWS936": "GB18030", "EUCCN": "GB18030", "ISOIR58": "GB18030", "HZGB2312": "GB18030",
        "BIG5": "BIG5", "BIG5HKSCS": "BIG5-HKSCS", "CNS116431992": "EUC-TW", "CP950": "BIG5",
        "ISOIR87": "ISO-2022-JP", "ISOIR159": "ISO-2022-JP-2", "ISOIR14": "SHIFT_JIS", "SHIFTJIS": "SHIFT_JIS",
        "EUCJP": "EUC-JP", "EUCKR": "EUC-KR", "KSX1001": "EUC-KR", "WINDOWS1252": "CP1252", "CP1252": "CP1252",
        "WINDOWS1251": "CP1251", "WINDOWS1250": "CP1250", "LATIN1": "ISO-8859-1", "UNICODEUTF16": "UTF-16",
        "UTF16": "UTF-16", "UTF16LE": "UTF-16LE", "UTF16BE": "UTF-16BE", "UNICODEUTF32": "UTF-32", "UTF32": "UTF-32",
        "KOI8R": "KOI8-R", "TIS620": "TIS-620",
    ]

    /// The bytes as UTF-8; nil when they don't belong to the set, or when the system lacks it.
    public func decode(_ bytes: [UInt8]) -> [UInt8]? {
        if self == .utf8 { return bytes.withUnsafeBufferPointer(TextRepair.isUTF8) ? bytes : nil }
        if self == .latin1 { return Array(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })).utf8) }
        return convert(bytes, from: name, to: "UTF-8")
    }

    /// UTF-8 as bytes of the set; nil when the set lacks one of the characters.
    public func encode(_ text: [UInt8]) -> [UInt8]? {
        self == .utf8 ? text : convert(text, from: "UTF-8", to: name)
    }

    /// Its name.
    public var description: String { name }

    private func convert(_ bytes: [UInt8], from source: String, to target: String) -> [UInt8]? {
        let descriptor = iconv_open(target, source)
        guard descriptor != iconv_t(bitPattern: -1) else { return nil }
        defer { iconv_close(descriptor) }
        var input = bytes
        // No set that is understood here needs more than four bytes for one that was given.
        var output = [UInt8](repeating: 0, count: bytes.count * 4 + 16)
        let capacity = output.count
        let written: Int? = input.withUnsafeMutableBytes { source in
            output.withUnsafeMutableBytes { target in
                var from = source.baseAddress?.assumingMemoryBound(to: CChar.self)
                var to = target.baseAddress?.assumingMemoryBound(to: CChar.self)
                var fromLeft = source.count
                var toLeft = capacity
                guard iconv(descriptor, &from, &fromLeft, &to, &toLeft) != Int(bitPattern: UInt.max), fromLeft == 0,
                    iconv(descriptor, nil, nil, &to, &toLeft) != Int(bitPattern: UInt.max)
                else { return nil }
                return capacity - toLeft
            }
        }
        return written.map { Array(output[..<$0]) }
    }
}
