import CZlib

/// gzip text in and out by zlib.
public enum Gzip {
    /// Why a compressed body could not be read.
    public enum Failure: Error, Equatable {
        /// The bytes are not gzip or zlib data, or they end too early.
        case damaged
        /// The text is longer than the limit, in bytes.
        case tooLarge(limit: Int)
    }

    /// Compresses a text.
    /// - Parameter level: zlib's level, 1 (fast) to 9 (small).
    /// - Returns: a gzip member; nil when zlib has no memory.
    public static func deflated(_ text: [UInt8], level: Int32 = 1) -> [UInt8]? {
        let stream = ZStream()
        guard healthbrain_deflate_init(stream.pointer, level, 15 + 16) == Z_OK else { return nil }
        defer { deflateEnd(stream.pointer) }
        let bound = Int(deflateBound(stream.pointer, UInt(text.count)))
        var isComplete = false
        let out = text.withUnsafeBufferPointer { input in
            [UInt8](unsafeUninitializedCapacity: bound) { output, count in
                stream.pointer.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointer.pointee.avail_in = UInt32(input.count)
                stream.pointer.pointee.next_out = output.baseAddress
                stream.pointer.pointee.avail_out = UInt32(bound)
                isComplete = deflate(stream.pointer, Z_FINISH) == Z_STREAM_END
                count = bound - Int(stream.pointer.pointee.avail_out)
            }
        }
        return isComplete ? out : nil
    }

    /// Expands gzip or zlib data.
    /// - Parameters:
    ///   - data: one or more members, whole.
    ///   - bytesMax: the most that the text may have, in bytes; expansion stops there, whatever the data promise.
    public static func inflated(_ data: [UInt8], bytesMax: Int) throws(Failure) -> [UInt8] {
        var inflater = try Inflater()
        var text: [UInt8] = []
        text.reserveCapacity(min(data.count * 4, bytesMax))
        try inflater.expand(data, into: &text, bytesMax: bytesMax)
        guard inflater.isAtEnd else { throw .damaged }
        return text
    }

    /// Expands data that arrive in pieces.
    public struct Inflater: ~Copyable {
        private let stream = ZStream()
        /// Whether the data so far end with a whole member.
        public private(set) var isAtEnd = false

        /// Makes a reader of gzip and zlib data.
        public init() throws(Failure) {
            // 32 makes zlib tell gzip from zlib by its header.
            guard healthbrain_inflate_init(stream.pointer, 15 + 32) == Z_OK else { throw .damaged }
        }

        deinit {
            inflateEnd(stream.pointer)
        }

        /// Expands the next piece and appends its text.
        /// - Parameter bytesMax: the most that `text` may hold after the call, in bytes.
        public mutating func expand(
            _ piece: [UInt8], into text: inout [UInt8], bytesMax: Int = .max
        ) throws(Failure) {
            let chunk = 1 << 16
            var buffer = [UInt8](repeating: 0, count: chunk)
            let stream = stream.pointer
            let failure: Failure? = piece.withUnsafeBufferPointer { input in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = UInt32(input.count)
                repeat {
                    if isAtEnd {
                        guard stream.pointee.avail_in > 0 else { return nil }
                        // Another member follows the last one, as `cat a.gz b.gz` makes.
                        guard inflateReset(stream) == Z_OK else { return .damaged }
                        isAtEnd = false
                    }
                    let (result, made) = buffer.withUnsafeMutableBufferPointer { output in
                        stream.pointee.next_out = output.baseAddress
                        stream.pointee.avail_out = UInt32(chunk)
                        let result = inflate(stream, Z_NO_FLUSH)
                        return (result, chunk - Int(stream.pointee.avail_out))
                    }
                    if text.count + made > bytesMax { return .tooLarge(limit: bytesMax) }
                    text.append(contentsOf: buffer[0..<made])
                    switch result {
                    case Z_STREAM_END: isAtEnd = true
                    case Z_OK: break
                    case Z_BUF_ERROR: return nil
                    default: return .damaged
                    }
                } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
                return nil
            }
            if let failure { throw failure }
        }
    }
}

/// A zlib stream at a fixed address: zlib keeps a pointer back to it and refuses a stream that has moved.
private final class ZStream {
    let pointer: UnsafeMutablePointer<z_stream>

    init() {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: z_stream())
    }

    deinit {
        pointer.deinitialize(count: 1)
        pointer.deallocate()
    }
}
