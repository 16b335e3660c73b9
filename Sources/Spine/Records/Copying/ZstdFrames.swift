import CCrypto
import CZstd
import Foundation

/// Content in zstd frames, with texts in skippable frames around it, which zstd passes over.
enum ZstdFrames {
    /// Content of a frame, in bytes.
    static let contentBytes = 4 << 20
    /// The longest frame that is expanded, in bytes.
    private static let contentMax: UInt64 = 1 << 30

    /// A text in a skippable frame.
    static func skippable(_ text: String) -> Data {
        var data = Data()
        for number in [FeedArchive.skippable, UInt32(text.utf8.count)] {
            withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
        }
        return data + Data(text.utf8)
    }

    /// Compresses and digests what is put into ``bytes``.
    struct Writer: ~Copyable {
        /// What waits.
        var bytes: [UInt8] = []
        private let file: FileHandle
        private let context: OpaquePointer?

        /// - Parameter head: digested before everything else.
        init(_ file: FileHandle, head: String) {
            self.file = file
            context = begunDigest(head)
        }

        deinit { EVP_MD_CTX_free(context) }

        /// Writes what waits, if it is so much at least.
        mutating func flush(from countMin: Int) throws {
            guard bytes.count >= max(1, countMin) else { return }
            EVP_DigestUpdate(context, bytes, bytes.count)
            let source = bytes
            let frame = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(source.count)) { out, count in
                count = ZSTD_compress(out.baseAddress, out.count, source, source.count, FeedArchive.level)
                precondition(ZSTD_isError(count) == 0, "a buffer of zstd's own bound is large enough")
            }
            try file.write(contentsOf: Data(frame))
            bytes.removeAll(keepingCapacity: true)
        }

        /// Writes what is left.
        /// - Returns: the SHA-256 of all of it.
        mutating func finish() throws -> String {
            try flush(from: 1)
            return hexDigest(context)
        }
    }

    /// Reads frames.
    struct Reader {
        private let data: Data

        init(_ data: Data) { self.data = data }

        /// The texts of the skippable frames; nil when the file is damaged.
        func skippables() throws -> [String]? {
            var texts: [String] = []
            let isWhole = try scan { frame, isSkippable in
                if isSkippable { texts.append(String(decoding: frame.dropFirst(8), as: UTF8.self)) }
                return true
            }
            return isWhole ? texts : nil
        }

        /// Calls `each` with the content of each frame.
        ///
        /// - Parameter head: digested before everything else.
        /// - Returns: the SHA-256 of all of it; nil when the file is damaged.
        func contents(head: String, _ each: ([UInt8]) throws -> Void) throws -> String? {
            let context = begunDigest(head)
            defer { EVP_MD_CTX_free(context) }
            let isWhole = try scan { frame, isSkippable in
                if isSkippable { return true }
                let length = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
                guard length <= contentMax else { return false }
                var isBroken = false
                let content = [UInt8](unsafeUninitializedCapacity: Int(length)) { out, count in
                    let written = ZSTD_decompress(out.baseAddress, out.count, frame.baseAddress, frame.count)
                    isBroken = ZSTD_isError(written) != 0 || written != Int(length)
                    count = isBroken ? 0 : written
                }
                if isBroken { return false }
                EVP_DigestUpdate(context, content, content.count)
                try each(content)
                return true
            }
            return isWhole ? hexDigest(context) : nil
        }

        private func scan(_ each: (UnsafeRawBufferPointer, Bool) throws -> Bool) throws -> Bool {
            try data.withUnsafeBytes { whole in
                var offset = 0
                while offset < whole.count {
                    let rest = UnsafeRawBufferPointer(rebasing: whole[offset...])
                    let size = ZSTD_findFrameCompressedSize(rest.baseAddress, rest.count)
                    guard ZSTD_isError(size) == 0, size > 0, rest.count >= 8 else { return false }
                    offset += size
                    let isSkippable = rest.loadUnaligned(as: UInt32.self).littleEndian & ~0xF == FeedArchive.skippable
                    guard try each(UnsafeRawBufferPointer(rebasing: rest[..<size]), isSkippable) else { return false }
                }
                return true
            }
        }
    }

    private static func begunDigest(_ head: String) -> OpaquePointer? {
        let context = EVP_MD_CTX_new()
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
        EVP_DigestUpdate(context, Array(head.utf8), head.utf8.count)
        return context
    }

    private static func hexDigest(_ context: OpaquePointer?) -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        EVP_DigestFinal_ex(context, &digest, &count)
        return digest.prefix(Int(count)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
