import HL7v2
import Terminology

extension MessageRun {
    /// Writes the members of an object that is already open.
    ///
    /// - Returns: whether anything was written, and the first required element that has no value.
    func writeMembers(
        _ object: ObjectPlan, _ place: Place, hasMembers: Bool
    ) -> (any: Bool, missing: (name: String, isTold: Bool)?) {
        var any = false
        var done: UInt64 = 0
        var written: UInt64 = 0
        for (number, element) in object.elements.enumerated() {
            if let choice = element.choice, done & 1 << choice != 0 { continue }
            let mark = output.count
            if any || hasMembers { output.put(byte: 0x2C) }
            guard writeElement(element, place) else {
                output.truncate(to: mark)
                continue
            }
            any = true
            written |= 1 << min(number, 63)
            if let choice = element.choice { done |= 1 << choice }
        }
        if let need = object.needs.first(where: { written & 1 << min($0, 63) == 0 }) {
            return (any, (object.elements[need].name, false))
        }
        let missing = object.required.first { required in
            !required.places.contains { written & 1 << min($0, 63) != 0 }
        }
        return (any, missing.map { ($0.name, true) })
    }

    /// Writes an object; nothing when no rule gives it a value, or when one that it needs is missing.
    private func writeObject(_ number: Int, _ place: Place) -> Bool {
        let mark = output.count
        let valuesBefore = valueCount
        output.put(byte: 0x7B)
        let object = mapping.plan.objects[number]
        var (any, missing) = writeMembers(object, place, hasMembers: false)
        // Constants alone say nothing about the message.
        if !object.isConstant, valueCount == valuesBefore { any = false }
        if any, let missing, missing.isTold {
            faults.append(
                Fault(
                    .warning, .requiredFieldMissing, faultPlace(place),
                    "\(object.type).\(missing.name) is required, and nothing in the message gives it; it is left out",
                    hint: "send the rest of the field"))
        }
        guard any, missing == nil else {
            output.truncate(to: mark)
            valueCount = valuesBefore
            return false
        }
        output.put(byte: 0x7D)
        return true
    }

    func writeElement(_ element: ElementPlan, _ place: Place) -> Bool {
        let mark = output.count
        output.put(element.key)
        if element.isList { output.put(byte: 0x5B) }
        var count = 0
        if element.isIdentifier, let own = ownIdentifier {
            ownIdentifier = nil
            output.put(own)
            count = 1
        }
        for producer in element.producers {
            guard producer.isEachAsked || holds(producer.conditions, place) else { continue }
            count += produce(producer, element, place, count)
            if count > 0, !element.isList { return true }
        }
        guard count > 0 else {
            output.truncate(to: mark)
            return false
        }
        if element.isList { output.put(byte: 0x5D) }
        return true
    }

    /// Writes what a rule gives: one value, or in a list all of them.
    private func produce(_ producer: ProducerPlan, _ element: ElementPlan, _ place: Place, _ before: Int) -> Int {
        var count = 0
        if producer.isTogether {
            return item(element, before) { writeTogether(producer.sources, place, element) }
        }
        for source in producer.sources {
            switch source {
            case .literal(let bytes):
                count += item(element, before + count) { writeLiteral(bytes, producer, element) }
            case .setting(let setting):
                let bytes = setting == .facility ? facility : Array(received.utf8)
                count += item(element, before + count) {
                    valueCount += 1
                    return writeLiteral(bytes, producer, element)
                }
            case .resource(let alias):
                for target in targets(alias, from: place) {
                    count += item(element, before + count) { writeReference(target, nil) }
                    if !element.isList { break }
                }
            case .allResources:
                for target in planned.indices where planned[target].isMain {
                    let type = mapping.plan.resources[planned[target].map].type
                    if type == "Provenance" || type == "MessageHeader" { continue }
                    count += item(element, before + count) { writeReference(target, nil) }
                }
            default:
                if producer.isJoined {
                    count += item(element, before + count) { writeJoined(source, place, element) }
                } else {
                    visit(source, place) { part in
                        if producer.isEachAsked, !holds(producer.conditions, part) { return false }
                        if producer.isSplitIntoWords {
                            count += words(part, element, before + count)
                        } else {
                            count += item(element, before + count) { write(producer, part, element) }
                        }
                        return count > 0 && !element.isList
                    }
                }
            }
            if count > 0, !element.isList { break }
        }
        return count
    }

    /// One value of an element, taken back where nothing is written.
    private func item(_ element: ElementPlan, _ before: Int, _ write: () -> Bool) -> Int {
        let mark = output.count
        if element.isList, before > 0 { output.put(byte: 0x2C) }
        if element.isIdentifier, identifiers != nil {
            lastCode = 0..<0
            lastSystem = 0..<0
            lastValue = 0..<0
        }
        guard write() else {
            output.truncate(to: mark)
            return 0
        }
        if element.isIdentifier { identifiers?.append((lastCode, lastSystem, lastValue)) }
        return 1
    }

