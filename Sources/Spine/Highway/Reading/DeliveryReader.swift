import FHIR
import Foundation
import HL7v2
import JSON
import Mapping

/// Reads deliveries: from bytes to resources, without a look at the record.
struct DeliveryReader: Sendable {
    let mapping: Mapping
    /// What says of each message who sent it and when: the inbox and `meta.source` do, so that these are not written.
    static let tellings: Set<String> = ["MessageHeader", "Provenance"]

    /// What a delivery says; one item with a refusal where it can't be read.
    func items(of message: StoredMessage) -> [Item] {
        guard let bytes = message.bytes else {
            return [refused(message, "damaged", "the content in the inbox is damaged", "ask the sender for it again")]
        }
        return switch message.format {
        case .hl7v2: v2(bytes, message)
        case .fhir: FHIRReader(message).items(bytes)
        case .ndjson: FHIRReader(message).lines(bytes)
        case .table(let name): table(bytes, name, message)
        case .refused(let why):
            [refused(message, "door", why, "set the connection right, and let the sender send it again")]
        }
    }

    private func refused(_ message: StoredMessage, _ rule: String, _ what: String, _ hint: String) -> Item {
        Item(
            number: 0, kind: message.format.text, control: message.control,
            refusals: [Refusal(step: .read, rule: rule, place: "", what: what, hint: hint)])
    }

    // MARK: HL7 v2

    private func v2(_ bytes: [UInt8], _ message: StoredMessage) -> [Item] {
        let reading = Reading(bytes, assumed: message.charset.flatMap { Charset($0) })
        guard !reading.items.isEmpty else {
            var item = Item(number: 0, kind: "hl7v2", control: message.control)
            item.refusals = reading.faults.filter { $0.severity == .error }.map { Refusal($0, .read) }
            if item.refusals.isEmpty {
                item.refusals = [
                    Refusal(
                        step: .read, rule: "no message", place: "", what: "there is no MSH segment",
                        hint: "send HL7 version 2")
                ]
            }
            return [item]
        }
        let received = isoInstant(message.received)
        return reading.items.enumerated().map { number, read in
            let outcome = mapping.convert(read, received: received)
            return item(number, outcome, reading.faults, message)
        }
    }

    private func item(_ number: Int, _ outcome: Outcome, _ shared: [HL7v2.Fault], _ message: StoredMessage) -> Item {
        let header = outcome.header
        var item = Item(
            number: number, kind: header?.kind ?? "hl7v2", control: header?.controlID ?? message.control,
            event: outcome.time?.milliseconds)
        let step: Step = outcome.mapping == nil && header == nil ? .read : .map
        item.refusals = outcome.faults.filter { $0.severity == .error }.map { Refusal($0, step) }
        item.remarks = (shared + outcome.faults).filter { $0.severity == .warning }.map { Refusal($0, step) }
        item.unmapped = outcome.unmappedCodes.map {
            Unmapped(system: $0.table, code: $0.code, text: "", place: "\($0.place)")
        }
        guard let bundle = outcome.bundle, item.refusals.isEmpty else {
            if item.refusals.isEmpty {
                item.refusals = [
                    Refusal(
                        step: .map, rule: "nothing", place: "MSH-9", what: "the message became no FHIR",
                        hint: "look at its mapping")
                ]
            }
            return item
        }
        let source = Source.text(sender: message.sender, control: item.control ?? Digest.hex(message.digest))
        for resource in outcome.resources where !Self.tellings.contains(resource.type) {
            do {
                item.parts.append(
                    Part(
                        type: resource.type, id: resource.id, name: Self.name(resource),
                        isSnapshot: resource.interaction.isSnapshot, isChange: resource.isChange,
                        nulls: resource.nulls, aliases: ["urn:uuid:\(resource.id)"],
                        document: try Source.document(bundle[resource.bytes], type: resource.type, source)))
            } catch {
                item.refusals.append(
                    Refusal(
                        step: .map, rule: "JSON", place: resource.type, what: "\(error)",
                        hint: "this is a fault of the mapping; tell it"))
            }
        }
        return item
    }

