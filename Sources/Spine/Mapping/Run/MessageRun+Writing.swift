import HL7v2

/// What an object lacks: the n-th of those it needs, of which nobody is told, or of those that FHIR requires.
enum Missing: Equatable {
    case none
    case need(Int)
    case required(Int)
}

extension MessageRun {
    /// Writes the members of an object that is already open.
    ///
    /// - Returns: whether anything was written, and the first required element that has no value.
    mutating func writeMembers(
        _ object: UnsafePointer<ObjectOp>, _ place: Place, hasMembers: Bool
    ) -> (any: Bool, missing: Missing) {
        var any = hasMembers
        var done: UInt64 = 0
        var written: UInt64 = 0
        var bit: UInt64 = 1
        let elements = object.pointee.elements
        if var element = elements.baseAddress {
            for number in 1...elements.count {
                if done & element.pointee.choice == 0, writeElement(element, place, comma: any) {
                    any = true
                    written |= bit
                    done |= element.pointee.choice
                }
                // Elements beyond the 63rd share a bit.
                if number < 64 { bit <<= 1 }
                element += 1
            }
        }
        var place = 0
        for need in object.pointee.needs {
            if written & need == 0 { return (written != 0, .need(place)) }
            place += 1
        }
        place = 0
        for required in object.pointee.required {
            if written & required == 0 { return (written != 0, .required(place)) }
            place += 1
        }
        return (written != 0, .none)
    }

    /// The name of what an object lacks.
    func name(_ missing: Missing, _ object: Int32) -> String {
        let plan = mapping.plan.objects[Int(object)]
        return switch missing {
        case .none: ""
        case .need(let place): plan.elements[plan.needs[place]].name
        case .required(let place): plan.required[place].name
        }
    }

    /// Writes an object; nothing when no rule gives it a value, or when one that it needs is missing.
    private mutating func writeObject(_ number: Int32, _ place: Place) -> Bool {
        let mark = output.count
        let valuesBefore = valueCount
        output.put(byte: 0x7B)
        let object = objects + Int(number)
        var (any, missing) = writeMembers(object, place, hasMembers: false)
        // Constants alone say nothing about the message.
        if !object.pointee.isConstant, valueCount == valuesBefore { any = false }
        if any, missing == .none {
            output.put(byte: 0x7D)
            return true
        }
        if any, case .required = missing, !isReadingIdentifiers { tell(missing, number, place) }
        output.truncate(to: mark)
        valueCount = valuesBefore
        return false
    }

    private mutating func tell(_ missing: Missing, _ object: Int32, _ place: Place) {
        faults.append(
            Fault(
                .warning, .requiredFieldMissing, faultPlace(place),
                "\(mapping.plan.objects[Int(object)].type).\(name(missing, object)) is required, and nothing in the message gives it; it is left out",
                hint: "send the rest of the field"))
    }

    /// Writes an element with its key, after a comma where others stand before it; nothing where no rule gives a value.
    mutating func writeElement(_ element: UnsafePointer<ElementOp>, _ place: Place, comma: Bool) -> Bool {
        var items = Items(element, comma: comma)
        if element.pointee.isIdentifier, let own = ownIdentifier {
            ownIdentifier = nil
            items.begin(&self)
            putOwnIdentifier(own)
            items.count = 1
        }
        let producers = element.pointee.producers
        if var producer = producers.baseAddress {
            let end = producer + producers.count
            while producer < end {
                if producer.pointee.isEachAsked || holds(producer.pointee.conditions, place) {
                    produce(producer, &items, place)
                    if items.isDone { return true }
                }
                producer += 1
            }
        }
        guard items.count > 0 else { return false }
        output.put(byte: 0x5D)
        return true
    }

    /// The values of an element as they are written.
    struct Items {
        let element: UnsafePointer<ElementOp>
        let comma: Bool
        var count = 0
        private var mark = 0

        @inline(__always)
        init(_ element: UnsafePointer<ElementOp>, comma: Bool) {
            self.element = element
            self.comma = comma
        }

        @inline(__always) var capture: Capture { element.pointee.capture }
        /// Whether the element takes no more.
        @inline(__always) var isDone: Bool { count > 0 && !element.pointee.isList }

        /// Writes what stands before the next value.
        @inline(__always)
        mutating func begin(_ run: inout MessageRun) {
            mark = run.output.count
            if count > 0 {
                run.output.put(byte: 0x2C)
            } else {
                if comma { run.output.put(byte: 0x2C) }
                run.output.put(element.pointee.key)
                if element.pointee.isList { run.output.put(byte: 0x5B) }
            }
            if run.isReadingIdentifiers, element.pointee.isIdentifier {
                run.lastCode = 0..<0
                run.lastSystem = 0..<0
                run.lastValue = 0..<0
            }
        }

