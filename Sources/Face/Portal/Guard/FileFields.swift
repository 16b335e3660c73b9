import Foundation
import JSON

/// Fields of a form that carries files (multipart/form-data, RFC 7578). A file becomes a field that holds it as an
/// Attachment of FHIR.
enum FileFields {
    /// A file with more bytes than this is told but not taken [ours].
    static let fileBytesMax = 2 << 20
    /// A form with more bytes than this is refused [ours].
    static let bytesMax = 12 << 20

    /// The boundary that a content type names; nil where it is no form with files.
    static func boundary(_ type: String) -> String? {
        let parts = type.split(separator: ";").map { String($0).trimmed }
        guard parts.first?.lowercased() == "multipart/form-data" else { return nil }
        return parts.dropFirst().first { $0.lowercased().hasPrefix("boundary=") }
            .map { $0.dropFirst("boundary=".count).filter { $0 != "\"" } }
            .flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The fields in the order sent; nil where the bytes are no such form.
    static func read(_ body: Data, boundary: String) -> [(name: String, value: String)]? {
        let edge = Data("--\(boundary)".utf8)
        guard var mark = body.range(of: edge), mark.lowerBound == body.startIndex else { return nil }
        var fields: [(name: String, value: String)] = []
        while let next = body.range(of: Data("\r\n".utf8) + edge, in: mark.upperBound..<body.endIndex) {
            guard let field = field(body[mark.upperBound..<next.lowerBound]) else { return nil }
            if let value = field.value { fields.append((field.name, value)) }
            mark = next
        }
        return body[mark.upperBound...].starts(with: Data("--".utf8)) ? fields : nil
    }

    /// One part: what stands between two edges. Without a value where no file was chosen.
    private static func field(_ part: Data) -> (name: String, value: String?)? {
        guard part.starts(with: Data("\r\n".utf8)), let blank = part.range(of: Data("\r\n\r\n".utf8)) else {
            return nil
        }
        var name: String?
        var file: String?
        var type = "application/octet-stream"
        for line in String(decoding: part[..<blank.lowerBound], as: UTF8.self).split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = String(line[line.index(after: colon)...]).trimmed
            switch line[..<colon].lowercased() {
            case "content-disposition":
                name = value.firstMatch(of: /[; ]name="([^"]*)"/).map { String($0.output.1) }
                file = value.firstMatch(of: /filename="([^"]*)"/).map { String($0.output.1) }
            case "content-type": type = value
            default: break
            }
        }
        guard let name else { return nil }
        let content = part[blank.upperBound...]
        guard let file else { return (name, String(decoding: content, as: UTF8.self)) }
        return (name, file.isEmpty && content.isEmpty ? nil : attachment(file, type, content))
    }

    private static func attachment(_ title: String, _ type: String, _ content: Data) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("contentType", string: type)
        if content.count <= fileBytesMax { writer.member("data", string: content.base64EncodedString()) }
        writer.member("size", integer: content.count)
        // Some browsers send the whole path.
        writer.member("title", string: String(title.split { $0 == "/" || $0 == "\\" }.last ?? ""))
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
