import JSON

/// Gathers single resources into transactions of PUTs.
struct Assembly {
    /// A Bundle is sent when it has this many resources,
    static let resourcesMax = 200
    /// or this many bytes.
    static let bytesMax = 1 << 20

    private(set) var resources = 0
    private(set) var line = 0
    private(set) var isDependent = false
    private(set) var sample: String?
    private var bytes: [UInt8] = []

    var isFull: Bool { resources >= Self.resourcesMax || bytes.count >= Self.bytesMax }

    /// Adds one resource.
    /// - Parameters:
    ///   - fullURL: by what others in the Bundle refer to it; nil when by its id.
    mutating func add(_ resource: JSONNode, fullURL: String?, line: Int) {
        if resources == 0 { self.line = line }
        let type = resource["resourceType"]?.string ?? ""
        let text = resource.document.text[resource.range]
        let known = resource["id"]?.string
        let id = known ?? Idempotent.contentID(resource)
        bytes += Array((resources == 0 ? "{" : ",{").utf8)
        if let fullURL {
            bytes += Array("\"fullUrl\":".utf8) + jsonQuoted(fullURL) + [UInt8(ascii: ",")]
        }
        bytes += Array("\"resource\":".utf8)
        if known != nil {
            bytes += text
        } else {
            bytes += Array("{\"id\":\"\(id)\",".utf8)
            bytes += text.dropFirst()
        }
        bytes += Array(",\"request\":{\"method\":\"PUT\",\"url\":".utf8) + jsonQuoted("\(type)/\(id)")
        bytes += Array("}}".utf8)
        resources += 1
        sample = sample ?? "\(type)/\(id)"
        isDependent = isDependent || References.hasConditional(text)
    }

    /// The Bundle of everything added, and begins anew.
    mutating func taken() -> [UInt8] {
        let bundle = Self.bundle(type: "transaction", entries: bytes)
        self = Assembly()
        return bundle
    }

    /// A Bundle of entries whose texts are joined by commas.
    static func bundle(type: String, entries: [UInt8]) -> [UInt8] {
        Array("{\"resourceType\":\"Bundle\",\"type\":\"\(type)\",\"entry\":[".utf8) + entries + Array("]}".utf8)
    }
}

/// Looks for references that are searches.
enum References {
    /// Whether the text holds a `"reference"` such as `"Practitioner?identifier=…"`, which the server can only resolve
    /// when what it looks for is there.
    static func hasConditional(_ text: ArraySlice<UInt8>) -> Bool {
        let key = Array("\"reference\"".utf8)
        var at = text.startIndex
        while let quote = text[at...].firstIndex(of: UInt8(ascii: "\"")) {
            at = quote + 1
            guard text[quote...].starts(with: key) else { continue }
            at = quote + key.count
            for byte in text[at...].drop(while: { $0 != UInt8(ascii: "\"") }).dropFirst() {
                if byte == UInt8(ascii: "?") { return true }
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "#") { break }
            }
        }
        return false
    }
}
