/// An address inside the portal, with its query encoded.
enum Address {
    /// A path and its query; parameters without a value are left out.
    static func make(_ path: String, _ query: [(name: String, value: String?)] = []) -> String {
        let pairs = query.compactMap { item in item.value.map { "\(encoded(item.name))=\(encoded($0))" } }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }

    /// Percent-encoded as a part of a path or of a query: all but `A–Z a–z 0–9 - . _ ~`.
    static func encoded(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E
            if isPlain {
                bytes.append(byte)
            } else {
                bytes += [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The page of a resident.
    static func resident(_ id: String, _ query: [(name: String, value: String?)] = []) -> String {
        make("/residents/\(encoded(id))", query)
    }

    /// The page of a source document.
    static func source(type: String, id: String, version: Int? = nil) -> String {
        make("/records/\(encoded(type))/\(encoded(id))", [("version", version.map(String.init))])
    }
}
