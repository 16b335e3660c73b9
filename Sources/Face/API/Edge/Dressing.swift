import HTTPTypes
import Hummingbird
import NIOCore

/// Dresses a reply for the wire: label, layout, compression, the headers that every answer has.
struct Dressing {
    let request: Request
    /// Nil when the request could not even be read; the answer then has its default form.
    let call: Call?
    let options: DoorOptions
    let requestID: String

    func response(_ reply: Reply) -> Response {
        var fields = reply.fields
        fields.append(HTTPField(name: .requestID, value: requestID))
        if let file = reply.file {
            fields[.contentLength] = "\(file.bytes)"
            return Response(status: reply.status, headers: fields, body: request.method == .head ? .init() : file.body)
        }
        guard let text = reply.body else {
            return Response(status: reply.status, headers: fields)
        }
        if fields[.contentType] == nil {
            fields.append(HTTPField(name: .contentType, value: call?.contentType ?? MediaTypes.fhirJSON))
        }
        fields.append(HTTPField(name: .vary, value: "Accept, Accept-Encoding"))
        var body = text
        let isPretty = call?.isPretty ?? false
        if isPretty { body = PrettyText.of(text) }
        if body.count >= options.compressedBytesMin, ContentCoding.prefersGzip(request.headers[.acceptEncoding]) {
            let ready = isPretty ? nil : reply.gzipBody
            if let compressed = ready ?? Gzip.deflated(body) {
                body = compressed
                fields.append(HTTPField(name: .contentEncoding, value: "gzip"))
            }
        }
        if request.method == .head {
            fields.append(HTTPField(name: .contentLength, value: String(body.count)))
            return Response(status: reply.status, headers: fields)
        }
        return Response(status: reply.status, headers: fields, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
