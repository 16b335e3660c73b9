import HL7v2

/// The URIs that names in messages stand for.
enum Addresses {
    private static let house = "https://healthbrain.dev/fhir/v2"
    /// Identifiers that are made here for things that are mentioned without one.
    static let keys = "https://healthbrain.dev/fhir/v2/key"

    /// The URI of the institution that sent a message: below it stand the names that only it knows.
    static func facility(_ header: MessageHeader) -> [UInt8] {
        let name = header.sendingFacility ?? header.sendingApplication ?? "unknown"
        return Array("\(house)/".utf8) + escaped(Array(name.utf8))
    }

    static func local(_ run: MessageRun, _ name: [UInt8]) -> [UInt8] {
        let text = String(decoding: name, as: UTF8.self)
        if let known = run.mapping.authorities[text] { return Array(known.utf8) }
        return run.facility + [0x2F] + escaped(name)
    }

    /// An assigning authority: name, universal id and its type.
    ///
    /// - Parameter first: the component with the name; 0: in subcomponents of the part.
    static func authority(_ run: MessageRun, _ part: Place, first: Int) -> [UInt8]? {
        let separator = first == 0 ? run.message.delimiters.subcomponent : run.message.delimiters.component
        let start = max(first, 1)
        func text(_ number: Int) -> [UInt8] {
            var range = V2Splitting.part(run.text, part.range, separator, number)
            // An HD inside of an HD has no sense; only the name counts then.
            if first > 0 { range = V2Splitting.part(run.text, range, run.message.delimiters.subcomponent, 1) }
            return run.plainText(of: range)
        }
        let name = text(start)
        let universal = text(start + 1)
        if let known = run.mapping.authorities[String(decoding: name, as: UTF8.self)] { return Array(known.utf8) }
        if let uri = universalURI(universal, text(start + 2)) { return uri }
        if !name.isEmpty {
            return Primitives.isOID(name) ? Array("urn:oid:".utf8) + name : local(run, name)
        }
        return universal.isEmpty ? nil : local(run, universal)
    }

    private static func universalURI(_ id: [UInt8], _ type: [UInt8]) -> [UInt8]? {
        guard !id.isEmpty else { return nil }
        switch String(decoding: type, as: UTF8.self).uppercased() {
        case "ISO" where Primitives.isOID(id), "" where Primitives.isOID(id): return Array("urn:oid:".utf8) + id
        case "UUID", "GUID":
            let lower = Array(String(decoding: id, as: UTF8.self).lowercased().utf8)
            return isUUID(lower) ? Array("urn:uuid:".utf8) + lower : nil
        case "URI", "URL": return isURI(id) ? id : nil
        default: return isURI(id) ? id : nil
        }
    }

    private static func isUUID(_ text: [UInt8]) -> Bool {
        text.count == 36
            && text.enumerated().allSatisfy { place, byte in
                [8, 13, 18, 23].contains(place)
                    ? byte == 0x2D : Primitives.isDigit(byte) || (0x61...0x66).contains(byte)
            }
    }

    private static func isURI(_ text: [UInt8]) -> Bool {
        let string = String(decoding: text, as: UTF8.self)
        return (string.hasPrefix("http://") || string.hasPrefix("https://") || string.hasPrefix("urn:"))
            && !text.contains { $0 <= 0x20 }
    }

    /// The URI of a coding system by its name in HL7 table 0396, by its OID, or as the sender's own.
    static func codeSystem(_ run: MessageRun, _ name: [UInt8]) -> [UInt8]? {
        let text = String(decoding: name, as: UTF8.self)
        if let known = run.mapping.authorities[text] { return Array(known.utf8) }
        if let table = run.mapping.codingSystems, let entry = table.entries[text] ?? table.entries[text.uppercased()] {
            return entry.code
        }
        if isURI(name) { return name }
        if Primitives.isOID(name) { return Array("urn:oid:".utf8) + name }
        let number = text.hasPrefix("HL7") ? text.dropFirst(3).filter { $0 != "-" && $0 != "_" } : ""
        if let number = Int(number), number > 0, number < 10_000 {
            let digits = String(10_000 + number).dropFirst()
            return Array("http://terminology.hl7.org/CodeSystem/v2-\(digits)".utf8)
        }
        return local(run, Array("codes/".utf8) + escaped(name))
    }

    /// `identifier=system|value` for a conditional request; nil where the text can't be put into one.
    static func query(_ system: [UInt8], _ value: [UInt8]) -> [UInt8]? {
        guard !system.contains(0x5C), !value.contains(0x5C) else { return nil }
        return Array("identifier=".utf8) + escaped(search(system)) + Array("%7C".utf8) + escaped(search(value))
    }

    /// FHIR search writes a backslash before its own separators.
    private static func search(_ text: [UInt8]) -> [UInt8] {
        text.flatMap { $0 == 0x2C || $0 == 0x7C || $0 == 0x24 ? [0x5C, $0] : [$0] }
    }

    /// Percent-encoded but for what may stand in every part of a URI.
    private static func escaped(_ text: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"),
                UInt8(ascii: ":"):
                output.append(byte)
            default:
                if Primitives.isAlphanumeric(byte) {
                    output.append(byte)
                } else {
                    output += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            }
        }
        return output
    }
}
