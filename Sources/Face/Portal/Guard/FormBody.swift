import Foundation
import HTTPTypes
import Hummingbird

/// The fields of a form that was sent.
struct FormBody: Sendable {
    /// A form with more bytes than this is refused.
    static let bytesMax = 64 << 10

    /// Why a form was refused.
    enum Fault: Error {
        /// It is too large or no form.
        case malformed
    }

    private let fields: [(name: String, value: String)]

    init(_ fields: [(name: String, value: String)] = []) { self.fields = fields }

    /// Reads the body of a request. Files are taken by the pages of forms alone.
    init(_ request: Request) async throws {
        let type = request.headers[.contentType] ?? ""
        if request.uri.path.hasPrefix("/forms/"), let boundary = FileFields.boundary(type) {
            guard let body = try? await request.body.collect(upTo: FileFields.bytesMax),
                let read = FileFields.read(Data(body.readableBytesView), boundary: boundary)
            else { throw Fault.malformed }
            fields = read
            return
        }
        guard type.split(separator: ";").first?.lowercased() == "application/x-www-form-urlencoded"
        else { throw Fault.malformed }
        let body: ByteBuffer
        do { body = try await request.body.collect(upTo: Self.bytesMax) } catch { throw Fault.malformed }
        fields = Query.pairs(String(buffer: body))
    }

    /// The last value of a field as sent; empty when it is absent.
    subscript(_ name: String) -> String { fields.last { $0.name == name }?.value ?? "" }

    /// Whether a field was sent, be it empty.
    func holds(_ name: String) -> Bool { fields.contains { $0.name == name } }

    /// All values of a field that may be sent several times.
    func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// A field without blanks around it; nil when nothing is left.
    func given(_ name: String) -> String? {
        let text = self[name].trimmed
        return text.isEmpty ? nil : text
    }
}

extension String {
    /// Without blanks at either end.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}

/// Where a request that changes something comes from.
enum SameOrigin {
    /// Whether a browser says that one of our own pages sent it. Browsers send `Sec-Fetch-Site` (W3C Fetch Metadata) or
    /// `Origin` (RFC 6454) with every form; programs that send neither hold no cookie of a person.
    static func isKept(by request: Request) -> Bool {
        if let site = HTTPField.Name("Sec-Fetch-Site").flatMap({ request.headers[$0] }) {
            return site == "same-origin" || site == "none"
        }
        guard let origin = request.headers[.origin] else { return true }
        guard let authority = request.head.authority, let colon = origin.firstRange(of: "://") else { return false }
        return origin[colon.upperBound...].lowercased() == authority.lowercased()
    }
}