        /// Counts the value, or takes back what stands before it.
        @inline(__always)
        mutating func end(_ isWritten: Bool, _ run: inout MessageRun) {
            guard isWritten else { return run.output.truncate(to: mark) }
            count += 1
            if run.isReadingIdentifiers, element.pointee.isIdentifier {
                run.identifiers.append((run.lastCode, run.lastSystem, run.lastValue))
            }
        }
    }

    /// Writes what a rule gives: one value, or in a list all of them.
    private mutating func produce(_ producer: UnsafePointer<ProducerOp>, _ items: inout Items, _ place: Place) {
        if producer.pointee.isTogether {
            items.begin(&self)
            return items.end(writeTogether(producer.pointee.sources, place, items.capture), &self)
        }
        if producer.pointee.isLater {
            items.begin(&self)
            return items.end(writeLater(producer.pointee.sources, place, items.capture), &self)
        }
        for source in producer.pointee.sources {
            switch source {
            case .literal(let bytes):
                items.begin(&self)
                items.end(writeLiteral(bytes, producer, items.capture), &self)
            case .setting(let setting):
                items.begin(&self)
                valueCount += 1
                items.end(
                    writeLiteral(setting == .facility ? facility : received, producer, items.capture), &self)
            case .resource(let alias):
                var targets = Targets(alias, from: place, &self)
                while let target = targets.next(&self) {
                    items.begin(&self)
                    items.end(writeReference(target, nil), &self)
                    if items.isDone { return }
                }
            case .allResources:
                for target in 0..<planned.count
                where planned[target].isMain && !maps[Int(planned[target].map)].isAboutMessage {
                    items.begin(&self)
                    items.end(writeReference(Int32(truncatingIfNeeded: target), nil), &self)
                }
            default: produce(producer, source, &items, place)
            }
            if items.isDone { return }
        }
    }

    /// Writes what a rule gives for a part of the message.
    @inline(__always)
    private mutating func produce(
        _ producer: UnsafePointer<ProducerOp>, _ source: SourceOp, _ items: inout Items, _ place: Place
    ) {
        if producer.pointee.isJoined {
            items.begin(&self)
            return items.end(writeJoined(producer, source, place, items.capture), &self)
        }
        var walk = PartWalk(source, place, &self)
        while let part = walk.next(&self) {
            if producer.pointee.isEachAsked, !holds(producer.pointee.conditions, part) { continue }
            if producer.pointee.isSplitIntoWords {
                writeWords(part, &items)
            } else {
                items.begin(&self)
                items.end(write(producer, part, items.capture), &self)
            }
            if items.isDone { return }
        }
    }

    private mutating func write(_ producer: UnsafePointer<ProducerOp>, _ part: Place, _ capture: Capture) -> Bool {
        switch producer.pointee.form {
        case .primitive(let conversion): return writePrimitive(conversion, producer, part, capture)
        case .object(let object):
            let mark = output.count
            let isCoding = objects[Int(object)].isCoding
            if isCoding {
                lastSystem = 0..<0
                lastCode = 0..<0
                lastDisplay = 0..<0
            }
            guard writeObject(object, part) else { return false }
            if isCoding { checkCoding(from: mark, part) }
            if producer.pointee.isTranslated { translate(from: mark, part) }
            return true
        case .coding, .concept: return writeCoded(producer, part)
        case .reference(let maps):
            for map in maps {
                if let target = plan(map, part, alias: -1, action: .mention, isMain: false) {
                    return writeReference(target, (map, part))
                }
            }
            return maps.last.map { writeDisplay(self.maps[Int($0)].display, part) } ?? false
        case .resource: return false
        }
    }

    // MARK: - Codes

    private mutating func writeCoded(_ producer: UnsafePointer<ProducerOp>, _ part: Place) -> Bool {
        guard producer.pointee.table >= 0 else { return false }
        let table = tables[Int(producer.pointee.table)]
        let code = plainText(part)
        if let entry = table.entry(code) {
            writeCoded(entry, producer.pointee.form, part)
            valueCount += 1
            return true
        }
        if !code.isEmpty, !isReadingIdentifiers {
            note(unmapped: code, mapping.plan.tables[Int(producer.pointee.table)].name, part)
        }
        if producer.pointee.fallback >= 0 { return writeObject(producer.pointee.fallback, part) }
        guard let otherwise = producer.pointee.otherwise, let entry = table.entry(otherwise) else { return false }
        writeCoded(entry, producer.pointee.form, part)
        return true
    }

