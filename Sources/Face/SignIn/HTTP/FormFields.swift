import Hummingbird
import NIOCore

/// The fields of a query or of a form, `application/x-www-form-urlencoded`, each given once at most.
struct FormFields: Sendable {
    /// How long a query or the body of a form may be, in bytes.
    static let bytesMax = 32 << 10

    private let fields: [String: [String]]
    /// The text that was read.
    let text: String

    /// Reads a query or a form.
    ///
    /// - Throws: ``OAuthError`` when it is too long or can't be decoded.
    init(_ text: String) throws(OAuthError) {
        guard text.utf8.count <= Self.bytesMax else {
            throw OAuthError(.invalidRequest, "The request has more than \(Self.bytesMax) bytes.")
        }
        var found: [String: [String]] = [:]
        for part in text.split(separator: "&") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = URLText.decoded(sides[0]), let value = URLText.decoded(sides.count == 2 ? sides[1] : "")
            else { throw OAuthError(.invalidRequest, "The request is not encoded as a form.") }
            found[name, default: []].append(value)
        }
        fields = found
        self.text = text
    }

    /// The form in the body of a request.
    static func body(of request: Request) async throws -> FormFields {
        let type = request.headers[.contentType]?.split(separator: ";").first.map(String.init) ?? ""
        guard type.lowercased() == "application/x-www-form-urlencoded" else {
            throw OAuthError(.invalidRequest, "The body must be application/x-www-form-urlencoded.")
        }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: bytesMax)
        } catch is NIOTooManyBytesError {
            throw OAuthError(.invalidRequest, "The request has more than \(bytesMax) bytes.")
        }
        return try FormFields(String(buffer: buffer))
    }

    /// The value of a field; an empty one counts as absent (RFC 6749 §3.1).
    subscript(name: String) -> String? {
        guard let value = fields[name]?.first, !value.isEmpty else { return nil }
        return value
    }

    /// All values of a field that may be given several times.
    func all(_ name: String) -> [String] { fields[name] ?? [] }

    /// The fields of this list that were given more than once, which no field of OAuth may be.
    func repeated(among names: [String]) -> String? { names.first { (fields[$0]?.count ?? 0) > 1 } }
}

/// Percent-encoding as forms and queries have it.
enum URLText {
    /// Nil for a malformed escape or bytes that are no UTF-8.
    static func decoded(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst(), let low = rest.popFirst(),
                    let first = Character(Unicode.Scalar(high)).hexDigitValue,
                    let second = Character(Unicode.Scalar(low)).hexDigitValue
                else { return nil }
                bytes.append(UInt8(first << 4 | second))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Everything but the unreserved characters of RFC 3986 escaped.
    static func encoded(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }

    /// Names and values as a form.
    static func form(_ pairs: [(String, String?)]) -> String {
        pairs.compactMap { name, value in value.map { "\(encoded(name))=\(encoded($0))" } }.joined(separator: "&")
    }

    /// An address with more in its query.
    static func adding(_ pairs: [(String, String?)], to address: String) -> String {
        address + (address.contains("?") ? "&" : "?") + form(pairs)
    }
}
