import HL7v2

extension MessageRun {
    mutating func writePrimitive(
        _ conversion: Conversion, _ producer: UnsafePointer<ProducerOp>, _ part: Place, _ capture: Capture
    ) -> Bool {
        let isWritten = writeValue(conversion, producer, part, capture)
        if isWritten { valueCount += 1 }
        return isWritten
    }

    private mutating func writeValue(
        _ conversion: Conversion, _ producer: UnsafePointer<ProducerOp>, _ part: Place, _ capture: Capture
    ) -> Bool {
        switch conversion {
        case .hd: return put(authority(part, first: 1), capture)
        case .ei: return put(authority(part, first: 2), capture)
        case .authority: return put(authority(part, first: 0), capture)
        case .comparator:
            guard let sign = Primitives.amount(plainText(part)).comparator else { return false }
            arena.begin()
            arena.put(sign)
            return put(arena.end(), capture)
        default: break
        }
        var plain = plainText(part)
        if plain.isEmpty { return false }
        if producer.pointee.table >= 0 {
            if let entry = tables[Int(producer.pointee.table)].entry(plain) {
                plain = entry.code
            } else {
                if !isReadingIdentifiers {
                    note(unmapped: plain, mapping.plan.tables[Int(producer.pointee.table)].name, part)
                }
                guard let otherwise = producer.pointee.otherwise else { return false }
                plain = otherwise
            }
        }
        if write(plain, as: conversion, capture) { return true }
        if !isReadingIdentifiers { tell(plain, conversion, part) }
        return producer.pointee.otherwise.map { write($0, as: conversion, capture) } ?? false
    }

    private mutating func tell(_ plain: Bytes, _ conversion: Conversion, _ part: Place) {
        faults.append(
            Fault(
                .warning, .dataType, faultPlace(part),
                "'\(String(decoding: plain.prefix(40), as: UTF8.self))' is no \(conversion)",
                hint: "the value is left out; send it as HL7 writes it"))
    }

    mutating func writeLiteral(_ bytes: Bytes, _ producer: UnsafePointer<ProducerOp>, _ capture: Capture) -> Bool {
        if case .primitive(let conversion) = producer.pointee.form { return write(bytes, as: conversion, capture) }
        guard producer.pointee.table >= 0, let entry = tables[Int(producer.pointee.table)].entry(bytes) else {
            return false
        }
        writeCoded(entry, producer.pointee.form, nil)
        return true
    }

    /// All repetitions, one a line, as base64 where the rule asks for it.
    mutating func writeJoined(
        _ producer: UnsafePointer<ProducerOp>, _ source: SourceOp, _ place: Place, _ capture: Capture
    )
        -> Bool
    {
        var isEncoded = false
        if case .primitive(.encoded) = producer.pointee.form { isEncoded = true }
        var plain: [UInt8] = []
        output.put(byte: 0x22)
        let start = output.count
        var walk = PartWalk(source, place, &self)
        while let part = walk.next(&self) {
            let text = wholeText(part)
            if isEncoded {
                if !plain.isEmpty { plain.append(0x0A) }
                plain += text
            } else {
                if output.count > start { output.put("\\n") }
                output.putInside(text)
            }
        }
        if isEncoded { output.putInside(Primitives.encoded(plain, &arena)) }
        return close(start, capture, counts: true)
    }

    /// All sources in one value, blanks between them.
    mutating func writeTogether(
        _ sources: UnsafeBufferPointer<SourceOp>, _ place: Place, _ capture: Capture
    ) -> Bool {
        output.put(byte: 0x22)
        let start = output.count
        var hasValue = false
        for source in sources {
            var words = Bytes(start: nil, count: 0)
            if case .literal(let text) = source {
                words = text
            } else {
                var walk = PartWalk(source, place, &self)
                if let part = walk.next(&self) { words = plainText(part) }
                hasValue = hasValue || !words.isEmpty
            }
            if words.isEmpty { continue }
            if output.count > start { output.put(byte: 0x20) }
            output.putInside(words)
        }
        return hasValue && close(start, capture, counts: true)
    }

