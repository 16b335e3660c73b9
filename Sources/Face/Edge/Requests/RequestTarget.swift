/// The target of a request (RFC 9112 §3.2), checked once, before anybody reads it in their own way: what follows knows that
/// a path means the same to a proxy, to the pages and to FHIR.
public enum RequestTarget {
    /// What is wrong with a target.
    public enum Fault: Error, Equatable, Sendable {
        /// Longer than so many bytes.
        case tooLong(bytesMax: Int)
        /// Not a path: an absolute address, an authority or a `*`.
        case notPath
        /// A part that is not allowed, in words that hold nothing of the target.
        case malformed(String)

        /// What to tell the client.
        public var description: String {
            switch self {
            case .tooLong(let bytesMax):
                "The address is longer than \(bytesMax) bytes. A long search can be sent by POST to _search."
            case .notPath: "The target of a request must be a path that begins with a slash."
            case .malformed(let what): "The path of the address holds \(what), which means nothing here."
            }
        }
    }

    /// The longest target, in bytes.
    public static let bytesMax = 64 << 10

    /// Checks a target: the path for what could be read in two ways, the query for characters alone.
    public static func check(_ target: String) throws(Fault) {
        let bytes = target.utf8
        guard bytes.count <= bytesMax else { throw .tooLong(bytesMax: bytesMax) }
        guard bytes.first == UInt8(ascii: "/") else { throw .notPath }
        let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        var isPlain = true
        for byte in bytes {
            guard byte > 0x20, byte != 0x7F, byte != UInt8(ascii: "#") else { throw .malformed("a control character") }
        }
        var last: UInt8 = 0
        for byte in bytes[..<end] {
            switch byte {
            case UInt8(ascii: "%"), UInt8(ascii: "\\"), 0x80...: isPlain = false
            case UInt8(ascii: ".") where last == UInt8(ascii: "/"): isPlain = false
            default: break
            }
            last = byte
        }
        if !isPlain { try checkPath(bytes[..<end]) }
    }

    private static func checkPath(_ path: Substring.UTF8View) throws(Fault) {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(path.count)
        var index = path.startIndex
        while index < path.endIndex {
            let byte = path[index]
            index = path.index(after: index)
            if byte == UInt8(ascii: "\\") { throw .malformed("a backslash") }
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard path.distance(from: index, to: path.endIndex) >= 2, let high = digit(path[index]),
                let low = digit(path[path.index(after: index)])
            else { throw .malformed("a percent sign without two hexadecimal digits") }
            index = path.index(index, offsetBy: 2)
            let value = high << 4 | low
            switch value {
            case 0..<0x20, 0x7F: throw .malformed("an encoded control character")
            case UInt8(ascii: "/"), UInt8(ascii: "\\"): throw .malformed("an encoded slash")
            default: decoded.append(value)
            }
        }
        // Overlong forms and lone surrogates are no UTF-8.
        guard String(validating: decoded, as: UTF8.self) != nil else {
            throw .malformed("bytes that are not UTF-8")
        }
        for segment in decoded.split(separator: UInt8(ascii: "/")) {
            if segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8) {
                throw .malformed("a segment of dots")
            }
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
