import JSON

/// Rewrites a transaction so that sending it twice is the same as sending it once.
///
/// A POST makes a new resource each time. So a POST of a resource that carries an id becomes a PUT to that id; one
/// whose `fullUrl` is a `urn:uuid` takes the uuid as its id, and one with neither takes an id derived from its
/// content. A POST with `ifNoneExist` is idempotent already and stays. References inside the Bundle go by `fullUrl`,
/// which stays, so that the server resolves them as before.
enum Idempotent {
    /// The rewritten text; the same text when nothing had to be changed.
    static func transaction(_ document: JSONDocument) -> [UInt8] {
        var edits = JSONEdits()
        for entry in document.root["entry"]?.elements.map({ $0 }) ?? [] {
            guard let request = entry["request"], request["method"]?.equals("POST") == true,
                request["ifNoneExist"] == nil, let resource = entry["resource"],
                let type = resource["resourceType"]?.string, request["url"]?.string.map(trimmed) == type
            else { continue }
            let known = resource["id"]?.string
            let id = known ?? uuid(entry["fullUrl"]?.string) ?? contentID(resource)
            if known == nil { edits.setMember("id", of: resource, to: jsonQuoted(id)) }
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("method", string: "PUT")
            writer.member("url", string: "\(type)/\(id)")
            writer.endObject()
            edits.replace(request, with: writer.bytes)
        }
        return edits.isEmpty ? document.text : edits.applied(to: document)
    }

    /// An id that the same content always gets: two FNV-1a hashes of its text, 128 bits in all.
    static func contentID(_ resource: JSONNode) -> String {
        var low: UInt64 = 0xcbf2_9ce4_8422_2325
        var high: UInt64 = 0x6c62_272e_07bb_0142
        for byte in resource.document.text[resource.range] {
            low = (low ^ UInt64(byte)) &* 0x100_0000_01b3
            high = (high &+ UInt64(byte)) &* 0x9e37_79b9_7f4a_7c15
            high ^= high >> 29
        }
        return "content-\(hexadecimal(high))\(hexadecimal(low))"
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    private static func uuid(_ fullURL: String?) -> String? {
        guard let fullURL, fullURL.hasPrefix("urn:uuid:") else { return nil }
        let id = String(fullURL.dropFirst(9))
        return id.utf8.count == 36 ? id : nil
    }

    private static func trimmed(_ url: String) -> String {
        url.hasPrefix("/") ? String(url.dropFirst()) : url
    }
}
