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

    /// The plain files of an archive, in its order; nil where the bytes are none. What else stands there is passed over.
    static func files(_ archive: [UInt8]) -> [(path: String, content: [UInt8])]? {
        var found: [(path: String, content: [UInt8])] = []
        var place = 0
        while place + 512 <= archive.count, archive[place] != 0 {
            let header = archive[place..<place + 512]
            func text(_ at: Int, _ length: Int) -> String {
                String(decoding: header.dropFirst(at).prefix(length).prefix { $0 != 0 && $0 != 0x20 }, as: UTF8.self)
            }
            guard text(257, 5) == "ustar", let size = Int(text(124, 12), radix: 8), size >= 0,
                place + 512 + size <= archive.count
            else { return nil }
            let kind = header[place + 156]
            let folder = text(345, 155)
            let path = (folder.isEmpty ? "" : folder + "/") + text(0, 100)
            if kind == UInt8(ascii: "0") || kind == 0 {
                found.append((path, Array(archive[(place + 512)..<(place + 512 + size)])))
            }
            place += 512 + (size + 511) / 512 * 512
        }
        return found.isEmpty ? nil : found
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
