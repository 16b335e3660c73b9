/// A tar archive of small files (POSIX.1-1988 `ustar`), the same bytes for the same files: times, owners and order are
/// fixed.
enum TarArchive {
    /// - Parameter files: paths of at most 100 bytes, with their contents.
    static func bytes(_ files: [(path: String, content: [UInt8])]) -> [UInt8] {
        var archive: [UInt8] = []
        for file in files {
            archive += header(file.path, file.content.count)
            archive += file.content
            archive += [UInt8](repeating: 0, count: (512 - file.content.count % 512) % 512)
        }
        return archive + [UInt8](repeating: 0, count: 1024)
    }

    private static func header(_ path: String, _ size: Int) -> [UInt8] {
        precondition(path.utf8.count <= 100, "a path of a package has at most 100 bytes")
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at place: Int) {
            for (offset, byte) in text.utf8.enumerated() { header[place + offset] = byte }
        }
        put(path, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(size, 11), at: 124)
        // A package that is made twice is the same: its files bear the first moment of 2000.
        put(octal(946_684_800, 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6), at: 148)
        header[154] = 0
        header[155] = UInt8(ascii: " ")
        return header
    }

    private static func octal(_ number: Int, _ width: Int) -> String {
        let digits = String(number, radix: 8)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
