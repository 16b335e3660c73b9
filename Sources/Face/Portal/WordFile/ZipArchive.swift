import CZlib

/// A zip archive of stored entries (APPNOTE 6.3.10 of PKWARE, method 0): as much of the format as an Office document needs.
struct ZipArchive {
    private var bytes: [UInt8] = []
    private var directory: [UInt8] = []
    private var count: UInt16 = 0

    /// Adds a file.
    /// - Parameter name: its path inside, of ASCII.
    mutating func add(_ name: String, _ content: [UInt8]) {
        let offset = UInt32(bytes.count)
        let check = UInt32(truncatingIfNeeded: crc32(0, content, UInt32(content.count)))
        // Version 2.0, no flags, stored, 1980-01-01 00:00, then checksum, sizes and the lengths of name and extra.
        let shared: [UInt8] =
            Self.two(20) + Self.two(0) + Self.two(0) + Self.two(0) + Self.two(0x21) + Self.four(check)
            + Self.four(UInt32(content.count)) + Self.four(UInt32(content.count)) + Self.two(UInt16(name.utf8.count))
            + Self.two(0)
        bytes += Self.four(0x0403_4B50) + shared + Array(name.utf8) + content
        directory +=
            Self.four(0x0201_4B50) + Self.two(20) + shared + Self.two(0) + Self.two(0) + Self.two(0) + Self.four(0)
            + Self.four(offset) + Array(name.utf8)
        count += 1
    }

    /// The whole archive.
    var file: [UInt8] {
        bytes + directory + Self.four(0x0605_4B50) + Self.two(0) + Self.two(0) + Self.two(count) + Self.two(count)
            + Self.four(UInt32(directory.count)) + Self.four(UInt32(bytes.count)) + Self.two(0)
    }

    private static func two(_ value: UInt16) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8)] }

    private static func four(_ value: UInt32) -> [UInt8] {
        two(UInt16(value & 0xFFFF)) + two(UInt16(value >> 16))
    }
}
