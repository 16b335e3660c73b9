import HL7v2

extension MessageRun {
    func writePrimitive(
        _ conversion: Conversion, _ producer: ProducerPlan, _ part: Place, _ element: ElementPlan
    ) -> Bool {
        let isWritten = writeValue(conversion, producer, part, element)
        if isWritten { valueCount += 1 }
        return isWritten
    }

    private func writeValue(
        _ conversion: Conversion, _ producer: ProducerPlan, _ part: Place, _ element: ElementPlan
    ) -> Bool {
        switch conversion {
        case .hd: return writeURI(Addresses.authority(self, part, first: 1), element)
        case .ei: return writeURI(Addresses.authority(self, part, first: 2), element)
        case .authority: return writeURI(Addresses.authority(self, part, first: 0), element)
        default: break
        }
        var plain = plainText(part)
        if plain.isEmpty { return false }
        if let table = producer.table {
            let plan = mapping.plan.tables[table]
            if let entry = plan.entries[String(decoding: plain, as: UTF8.self)] {
                plain = entry.code
            } else {
                note(unmapped: String(decoding: plain, as: UTF8.self), plan.name, part)
                guard let otherwise = producer.otherwise else { return false }
                plain = otherwise
            }
        }
        if write(plain, as: conversion, element) { return true }
        faults.append(
            Fault(
                .warning, .dataType, faultPlace(part),
                "'\(String(decoding: plain.prefix(40), as: UTF8.self))' is no \(conversion)",
                hint: "the value is left out; send it as HL7 writes it"))
        if let otherwise = producer.otherwise { return write(otherwise, as: conversion, element) }
        return false
    }

    func writeLiteral(_ bytes: [UInt8], _ producer: ProducerPlan, _ element: ElementPlan) -> Bool {
        guard case .primitive(let conversion) = producer.form else {
            guard let table = producer.table,
                let entry = mapping.plan.tables[table].entries[String(decoding: bytes, as: UTF8.self)]
            else { return false }
            return writeEntry(entry, producer)
        }
        return write(bytes, as: conversion, element)
    }

    /// All repetitions, one a line.
    func writeJoined(_ source: SourcePlan, _ place: Place, _ element: ElementPlan) -> Bool {
        var words: [UInt8] = []
        visit(source, place) { part in
            if !words.isEmpty { words.append(0x0A) }
            words += plainText(part)
            return false
        }
        guard !words.isEmpty, write(words, as: .string, element) else { return false }
        valueCount += 1
        return true
    }

    /// All sources in one value, blanks between them.
    func writeTogether(_ sources: [SourcePlan], _ place: Place, _ element: ElementPlan) -> Bool {
        var words: [UInt8] = []
        var hasValue = false
        for source in sources {
            var next: [UInt8] = []
            if case .literal(let text) = source {
                next = text
            } else {
                visit(source, place) { part in
                    next = plainText(part)
                    return true
                }
                hasValue = hasValue || !next.isEmpty
            }
            if !words.isEmpty, !next.isEmpty { words.append(0x20) }
            words += next
        }
        guard hasValue, write(words, as: .string, element) else { return false }
        valueCount += 1
        return true
    }

    /// Each word of a part as a value of its own.
    func words(_ part: Place, _ element: ElementPlan, _ before: Int) -> Int {
        var count = 0
        for word in plainText(part).split(separator: 0x20) {
            if before + count > 0 { output.put(byte: 0x2C) }
            output.putString(Array(word))
            valueCount += 1
            count += 1
        }
        return count
    }

    private func writeEntry(_ entry: TablePlan.Entry, _ producer: ProducerPlan) -> Bool {
        var isConcept = false
        if case .concept = producer.form { isConcept = true }
        if isConcept { output.put(#"{"coding":["#) }
        writeCoding(entry)
        if isConcept { output.put("]}") }
        return true
    }

    private func writeURI(_ uri: [UInt8]?, _ element: ElementPlan) -> Bool {
        guard let uri else { return false }
        return put(uri, element)
    }

    private func put(_ bytes: [UInt8], _ element: ElementPlan) -> Bool {
        output.put(byte: 0x22)
        let start = output.count
        bytes.withUnsafeBufferPointer { output.putInside($0) }
        let range = start..<output.count
        output.put(byte: 0x22)
        switch element.capture {
        case .none: break
        case .system: lastSystem = range
        case .code: lastCode = range
        case .display: lastDisplay = range
        case .value: lastValue = range
        }
        return !range.isEmpty
    }

    private func write(_ plain: [UInt8], as conversion: Conversion, _ element: ElementPlan) -> Bool {
        switch conversion {
        case .string, .markdown: return put(plain, element)
        case .code:
            let words = plain.split(separator: 0x20)
            return !words.isEmpty && put(Array(words.joined(separator: [0x20])), element)
        case .id:
            guard plain.count <= 64, plain.allSatisfy({ Primitives.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E })
            else {
                return false
            }
            return put(plain, element)
        case .uri, .url, .canonical: return !plain.contains { $0 <= 0x20 } && put(plain, element)
        case .oid:
            guard Primitives.isOID(plain) else { return false }
            return put(Array("urn:oid:".utf8) + plain, element)
        case .date: return writeURI(Primitives.date(plain), element)
        case .dateTime: return writeURI(Primitives.dateTime(plain, zone: mapping.zone), element)
        case .instant: return writeURI(Primitives.instant(plain, zone: mapping.zone), element)
        case .time: return writeURI(Primitives.time(plain), element)
        case .decimal: return bare(Primitives.decimal(plain))
        case .integer: return bare(Primitives.integer(plain, from: Int(Int32.min)))
        case .positiveInt: return bare(Primitives.integer(plain, from: 1))
        case .unsignedInt: return bare(Primitives.integer(plain, from: 0))
        case .boolean: return bare(Primitives.boolean(plain))
        case .base64Binary: return writeURI(Primitives.base64(plain), element)
        case .system: return writeURI(Addresses.codeSystem(self, plain), element)
        case .local: return writeURI(Addresses.local(self, plain), element)
        case .authority, .hd, .ei: return false
        }
    }

    private func bare(_ bytes: [UInt8]?) -> Bool {
        guard let bytes else { return false }
        output.put(bytes)
        return true
    }
}
