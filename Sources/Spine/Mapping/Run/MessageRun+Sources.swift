import HL7v2

/// The parts that a source means, one after the other. Parts that say nothing are passed over.
struct PartWalk {
    private enum Kind { case one, repetitions, segments, within, none }

    private var kind = Kind.none
    /// The next repetition or segment, and the end.
    private var number: Int32 = 0
    private var end: Int32 = 0
    /// The component; within a group the name of its segments.
    private var component: Int32 = 0
    private var subcomponent: Int32 = 0
    private var place: Place

    @inline(__always)
    init(_ source: SourceOp, _ place: Place, _ run: inout MessageRun) {
        self.place = place
        switch source {
        case .here:
            if !place.isEmpty { kind = .one }
        case .field(let name, let field, let component, let subcomponent):
            let segment = run.frames.segment(name, place)
            guard segment >= 0 else { return }
            let repetitions = run.parts.repetitions(segment, field)
            guard !repetitions.isEmpty else { return }
            kind = .repetitions
            number = repetitions.lowerBound
            end = repetitions.upperBound
            self.component = component
            self.subcomponent = subcomponent
            self.place.segment = segment
            self.place.field = field
            self.place.level = .repetition
        case .segments(let name):
            number = run.frames.first(name, in: place.frame)
            if number >= 0 { kind = .segments }
        case .segmentsWithin(let name):
            kind = .within
            number = run.frames.frames[Int(place.frame)].start
            end = run.frames.frames[Int(place.frame)].end
            component = name
        case .part(let first, let second):
            var part = run.cut(place, first)
            if second > 0 { part = run.cut(part, second) }
            if !run.isVoid(part) {
                kind = .one
                self.place = part
            }
        case .literal, .resource, .allResources, .setting: break
        }
    }

    @inline(__always)
    mutating func next(_ run: inout MessageRun) -> Place? {
        switch kind {
        case .none: return nil
        case .one:
            kind = .none
            return place
        case .repetitions:
            while number < end {
                var part = place
                part.repetition = number
                (part.start, part.end) = run.parts.range(repetition: number)
                number += 1
                if component > 0 { part = run.cut(part, component) }
                if subcomponent > 0 { part = run.cut(part, subcomponent) }
                if !run.isVoid(part) { return part }
            }
            return nil
        case .segments:
            guard number >= 0 else { return nil }
            let segment = number
            number = run.frames.next(after: segment)
            return run.place(of: segment, place.frame)
        case .within:
            while number < end {
                number += 1
                if run.frames.name(of: number - 1) == component {
                    return run.place(of: number - 1, run.frames.owner(of: number - 1))
                }
            }
            return nil
        }
    }
}

extension MessageRun {
    /// The n-th part of a part.
    @inline(__always)
    func cut(_ place: Place, _ number: Int32) -> Place {
        var part = place
        switch place.level {
        case .segment: part.end = part.start
        case .repetition:
            (part.start, part.end) = parts.component(place.repetition, number)
            part.level = .component
        case .component:
            let range = V2Splitting.part(text, place.range, subcomponent, Int(number))
            part.start = Int32(truncatingIfNeeded: range.lowerBound)
            part.end = Int32(truncatingIfNeeded: range.upperBound)
            part.level = .subcomponent
        case .subcomponent:
            if number > 1 { part.end = part.start }
        }
        return part
    }

    /// Whether a part says nothing: it is empty, blank, only separators, or the explicit null `""`.
    @inline(__always)
    func isVoid(_ place: Place) -> Bool {
        if place.isEmpty { return true }
        if place.level == .segment { return false }
        let first = text[Int(place.start)]
        if first == 0x22, place.end - place.start == 2, text[Int(place.start) + 1] == 0x22 { return true }
        return first == 0x20 || first == component || first == subcomponent ? hasNothing(place) : false
    }

    private func hasNothing(_ place: Place) -> Bool {
        for byte in text[place.range] {
            if byte == 0x20 { continue }
            if byte == component, place.level == .repetition { continue }
            if byte == subcomponent, place.level != .subcomponent { continue }
            return false
        }
        return true
    }

    /// The text of a part: the first component of the first where there are several, without escapes and outer blanks.
    mutating func plainText(_ place: Place) -> Bytes {
        switch place.level {
        case .segment, .subcomponent: plainText(of: place.range)
        case .component: plainText(of: V2Splitting.part(text, place.range, subcomponent, 1))
        case .repetition:
            plainText(of: cut(cut(place, 1), 1).range)
        }
    }

    /// The text of a part whole, with the separators in it: who writes text doesn't always escape `^` and `&`. Empty
    /// components at the end say nothing.
    mutating func wholeText(_ place: Place) -> Bytes {
        var end = Int(place.end)
        while end > Int(place.start), text[end - 1] == component || text[end - 1] == subcomponent { end -= 1 }
        return plainText(of: Int(place.start)..<end)
    }

    mutating func plainText(of range: Range<Int>) -> Bytes {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, text[start] <= 0x20 { start += 1 }
        while end > start, text[end - 1] <= 0x20 { end -= 1 }
        let slice = Bytes(rebasing: text[start..<end])
        for byte in slice where byte == escape { return unescaped(slice) }
        return slice.count == 2 && slice[0] == 0x22 && slice[1] == 0x22 ? Bytes(rebasing: slice[0..<0]) : slice
    }

    private mutating func unescaped(_ slice: Bytes) -> Bytes {
        var plain: [UInt8] = []
        Escapes(message.delimiters).resolve(slice, to: &plain)
        while let last = plain.last, last <= 0x20 { plain.removeLast() }
        return arena.keep(plain)
    }

    /// Whether conditions hold at a place.
    @inline(__always)
    mutating func holds(_ conditions: UnsafeBufferPointer<ConditionOp>, _ place: Place) -> Bool {
        for condition in conditions {
            if holds(condition, place) == condition.isNegated { return false }
        }
        return true
    }

    private mutating func holds(_ condition: ConditionOp, _ place: Place) -> Bool {
        for source in condition.sources {
            switch source {
            case .resource(let alias):
                var targets = Targets(alias, from: place, &self)
                if targets.next(&self) != nil { return true }
            case .allResources:
                for number in 0..<planned.count
                where planned[number].isMain && !maps[Int(planned[number].map)].isAboutMessage { return true }
            default:
                var walk = PartWalk(source, place, &self)
                while let part = walk.next(&self) {
                    if condition.values.isEmpty, !condition.isNumber { return true }
                    let plain = plainText(part)
                    if condition.isNumber, Primitives.decimal(Primitives.amount(plain).number, &arena) != nil {
                        return true
                    }
                    for value in condition.values where same(value, plain) { return true }
                }
            }
        }
        return false
    }

    /// Where a part stands, for people.
    mutating func faultPlace(_ place: Place) -> Fault.Place {
        let segment = Int(place.segment)
        if occurrences.isEmpty {
            var counts: [SegmentName: Int] = [:]
            occurrences = message.segmentNames.map { name in
                counts[name, default: 0] += 1
                return counts[name, default: 0]
            }
        }
        return Fault.Place(
            message.segmentNames[segment].description, occurrence: occurrences[segment],
            field: place.field == 0 ? nil : Int(place.field))
    }
}
