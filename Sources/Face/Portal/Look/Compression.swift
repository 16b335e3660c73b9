import CZlib
import HTTPTypes

/// gzip for what is sent to a browser that takes it.
enum Compression {
    /// Below this many bytes a packet is a packet, and nothing is won.
    static let bytesMin = 1200

    /// Whether an `Accept-Encoding` header takes gzip.
    static func isAccepted(_ header: String?) -> Bool {
        (header ?? "").split(separator: ",").contains { coding in
            let parts = coding.split(separator: ";").map { $0.filter { $0 != " " } }
            return parts.first?.lowercased() == "gzip" && !parts.dropFirst().contains { $0 == "q=0" || $0 == "q=0.0" }
        }
    }

    /// The bytes as a gzip member; nil when zlib has no memory.
    /// - Parameter level: 1 (fast) to 9 (small).
    static func gzip(_ bytes: [UInt8], level: Int32) -> [UInt8]? {
        // zlib keeps the address of the stream, so it stands in memory of its own.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        guard healthbrain_deflate_init(stream, level, 15 + 16) == Z_OK else { return nil }
        defer { deflateEnd(stream) }
        let bound = Int(deflateBound(stream, UInt(bytes.count)))
        var isComplete = false
        let result = bytes.withUnsafeBufferPointer { input in
            [UInt8](unsafeUninitializedCapacity: bound) { output, count in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(bound)
                isComplete = deflate(stream, Z_FINISH) == Z_STREAM_END
                count = bound - Int(stream.pointee.avail_out)
            }
        }
        return isComplete ? result : nil
    }
}