    /// The time of the first source, as many minutes later as the second one says.
    mutating func writeLater(
        _ sources: UnsafeBufferPointer<SourceOp>, _ place: Place, _ capture: Capture
    ) -> Bool {
        guard sources.count == 2 else { return false }
        var times = PartWalk(sources[0], place, &self)
        var delays = PartWalk(sources[1], place, &self)
        guard let time = times.next(&self), let delay = delays.next(&self), let moment = Moment(plainText(time)),
            let minutes = Primitives.integer(plainText(delay), from: 1, &arena).flatMap({
                Int64(String(decoding: $0, as: UTF8.self))
            })
        else { return false }
        let assumed = mapping.zone.minutes
        let local = moment.milliseconds(zone: assumed) / 1000 + (minutes + Int64(assumed)) * 60
        arena.begin()
        Moment.put(secondsOfLocalTime: local, to: &arena)
        return put(Primitives.instant(arena.end(), zone: zone, &arena), capture)
    }

    /// Each word of a part as a value of its own.
    mutating func writeWords(_ part: Place, _ items: inout Items) {
        let plain = plainText(part)
        var start = 0
        for place in 0...plain.count where place == plain.count || plain[place] == 0x20 {
            if place > start {
                items.begin(&self)
                output.putString(Bytes(rebasing: plain[start..<place]))
                valueCount += 1
                items.end(true, &self)
            }
            start = place + 1
        }
    }

    private mutating func put(_ text: Bytes?, _ capture: Capture) -> Bool {
        guard let text else { return false }
        output.put(byte: 0x22)
        let start = output.count
        output.putInside(text)
        return close(start, capture, counts: false)
    }

    /// Ends a string and keeps where it stands; an empty one is none.
    @inline(__always)
    private mutating func close(_ start: Int, _ capture: Capture, counts: Bool) -> Bool {
        let range = start..<output.count
        output.put(byte: 0x22)
        switch capture {
        case .none: break
        case .system: lastSystem = range
        case .code: lastCode = range
        case .display: lastDisplay = range
        case .value: lastValue = range
        }
        if range.isEmpty { return false }
        if counts { valueCount += 1 }
        return true
    }

    private mutating func write(_ plain: Bytes, as conversion: Conversion, _ capture: Capture) -> Bool {
        switch conversion {
        case .string, .markdown: return put(plain, capture)
        case .code: return put(code(plain), capture)
        case .id:
            guard plain.count <= 64, plain.allSatisfy({ Primitives.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E })
            else { return false }
            return put(plain, capture)
        case .uri, .url, .canonical: return !plain.contains { $0 <= 0x20 } && put(plain, capture)
        case .oid:
            guard Primitives.isOID(plain) else { return false }
            arena.begin()
            arena.put("urn:oid:")
            arena.put(plain)
            return put(arena.end(), capture)
        case .date: return put(Primitives.date(plain, &arena), capture)
        case .dateTime: return put(Primitives.dateTime(plain, zone: zone, &arena), capture)
        case .instant: return put(Primitives.instant(plain, zone: zone, &arena), capture)
        case .time: return put(Primitives.time(plain, &arena), capture)
        case .decimal: return bare(Primitives.decimal(plain, &arena))
        case .amount: return bare(Primitives.decimal(Primitives.amount(plain).number, &arena))
        case .encoded: return put(Primitives.encoded(Array(plain), &arena), capture)
        case .integer: return bare(Primitives.integer(plain, from: Int(Int32.min), &arena))
        case .positiveInt: return bare(Primitives.integer(plain, from: 1, &arena))
        case .unsignedInt: return bare(Primitives.integer(plain, from: 0, &arena))
        case .boolean:
            guard let value = Primitives.boolean(plain) else { return false }
            output.put(value)
            return true
        case .base64Binary: return put(Primitives.base64(plain, &arena), capture)
        case .system: return put(codeSystem(plain), capture)
        case .local: return put(local(plain), capture)
        case .authority, .hd, .ei, .comparator: return false
        }
    }

    /// A code's words with one blank between them; nil where there is none.
    private mutating func code(_ plain: Bytes) -> Bytes? {
        guard plain.contains(0x20) else { return plain }
        arena.begin()
        for word in plain.split(separator: 0x20) {
            if arena.openCount > 0 { arena.put(byte: 0x20) }
            arena.put(Bytes(rebasing: word))
        }
        let words = arena.end()
        return words.isEmpty ? nil : words
    }

    private mutating func bare(_ bytes: Bytes?) -> Bool {
        guard let bytes else { return false }
        output.put(bytes)
        return true
    }
}
