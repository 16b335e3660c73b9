import CZstd
import Synchronization

/// Packs the content of blocks: a byte that says how, then the bytes as they are (0) or as a zstd frame (1).
enum AuditCompression {
    /// Shorter contents are left as they are.
    private static let bytesMin = 512
    /// zstd's fast level: an append stands in the writer's way.
    private static let level: Int32 = 1
    private static let idle = Mutex<[Contexts]>([])

    static func pack(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.count >= bytesMin {
            let packed = withContexts { contexts in
                [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count) + 1) { out, count in
                    let written = ZSTD_compressCCtx(
                        contexts.compression, out.baseAddress.map { $0 + 1 }, out.count - 1, bytes, bytes.count, level)
                    out[0] = 1
                    count = ZSTD_isError(written) == 0 ? written + 1 : 0
                }
            }
            if !packed.isEmpty, packed.count <= bytes.count { return packed }
        }
        return [0] + bytes
    }

    /// Nil when the bytes were not packed so, or hold more than is allowed.
    static func unpack(_ content: [UInt8], bytesMax: Int) -> [UInt8]? {
        switch content.first {
        case 0: return Array(content.dropFirst())
        case 1:
            return content.withUnsafeBytes { source -> [UInt8]? in
                let frame = UnsafeRawBufferPointer(rebasing: source[1...])
                let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
                guard size <= bytesMax, frame.count <= bytesMax, size <= (frame.count + 1) << 16 else { return nil }
                var isWhole = false
                let bytes = withContexts { contexts in
                    [UInt8](unsafeUninitializedCapacity: Int(size)) { out, count in
                        let written = ZSTD_decompressDCtx(
                            contexts.decompression, out.baseAddress, out.count, frame.baseAddress, frame.count)
                        isWhole = ZSTD_isError(written) == 0 && written == Int(size)
                        count = isWhole ? written : 0
                    }
                }
                return isWhole ? bytes : nil
            }
        default: return nil
        }
    }

    private static func withContexts<R>(_ body: (Contexts) -> R) -> R {
        let contexts = idle.withLock { $0.popLast() } ?? Contexts()
        defer { idle.withLock { $0.append(contexts) } }
        return body(contexts)
    }
}

/// The working areas of zstd.
///
/// `@unchecked Sendable`: whoever took them from the idle ones is the only one to use them until they are put back.
private final class Contexts: @unchecked Sendable {
    let compression = ZSTD_createCCtx()
    let decompression = ZSTD_createDCtx()

    deinit {
        ZSTD_freeCCtx(compression)
        ZSTD_freeDCtx(decompression)
    }
}
