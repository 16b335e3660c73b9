import JSON

/// Rewrites transactions so that sending them twice is the same as sending them once.
///
/// A POST makes a new resource each time. So a POST of a resource that carries an id becomes a PUT to that id; one
/// whose `fullUrl` is a `urn:uuid` takes the uuid as its id, and one with neither takes an id derived from its
/// content. Where another transaction posts the same id again, the file asks for another resource: it takes an id
/// derived from the transaction, so that it neither replaces the first nor comes twice. A POST with `ifNoneExist` is
/// idempotent already and stays. References inside the Bundle go by `fullUrl`, which stays, so that the server resolves
/// them as before.
struct Idempotent {
    /// For each `Type/id` posted so far, the transaction that posted it first; both by their hashes.
    private var owners: [UInt64: UInt64] = [:]

    /// The rewritten text; the same text when nothing had to be changed.
    mutating func transaction(_ document: JSONDocument) -> [UInt8] {
        var edits = JSONEdits()
        var taken: Set<UInt64> = []
        let bundle = Self.contentID(document.root)
        let bundleHash = Self.hash(bundle)
        for (index, entry) in (document.root["entry"]?.elements.map({ $0 }) ?? []).enumerated() {
            guard let request = entry["request"], request["method"]?.equals("POST") == true,
                request["ifNoneExist"] == nil, let resource = entry["resource"],
                let type = resource["resourceType"]?.string, request["url"]?.string.map(Self.trimmed) == type
            else { continue }
            let known = resource["id"]?.string
            var id = known ?? Self.uuid(entry["fullUrl"]?.string) ?? Self.contentID(resource)
            let name = Self.hash("\(type)/\(id)")
            let owner = owners[name] ?? bundleHash
            owners[name] = owner
            if owner != bundleHash || !taken.insert(name).inserted { id = Self.contentID("\(bundle)/\(index)") }
            if known != id { edits.setMember("id", of: resource, to: jsonQuoted(id)) }
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("method", string: "PUT")
            writer.member("url", string: "\(type)/\(id)")
            writer.endObject()
            edits.replace(request, with: writer.bytes)
        }
        return edits.isEmpty ? document.text : edits.applied(to: document)
    }

    /// FNV-1a.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// An id that the same content always gets: two FNV-1a hashes of its text, 128 bits in all.
    static func contentID(_ resource: JSONNode) -> String {
        contentID(resource.document.text[resource.range])
    }

    private static func contentID(_ text: String) -> String {
        contentID(Array(text.utf8)[...])
    }

    private static func contentID(_ text: ArraySlice<UInt8>) -> String {
        var low: UInt64 = 0xcbf2_9ce4_8422_2325
        var high: UInt64 = 0x6c62_272e_07bb_0142
        for byte in text {
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
