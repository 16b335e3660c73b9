import CCrypto
import CZstd

/// SHA-256, and what is cut from it.
enum Digest {
    /// 16 bytes that tell one content from another.
    static func content(_ bytes: [UInt8]) -> [UInt8] { Array(sha256(bytes)[..<16]) }

    /// A number by which rows are found; what it stands for is compared where a mix-up would matter.
    static func mark(_ parts: String...) -> Int64 {
        var bytes: [UInt8] = []
        for part in parts {
            bytes += part.utf8
            bytes.append(0)
        }
        return mark(bytes)
    }

    /// By what a content is found in `highway_seen`. What is to be read another way is another delivery.
    static func contentMark(_ digest: [UInt8], of sender: String, format: String, charset: String?) -> Int64 {
        mark("content", sender, format, charset ?? "", hex(digest))
    }

    /// By what a control id is found in `highway_seen`.
    static func controlMark(_ control: String, of sender: String) -> Int64 { mark("control", sender, control) }

    static func mark(_ bytes: [UInt8]) -> Int64 {
        sha256(bytes)[..<8].reduce(0) { $0 << 8 | Int64($1) }
    }

    static func hex(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { out in
            for (place, byte) in bytes.enumerated() {
                out[place * 2] = digit(byte >> 4)
                out[place * 2 + 1] = digit(byte & 15)
            }
            return bytes.count * 2
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x57 + value
    }

    /// An UUID of version 8 (RFC 9562).
    static func uuid(_ text: String) -> String {
        var digest = sha256(Array(text.utf8))
        digest[6] = digest[6] & 0x0F | 0x80
        digest[8] = digest[8] & 0x3F | 0x80
        let digits = hex(Array(digest[..<16]))
        let cuts = [0, 8, 12, 16, 20, 32]
        return zip(cuts, cuts.dropFirst()).map { String(digits.dropFirst($0).prefix($1 - $0)) }.joined(separator: "-")
    }

    /// Whether an id was made from what identifies something, as mappings and ``uuid(_:)`` do: a UUID of version 8.
    static func isMade(_ id: String) -> Bool {
        let text = Array(id.utf8)
        return text.count == 36 && text[8] == 0x2D && text[13] == 0x2D && text[14] == 0x38
    }

    private static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
        return digest
    }
}

/// Packs messages as zstd frames.
enum Packing {
    /// The longest delivery that is taken, in bytes.
    static let bytesMax = 64 << 20

    static func pack(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { out, count in
            let written = ZSTD_compress(out.baseAddress, out.count, bytes, bytes.count, 1)
            precondition(ZSTD_isError(written) == 0, "the frame has room for the worst case")
            count = written
        }
    }

    /// Nil when the bytes are no frame of ours.
    static func unpack(_ frame: [UInt8]) -> [UInt8]? {
        let size = ZSTD_getFrameContentSize(frame, frame.count)
        guard size <= UInt64(bytesMax) else { return nil }
        var isWhole = false
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(size)) { out, count in
            let written = ZSTD_decompress(out.baseAddress, out.count, frame, frame.count)
            isWhole = ZSTD_isError(written) == 0 && written == Int(size)
            count = isWhole ? written : 0
        }
        return isWhole ? bytes : nil
    }
}