    /// Writes an entry of a table, with the sender's own words where there is a part.
    mutating func writeCoded(_ entry: EntryOp, _ form: FormOp, _ part: Place?) {
        guard case .concept = form else { return output.put(entry.coding) }
        output.put(#"{"coding":["#)
        output.put(entry.coding)
        output.put(byte: 0x5D)
        if let part { writeOriginalText(part) }
        output.put(byte: 0x7D)
    }

    /// The sender's own words for a code that was translated: the second component of a coded element.
    private mutating func writeOriginalText(_ part: Place) {
        guard part.level == .repetition else { return }
        let words = plainText(of: cut(part, 2).range)
        guard !words.isEmpty else { return }
        output.put(#","text":"#)
        output.putString(words)
    }

    mutating func note(unmapped code: Bytes, _ table: String, _ part: Place) {
        unmapped.append(
            Outcome.UnmappedCode(
                table: table, code: String(decoding: code, as: UTF8.self), place: faultPlace(part)))
    }

    /// Puts the standard code that a concept map gives before the local one that was just written.
    private mutating func translate(from mark: Int, _ part: Place) {
        guard !program.translationTables.isEmpty, !lastSystem.isEmpty, !lastCode.isEmpty,
            let number = program.translations.place(of: output[lastSystem])
        else { return }
        let map = program.translationTables[number]
        guard let target = map.table.entry(output[lastCode]) else {
            if !isReadingIdentifiers { note(unmapped: output[lastCode], map.url, part) }
            return
        }
        arena.begin()
        arena.put(target.coding)
        arena.put(byte: 0x2C)
        output.insert(arena.end(), at: mark)
    }

    /// Takes back what a code system of HL7 or FHIR is known not to say: a code it doesn't have stays as the sender's own
    /// word, a display that is no name of the code is left out.
    private mutating func checkCoding(from mark: Int, _ part: Place) {
        guard !lastSystem.isEmpty, !lastCode.isEmpty, let judge = mapping.codes, judge.asks(output[lastSystem]) else {
            return
        }
        let finding = judge.finding(
            output[mark..<output.count], output[lastSystem], output[lastCode], output[lastDisplay])
        switch finding {
        case .none: break
        case .unknownCode:
            if !isReadingIdentifiers {
                note(unmapped: output[lastCode], String(decoding: output[lastSystem], as: UTF8.self), part)
            }
            // `"system":"…",` stands before all others.
            output.remove(lastSystem.lowerBound - 10..<lastSystem.upperBound + 2)
            lastSystem = 0..<0
        case .wrongDisplay:
            // `,"display":"…"` stands after all others.
            output.remove(lastDisplay.lowerBound - 12..<lastDisplay.upperBound + 1)
        }
    }

    // MARK: - References

    private mutating func writeReference(_ target: Int32, _ shown: (map: Int32, part: Place)?) -> Bool {
        valueCount += 1
        output.put(#"{"reference":"urn:uuid:"#)
        output.put(planned[Int(target)].id)
        output.put(byte: 0x22)
        if let shown { writeDisplayMember(maps[Int(shown.map)].display, shown.part, comma: true) }
        output.put(byte: 0x7D)
        return true
    }

    private mutating func writeDisplay(_ sources: UnsafeBufferPointer<SourceOp>, _ part: Place) -> Bool {
        let mark = output.count
        output.put(byte: 0x7B)
        let before = output.count
        writeDisplayMember(sources, part, comma: false)
        guard output.count > before else {
            output.truncate(to: mark)
            return false
        }
        valueCount += 1
        output.put(byte: 0x7D)
        return true
    }

    private mutating func writeDisplayMember(
        _ sources: UnsafeBufferPointer<SourceOp>, _ part: Place, comma: Bool
    ) {
        let mark = output.count
        if comma { output.put(byte: 0x2C) }
        output.put(#""display":""#)
        let start = output.count
        for source in sources {
            var walk = PartWalk(source, part, &self)
            guard let part = walk.next(&self) else { continue }
            let words = plainText(part)
            if output.count > start, !words.isEmpty { output.put(byte: 0x20) }
            output.putInside(words)
        }
        if output.count == start { return output.truncate(to: mark) }
        output.put(byte: 0x22)
    }
}
