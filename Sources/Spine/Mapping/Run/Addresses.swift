import HL7v2

/// The URIs that names in messages stand for.
enum Addresses {
    /// Identifiers that are made here for things that are mentioned without one.
    static let keys = "https://healthbrain.dev/fhir/v2/key"

    /// The URI of the institution that sent a message: below it stand the names that only it knows.
    static func facility(_ header: MessageHeader, _ arena: inout Arena) -> Bytes {
        var name = header.sendingFacility ?? header.sendingApplication ?? "unknown"
        arena.begin()
        arena.put("https://healthbrain.dev/fhir/v2/")
        name.withUTF8 { put(escaped: $0, to: &arena) }
        return arena.end()
    }

    static func isURI(_ text: Bytes) -> Bool {
        (starts(text, "http://") || starts(text, "https://") || starts(text, "urn:")) && !text.contains { $0 <= 0x20 }
    }

    static func isUUID(_ text: Bytes) -> Bool {
        text.count == 36
            && text.indices.allSatisfy { place in
                switch place {
                case 8, 13, 18, 23: text[place] == 0x2D
                default: Primitives.isDigit(text[place]) || (0x61...0x66).contains(text[place])
                }
            }
    }

    static func starts(_ text: Bytes, _ words: StaticString) -> Bool {
        let count = words.utf8CodeUnitCount
        return text.count >= count
            && same(Bytes(rebasing: text[..<count]), Bytes(start: words.utf8Start, count: count))
    }

    /// `identifier=system|value` for a conditional request; nil where the text can't be put into one.
    static func query(_ system: Bytes, _ value: Bytes, _ arena: inout Arena) -> Bytes? {
        guard !system.contains(0x5C), !value.contains(0x5C) else { return nil }
        arena.begin()
        arena.put("identifier=")
        put(search: system, to: &arena)
        arena.put("%7C")
        put(search: value, to: &arena)
        return arena.end()
    }

    /// FHIR search writes a backslash before its own separators.
    private static func put(search text: Bytes, to arena: inout Arena) {
        for byte in text {
            if byte == 0x2C || byte == 0x7C || byte == 0x24 { put(escaped: 0x5C, to: &arena) }
            put(escaped: byte, to: &arena)
        }
    }

    static func put(escaped text: Bytes, to arena: inout Arena) {
        for byte in text { put(escaped: byte, to: &arena) }
    }

    /// Percent-encoded but for what may stand in every part of a URI.
    @inline(__always)
    private static func put(escaped byte: UInt8, to arena: inout Arena) {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"),
            UInt8(ascii: ":"):
            arena.put(byte: byte)
        default:
            if Primitives.isAlphanumeric(byte) { return arena.put(byte: byte) }
            let digits: StaticString = "0123456789ABCDEF"
            arena.put(byte: 0x25)
            arena.put(byte: digits.utf8Start[Int(byte >> 4)])
            arena.put(byte: digits.utf8Start[Int(byte & 15)])
        }
    }
}

extension MessageRun {
    /// A name that only the sender knows.
    mutating func local(_ name: Bytes) -> Bytes {
        if let known = program.authorities.entry(name) { return known.code }
        arena.begin()
        arena.put(facility)
        arena.put(byte: 0x2F)
        Addresses.put(escaped: name, to: &arena)
        return arena.end()
    }

    /// An assigning authority: name, universal id and its type.
    ///
    /// - Parameter first: the component with the name; 0: in subcomponents of the part.
    mutating func authority(_ part: Place, first: Int) -> Bytes? {
        let start = max(first, 1)
        let name = authorityText(part, first, start)
        if let known = program.authorities.entry(name) { return known.code }
        let universal = authorityText(part, first, start + 1)
        if !universal.isEmpty, let uri = universalURI(universal, authorityText(part, first, start + 2)) { return uri }
        if !name.isEmpty { return Primitives.isOID(name) ? oid(name) : local(name) }
        return universal.isEmpty ? nil : local(universal)
    }

    private mutating func authorityText(_ part: Place, _ first: Int, _ number: Int) -> Bytes {
        guard first > 0 else { return plainText(of: V2Splitting.part(text, part.range, subcomponent, number)) }
        let range = V2Splitting.part(text, part.range, component, number)
        // An HD inside of an HD has no sense; only the name counts then.
        return plainText(of: V2Splitting.part(text, range, subcomponent, 1))
    }

    private mutating func oid(_ id: Bytes) -> Bytes {
        arena.begin()
        arena.put("urn:oid:")
        arena.put(id)
        return arena.end()
    }

    private mutating func universalURI(_ id: Bytes, _ type: Bytes) -> Bytes? {
        switch String(decoding: type, as: UTF8.self).uppercased() {
        case "ISO" where Primitives.isOID(id), "" where Primitives.isOID(id): return oid(id)
        case "UUID", "GUID":
            var lower = String(decoding: id, as: UTF8.self).lowercased()
            let uuid = lower.withUTF8 { arena.keep($0) }
            guard Addresses.isUUID(uuid) else { return nil }
            arena.begin()
            arena.put("urn:uuid:")
            arena.put(uuid)
            return arena.end()
        default: return Addresses.isURI(id) ? id : nil
        }
    }

    /// The URI of a coding system by its name in HL7 table 0396, by its OID, or as the sender's own.
    mutating func codeSystem(_ name: Bytes) -> Bytes {
        if let known = program.authorities.entry(name) { return known.code }
        if let systems = program.codingSystems {
            if let entry = systems.entry(name) { return entry.code }
            var upper = String(decoding: name, as: UTF8.self).uppercased()
            if let entry = upper.withUTF8({ systems.entry($0) }) { return entry.code }
        }
        if Addresses.isURI(name) { return name }
        if Primitives.isOID(name) { return oid(name) }
        if Addresses.starts(name, "HL7") {
            let text = String(decoding: name, as: UTF8.self).dropFirst(3).filter { $0 != "-" && $0 != "_" }
            if let number = Int(text), number > 0, number < 10_000 {
                var uri = "http://terminology.hl7.org/CodeSystem/v2-\(String(10_000 + number).dropFirst())"
                return uri.withUTF8 { arena.keep($0) }
            }
        }
        // Twice, because the name is one step of a path.
        arena.begin()
        arena.put("codes/")
        Addresses.put(escaped: name, to: &arena)
        return local(arena.end())
    }
}