    private static func name(_ resource: Outcome.Resource) -> Part.Name {
        guard let identifier = resource.interaction.identifier else { return .id }
        return .identifier(system: identifier.system, value: identifier.value)
    }

    // MARK: Tables

    private func table(_ bytes: [UInt8], _ name: String, _ message: StoredMessage) -> [Item] {
        var text = DelimitedText(bytes)
        if let charset = message.charset.flatMap({ Charset($0) }), charset != text.form.charset {
            var form = text.form
            form.charset = charset
            text = DelimitedText(bytes, form: form)
        }
        let (table, faults) = mapping.table(name.isEmpty ? nil : name, header: text.header, facility: message.sender)
        guard let table else {
            var item = Item(number: 0, kind: message.format.text, control: message.control)
            item.refusals = (text.faults + faults).filter { $0.severity == .error }.map { Refusal($0, .read) }
            if item.refusals.isEmpty {
                return [
                    refused(
                        message, "table \(name)",
                        "no kind of table fits the columns \(text.header.joined(separator: ", "))",
                        "name one of \(mapping.sheets.joined(separator: ", ")), or map the columns in the sender's file"
                    )
                ]
            }
            return [item]
        }
        let source = "\(name)-\(Digest.hex(message.digest).prefix(16))"
        let received = isoInstant(message.received)
        return text.rows.enumerated().map { number, row in
            let outcome = mapping.convert(row, of: table, source: source, received: received)
            return item(number, outcome, number == 0 ? text.faults : [], message)
        }
    }
}

extension Refusal {
    init(_ fault: HL7v2.Fault, _ step: Step) {
        self.init(
            step: step, rule: "\(fault.code.rawValue) \(fault.place?.segment ?? "")".trimmed,
            place: fault.place.map { "\($0)" } ?? "", what: fault.what, hint: fault.hint)
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}

/// Values in a search's text.
enum QueryText {
    static func escaped(_ text: String) -> String {
        if text.utf8.allSatisfy(isPlain) { return text }
        var escaped = ""
        for byte in text.utf8 {
            // What has a meaning in a search's values stands behind a backslash where it has none.
            if [0x5C, 0x2C, 0x7C, 0x24].contains(byte) { escaped += "%5C" }
            if isPlain(byte) {
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return escaped
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x3A, 0x2F: true
        default: false
        }
    }
}

/// `meta.source` of what the highway writes: whose message said it. The inbox has the message under these two names.
enum Source {
    static func text(sender: String, control: String) -> String {
        "https://healthbrain.dev/highway/\(QueryText.escaped(sender))#\(QueryText.escaped(control))"
    }

    /// The resource with `meta.source`, which a sender that gives its own keeps.
    static func stamped(_ document: JSONDocument, _ source: String) throws -> JSONDocument {
        let root = document.root
        var edits = JSONEdits()
        if let meta = root["meta"] {
            guard meta.isObject, meta["source"] == nil else { return document }
            edits.insertFirstMember("source", of: meta, rawJSON: jsonQuoted(source))
        } else {
            edits.setMember("meta", of: root, to: object(source))
        }
        return try JSONDocument(parsing: edits.applied(to: document))
    }

    /// A resource with `meta.source`, from the text of one that begins with its type.
    static func document(_ text: ArraySlice<UInt8>, type: String, _ source: String) throws -> JSONDocument {
        let head = Array("{\"resourceType\":\"\(type)\"".utf8)
        if text.starts(with: head) {
            var whole = head
            whole.reserveCapacity(text.count + 200)
            whole += Array(",\"meta\":".utf8) + object(source)
            whole += text.dropFirst(head.count)
            // One that has a `meta` already is refused, since no key may stand twice.
            if let document = try? JSONDocument(parsing: whole) { return document }
        }
        return try stamped(JSONDocument(parsing: Array(text)), source)
    }

    private static func object(_ source: String) -> [UInt8] {
        Array("{\"source\":".utf8) + jsonQuoted(source) + Array("}".utf8)
    }
}
