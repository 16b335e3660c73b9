import Foundation
import JSON

/// The file of what a server refused, one JSON object a line: where it came from, the status, the OperationOutcome,
/// and the resource itself so that it can be mended and loaded again. The file is made with the first refusal.
final class Refusals {
    let path: String
    private(set) var count = 0
    private var handle: FileHandle?

    /// - Parameter folder: where the file goes.
    init(folder: String, now: Date = Date()) {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.dateFormat = "yyyyMMdd-HHmmss"
        path = "\(folder)/refused-\(format.string(from: now)).ndjson"
    }

    /// Writes one refusal.
    /// - Parameters:
    ///   - status: the HTTP status; nil when it was refused before it was sent.
    ///   - outcome: the OperationOutcome as JSON; nil when the server gave none.
    ///   - document: the resource or Bundle as compact JSON; nil when it is not JSON.
    func add(file: String, line: Int, status: Int?, outcome: [UInt8]?, document: [UInt8]?) throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("file", string: file)
        writer.member("line", integer: line)
        if let status { writer.member("status", integer: status) }
        if let outcome { writer.member("outcome", raw: outcome) }
        if let document { writer.member("resource", raw: document) }
        writer.endObject()
        if handle == nil {
            guard FileManager.default.createFile(atPath: path, contents: nil),
                let made = FileHandle(forWritingAtPath: path)
            else { throw Failure("The file \(path) can't be written.") }
            handle = made
        }
        try handle?.write(contentsOf: Data(writer.bytes + [UInt8(ascii: "\n")]))
        count += 1
    }
}
