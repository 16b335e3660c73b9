import Foundation
import Hummingbird
import NIOCore

/// A file as the body of an answer, read piece by piece as the client takes it.
struct FileBody: Sendable {
    let path: String
    let bytes: Int

    private static let pieceBytes = 64 << 10

    var body: ResponseBody {
        ResponseBody(contentLength: bytes) { [path, bytes] writer in
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            var left = bytes
            while left > 0 {
                guard let piece = try file.read(upToCount: min(left, Self.pieceBytes)), !piece.isEmpty else {
                    throw CocoaError(.fileReadCorruptFile)
                }
                left -= piece.count
                try await writer.write(ByteBuffer(bytes: piece))
            }
            try await writer.finish(nil)
        }
    }
}
