import CZstd
import SQL
import Synchronization

/// Compresses bodies by zstd with a dictionary that is trained on what the store itself holds.
///
/// Dictionary 0 means no dictionary. A dictionary, once used, is kept for ever: old bodies need it.
final class BodyCodec: Sendable {
    /// zstd's own default is 3; with a dictionary, higher levels gain little on texts of a kilobyte.
    private static let level: Int32 = 3
    /// The largest body that is read back; a write is bounded by the limit on documents.
    static let bodyBytesMax = 1 << 30

    private struct State {
        var dictionaries: [Int64: Dictionary] = [:]
        var current: Int64 = 0
        var idle: [Contexts] = []
    }

    private let state = Mutex(State())
    /// Fetches a dictionary that another server has trained; nil where there is no other server.
    private let source: (@Sendable (Int64) throws -> [UInt8]?)?

    init(source: (@Sendable (Int64) throws -> [UInt8]?)? = nil) { self.source = source }

    /// The dictionary that new bodies use.
    var current: Int64 { state.withLock { $0.current } }

    /// Compresses a text with the newest dictionary.
    func compress(_ text: [UInt8]) -> (body: [UInt8], dictionary: Int64) {
        let (contexts, dictionary, id) = state.withLock {
            ($0.idle.popLast() ?? Contexts(), $0.dictionaries[$0.current], $0.current)
        }
        defer { state.withLock { $0.idle.append(contexts) } }
        let body = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(text.count)) { out, count in
            text.withUnsafeBytes { source in
                let written =
                    if let dictionary {
                        ZSTD_compress_usingCDict(
                            contexts.compression, out.baseAddress, out.count, source.baseAddress, source.count,
                            dictionary.compression)
                    } else {
                        ZSTD_compressCCtx(
                            contexts.compression, out.baseAddress, out.count, source.baseAddress, source.count,
                            Self.level)
                    }
                precondition(ZSTD_isError(written) == 0, "a buffer of zstd's own bound is large enough")
                count = written
            }
        }
        return (body, id)
    }

    /// Restores a text.
    func decompress(_ body: UnsafeRawBufferPointer, dictionary id: Int64) throws(RecordsError) -> [UInt8] {
        let contexts = state.withLock { $0.idle.popLast() ?? Contexts() }
        var dictionary = state.withLock { $0.dictionaries[id] }
        if dictionary == nil, id != 0, let content = try? source?(id) {
            add(id, content: content)
            dictionary = state.withLock { $0.dictionaries[id] }
        }
        defer { state.withLock { $0.idle.append(contexts) } }
        guard id == 0 || dictionary != nil else {
            throw RecordsError(.internal, "A stored body names dictionary \(id), which the store does not have.")
        }
        let size = ZSTD_getFrameContentSize(body.baseAddress, body.count)
        guard size <= Self.bodyBytesMax else {
            throw RecordsError(.internal, "A stored body is damaged: its size can't be read.")
        }
        var failed = false
        let text = [UInt8](unsafeUninitializedCapacity: Int(size)) { out, count in
            let written =
                if let dictionary {
                    ZSTD_decompress_usingDDict(
                        contexts.decompression, out.baseAddress, out.count, body.baseAddress, body.count,
                        dictionary.decompression)
                } else {
                    ZSTD_decompressDCtx(
                        contexts.decompression, out.baseAddress, out.count, body.baseAddress, body.count)
                }
            failed = ZSTD_isError(written) != 0 || written != Int(size)
            count = failed ? 0 : written
        }
        if failed { throw RecordsError(.internal, "A stored body is damaged: it can't be decompressed.") }
        return text
    }

    /// Makes a dictionary known, and the newest the one in use.
    func add(_ id: Int64, content: [UInt8]) {
        guard let dictionary = Dictionary(content, level: Self.level) else { return }
        state.withLock {
            $0.dictionaries[id] = dictionary
            $0.current = max($0.current, id)
        }
    }

    /// Trains a dictionary; nil when the samples are too few or too unlike each other.
    ///
    /// - Parameter bytesMax: zstd's own recommendation is about 100 kB.
    static func train(samples: [[UInt8]], bytesMax: Int = 112_640) -> [UInt8]? {
        var sizes = samples.map(\.count)
        let joined = samples.flatMap { $0 }
        var parameters = ZDICT_fastCover_params_t()
        parameters.k = 1024
        parameters.d = 8
        parameters.f = 20
        parameters.accel = 1
        parameters.zParams.compressionLevel = level
        let content = [UInt8](unsafeUninitializedCapacity: bytesMax) { out, count in
            let size = joined.withUnsafeBytes { bytes in
                ZDICT_trainFromBuffer_fastCover(
                    out.baseAddress, out.count, bytes.baseAddress, &sizes, UInt32(sizes.count), parameters)
            }
            count = ZDICT_isError(size) == 0 ? size : 0
        }
        return content.isEmpty ? nil : content
    }
}

/// The two working areas of zstd, used by one thread at a time and then handed back.
///
/// `@unchecked Sendable`: only the holder that took it from the pool uses it.
private final class Contexts: @unchecked Sendable {
    let compression = ZSTD_createCCtx()
    let decompression = ZSTD_createDCtx()

    deinit {
        ZSTD_freeCCtx(compression)
        ZSTD_freeDCtx(decompression)
    }
}

/// A dictionary, digested for both directions.
///
/// `@unchecked Sendable`: zstd's digested dictionaries are read-only and made to be shared between threads.
private final class Dictionary: @unchecked Sendable {
    let compression: OpaquePointer
    let decompression: OpaquePointer

    init?(_ content: [UInt8], level: Int32) {
        guard let compression = ZSTD_createCDict(content, content.count, level) else { return nil }
        guard let decompression = ZSTD_createDDict(content, content.count) else {
            ZSTD_freeCDict(compression)
            return nil
        }
        self.compression = compression
        self.decompression = decompression
    }

    deinit {
        ZSTD_freeCDict(compression)
        ZSTD_freeDDict(decompression)
    }
}