    private func write(_ producer: ProducerPlan, _ part: Place, _ element: ElementPlan) -> Bool {
        switch producer.form {
        case .object(let object):
            let mark = output.count
            let isCoding = mapping.plan.objects[object].type == "Coding"
            if isCoding {
                lastSystem = 0..<0
                lastCode = 0..<0
                lastDisplay = 0..<0
            }
            guard writeObject(object, part) else { return false }
            if isCoding { checkCoding(part) }
            if producer.isTranslated { translate(from: mark, part) }
            return true
        case .primitive(let conversion): return writePrimitive(conversion, producer, part, element)
        case .coding: return writeCoded(producer, part) { writeCoding($0) }
        case .concept:
            return writeCoded(producer, part) { entry in
                output.put(#"{"coding":["#)
                writeCoding(entry)
                output.put(byte: 0x5D)
                writeOriginalText(part)
                output.put(byte: 0x7D)
            }
        case .reference(let maps):
            for map in maps {
                if let target = plan(map, part, alias: nil, action: .mention, isMain: false) {
                    return writeReference(target, (map, part))
                }
            }
            return maps.last.map { writeDisplay(mapping.plan.resources[$0].display, part) } ?? false
        case .resource: return false
        }
    }

    // MARK: - Codes

    private func writeCoded(_ producer: ProducerPlan, _ part: Place, _ write: (TablePlan.Entry) -> Void) -> Bool {
        guard let table = producer.table else { return false }
        let code = String(decoding: plainText(part), as: UTF8.self)
        if let entry = mapping.plan.tables[table].entries[code] {
            write(entry)
            valueCount += 1
            return true
        }
        if !code.isEmpty { note(unmapped: code, mapping.plan.tables[table].name, part) }
        if let fallback = producer.fallback { return writeObject(fallback, part) }
        if let otherwise = producer.otherwise,
            let entry = mapping.plan.tables[table].entries[String(decoding: otherwise, as: UTF8.self)]
        {
            write(entry)
            return true
        }
        return false
    }

    func writeCoding(_ entry: TablePlan.Entry) {
        output.put(byte: 0x7B)
        if let system = entry.system {
            output.put(#""system":"#)
            output.putString(system)
            output.put(byte: 0x2C)
        }
        output.put(#""code":"#)
        output.putString(entry.code)
        if let display = entry.display {
            output.put(#","display":"#)
            output.putString(display)
        }
        output.put(byte: 0x7D)
    }

    /// The sender's own words for a code that was translated: the second component of a coded element.
    private func writeOriginalText(_ part: Place) {
        guard part.level == .repetition else { return }
        let range = V2Splitting.part(text, part.range, message.delimiters.component, 2)
        let words = plainText(of: range)
        guard !words.isEmpty else { return }
        output.put(#","text":"#)
        output.putString(words)
    }

    func note(unmapped code: String, _ table: String, _ part: Place) {
        unmapped.append(Outcome.UnmappedCode(table: table, code: code, place: faultPlace(part)))
    }

    /// Puts the standard code that a concept map gives before the local one that was just written.
    private func translate(from mark: Int, _ part: Place) {
        guard !mapping.translations.isEmpty, !lastSystem.isEmpty, !lastCode.isEmpty else { return }
        let system = String(decoding: output[lastSystem], as: UTF8.self)
        guard let map = mapping.translations[system] else { return }
        let code = String(decoding: output[lastCode], as: UTF8.self)
        guard let target = map.codes[code] else { return note(unmapped: code, map.url, part) }
        let local = Array(output[mark..<output.count])
        output.truncate(to: mark)
        writeCoding(target)
        output.put(byte: 0x2C)
        output.put(local)
    }

    /// Takes back what a code system of HL7 or FHIR is known not to say: a code it doesn't have stays as the sender's own
    /// word, a display that is no name of the code is left out.
    private func checkCoding(_ part: Place) {
        guard !lastSystem.isEmpty, !lastCode.isEmpty, let judge = mapping.codes else { return }
        let system = String(decoding: output[lastSystem], as: UTF8.self)
        let code = String(decoding: output[lastCode], as: UTF8.self)
        let display = lastDisplay.isEmpty ? nil : String(decoding: output[lastDisplay], as: UTF8.self)
        switch judge.finding(system, code, display) {
        case .none: break
        case .unknownCode:
            note(unmapped: code, system, part)
            // `"system":"…",` stands before all others.
            output.remove(lastSystem.lowerBound - 10..<lastSystem.upperBound + 2)
            lastSystem = 0..<0
        case .wrongDisplay:
            // `,"display":"…"` stands after all others.
            output.remove(lastDisplay.lowerBound - 12..<lastDisplay.upperBound + 1)
        }
    }

    // MARK: - References

    private func writeReference(_ target: Int, _ shown: (map: Int, part: Place)?) -> Bool {
        valueCount += 1
        output.put(#"{"reference":"urn:uuid:"#)
        output.put(planned[target].identity.text)
        output.put(byte: 0x22)
        if let shown { writeDisplayMember(mapping.plan.resources[shown.map].display, shown.part, comma: true) }
        output.put(byte: 0x7D)
        return true
    }

    private func writeDisplay(_ sources: [SourcePlan], _ part: Place) -> Bool {
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

    private func writeDisplayMember(_ sources: [SourcePlan], _ part: Place, comma: Bool) {
        var words: [UInt8] = []
        for source in sources {
            visit(source, part) { part in
                let next = plainText(part)
                if !words.isEmpty, !next.isEmpty { words.append(0x20) }
                words += next
                return true
            }
        }
        guard !words.isEmpty else { return }
        if comma { output.put(byte: 0x2C) }
        output.put(#""display":"#)
        output.putString(words)
    }
}
