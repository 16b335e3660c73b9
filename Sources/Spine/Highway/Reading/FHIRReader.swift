import FHIR
import JSON

/// Reads bundles, resources and lines of them.
struct FHIRReader {
    private let message: StoredMessage

    init(_ message: StoredMessage) { self.message = message }

    /// A Bundle or one resource.
    func items(_ bytes: [UInt8]) -> [Item] { [item(0, bytes)] }

    /// NDJSON: each line is an item of its own.
    func lines(_ bytes: [UInt8]) -> [Item] {
        bytes.split(separator: 0x0A).filter { line in line.contains { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 } }
            .enumerated().map { item($0, Array($1)) }
    }

    private func item(_ number: Int, _ bytes: [UInt8]) -> Item {
        var item = Item(number: number, kind: "FHIR", control: nil)
        do {
            let document = try JSONDocument(parsing: bytes, limits: JSONLimits(bytesMax: Packing.bytesMax))
            guard let type = document.root["resourceType"]?.string else {
                throw Malformed(rule: "resourceType", place: "", what: "it is no FHIR resource")
            }
            item.kind = type
            item.control = document.root["identifier"]?["value"]?.string ?? document.root["id"]?.string
            item.parts =
                type == "Bundle" ? try bundle(document.root, &item) : [try resource(document, number, &item)]
        } catch let error as Malformed {
            item.refusals = [
                Refusal(step: .read, rule: error.rule, place: error.place, what: error.what, hint: error.hint)
            ]
        } catch {
            item.refusals = [
                Refusal(
                    step: .read, rule: "JSON", place: number > 0 ? "line \(number + 1)" : "", what: "\(error)",
                    hint: "send JSON in UTF-8")
            ]
        }
        return item
    }

    private struct Malformed: Error {
        var rule: String
        var place: String
        var what: String
        var hint = "send a Bundle of type transaction, batch or collection, or one resource"
    }

    // MARK: One resource

    private func resource(_ document: JSONDocument, _ number: Int, _ item: inout Item) throws -> Part {
        let root = document.root
        let type = root["resourceType"]?.string ?? ""
        let at = Self.instant(root["meta"]?["lastUpdated"]?.string)
        item.event = at
        let id = root["id"]?.string ?? newID(number, 0)
        return Part(
            type: type, id: id, name: .id, isSnapshot: true, aliases: [], document: try stamped(document), at: at)
    }

    private func newID(_ number: Int, _ place: Int) -> String {
        Digest.uuid("\(message.sender)|\(Digest.hex(message.digest))|\(number)|\(place)")
    }

    private func stamped(_ document: JSONDocument) throws -> JSONDocument {
        try Source.stamped(document, Source.text(sender: message.sender, control: Digest.hex(message.digest)))
    }

    // MARK: Bundles

    private func bundle(_ root: JSONNode, _ item: inout Item) throws -> [Part] {
        let kind = root["type"]?.string ?? ""
        guard ["transaction", "batch", "collection"].contains(kind) else {
            throw Malformed(rule: "Bundle.type", place: "Bundle.type", what: "a Bundle of type '\(kind.prefix(20))'")
        }
        let stamp = Self.instant(root["timestamp"]?.string)
        item.event = stamp
        var parts: [Part] = []
        for (place, entry) in (root["entry"]?.elements.map { $0 } ?? []).enumerated() {
            parts.append(try part(entry, item.number, place, stamp))
        }
        return parts
    }

    private func part(_ entry: JSONNode, _ number: Int, _ place: Int, _ stamp: Int64?) throws -> Part {
        let path = "Bundle.entry[\(place)]"
        let resource = try entry["resource"].map { try JSONDocument(parsing: Array($0.rawText)) }
        let own = resource?.root["id"]?.string
        let type = resource?.root["resourceType"]?.string
        let method = entry["request"]?["method"]?.string ?? "PUT"
        let address = [type, own].compactMap { $0 }.joined(separator: "/")
        let wanted = entry["request"]?["url"]?.string ?? address
        let (target, query) = Self.cut(wanted)
        // The id of what is posted isn't its own (FHIR R4, 3.1.0.8), but the bundle may refer to it so.
        let aliases = [entry["fullUrl"]?.string, method == "POST" && own != nil ? address : nil].compactMap { $0 }
        let at = Self.instant(resource?.root["meta"]?["lastUpdated"]?.string) ?? stamp
        func made(_ type: String, _ id: String, _ name: Part.Name, isSnapshot: Bool) throws -> Part {
            guard let resource, resource.root["resourceType"]?.string == type else {
                throw Malformed(
                    rule: "Bundle.entry.resource", place: path, what: "the entry has no \(type)",
                    hint: "give each entry the resource that its request names")
            }
            return Part(
                type: type, id: id, name: name, isSnapshot: isSnapshot, aliases: aliases,
                document: try stamped(resource),
                at: at)
        }
        let names = target.split(separator: "/").map(String.init)
        switch (method, names.count) {
        case ("PUT", 2): return try made(names[0], names[1], .id, isSnapshot: true)
        case ("PUT", 1), ("POST", 1):
            if let query {
                return try made(
                    names[0], (method == "PUT" ? own : nil) ?? Digest.uuid("\(names[0])|\(query)"), .query(query),
                    isSnapshot: method == "PUT")
            }
            if let exists = entry["request"]?["ifNoneExist"]?.string, method == "POST" {
                return try made(names[0], Digest.uuid("\(names[0])|\(exists)"), .query(exists), isSnapshot: false)
            }
            return try made(
                names[0], method == "PUT" ? own ?? newID(number, place) : newID(number, place), .id, isSnapshot: true)
        case ("DELETE", 2):
            return Part(type: names[0], id: names[1], name: .id, isSnapshot: true, aliases: [], document: nil, at: at)
        default:
            throw Malformed(
                rule: "Bundle.entry.request", place: "\(path).request",
                what: "\(method.prefix(10)) of '\(target.prefix(40))' isn't taken here",
                hint: "use PUT, POST or DELETE of one resource, or the FHIR address of the server")
        }
    }

    private static func cut(_ url: String) -> (String, String?) {
        guard let mark = url.firstIndex(of: "?") else { return (url, nil) }
        return (String(url[..<mark]), String(url[url.index(after: mark)...]))
    }

    /// Milliseconds since 1970 UTC of an `instant`.
    static func instant(_ text: String?) -> Int64? {
        guard let text, let moment = FHIRDateTime(text) else { return nil }
        return moment.lowMilliseconds
    }
}
