import HL7v2

extension MessageRun {
    /// Calls `body` with each part that a source means, until it returns true.
    func visit(_ source: SourcePlan, _ place: Place, _ body: (Place) -> Bool) {
        switch source {
        case .here:
            if !place.isEmpty { _ = body(place) }
        case .field(let name, let field, let component, let subcomponent):
            guard let segment = segment(name, place) else { return }
            visit(segment, field, component, subcomponent, place.frame, body)
        case .segments(let name):
            let frame = frames.frames[place.frame]
            for segment in frame.start..<frame.end
            where message.segmentNames[segment] == name && frames.owners[segment] == place.frame {
                let range = message.segmentRange(segment)
                if body(
                    Place(
                        start: range.lowerBound, end: range.upperBound, level: .segment, segment: segment, field: 0,
                        frame: place.frame))
                {
                    return
                }
            }
        case .part(let first, let second):
            var part = cut(place, first)
            if second > 0 { part = cut(part, second) }
            if !isVoid(part) { _ = body(part) }
        case .literal, .resource, .allResources, .setting: break
        }
    }

    private func visit(
        _ segment: Int, _ field: Int, _ component: Int, _ subcomponent: Int, _ frame: Int, _ body: (Place) -> Bool
    ) {
        let range = message.fieldRange(segment, field)
        if range.isEmpty { return }
        let isDelimiters = field <= 2 && message.segmentNames[segment] == "MSH"
        var start = range.lowerBound
        while start <= range.upperBound {
            var end = start
            while end < range.upperBound, isDelimiters || text[end] != message.delimiters.repetition { end += 1 }
            var part = Place(
                start: start, end: end, level: .repetition, segment: segment, field: field, frame: frame)
            if component > 0 { part = cut(part, component) }
            if subcomponent > 0 { part = cut(part, subcomponent) }
            if !isVoid(part), body(part) { return }
            start = end + 1
        }
    }

    /// The segment that a name means at a place: the one at hand, else the first of the group, else of those around it.
    private func segment(_ name: SegmentName, _ place: Place) -> Int? {
        if message.segmentNames[place.segment] == name { return place.segment }
        var frame = place.frame
        while frame >= 0 {
            if let segment = frames.first(name, in: frame) { return segment }
            frame = frames.frames[frame].parent
        }
        return nil
    }

    /// The n-th part of a part.
    private func cut(_ place: Place, _ number: Int) -> Place {
        var part = place
        let separator: UInt8
        switch place.level {
        case .segment:
            part.end = part.start
            return part
        case .repetition:
            separator = message.delimiters.component
            part.level = .component
        case .component:
            separator = message.delimiters.subcomponent
            part.level = .subcomponent
        case .subcomponent:
            if number > 1 { part.end = part.start }
            return part
        }
        let range = V2Splitting.part(text, place.range, separator, number)
        part.start = range.lowerBound
        part.end = range.upperBound
        return part
    }

    /// Whether a part says nothing: it is empty, blank, only separators, or the explicit null `""`.
    func isVoid(_ place: Place) -> Bool {
        if place.isEmpty { return true }
        if place.level == .segment { return false }
        let part = text[place.range]
        if part.count == 2, part.first == 0x22, part.last == 0x22 { return true }
        let delimiters = message.delimiters
        for byte in part {
            if byte == 0x20 { continue }
            if byte == delimiters.component, place.level == .repetition { continue }
            if byte == delimiters.subcomponent, place.level != .subcomponent { continue }
            return false
        }
        return true
    }

    /// The text of a part: the first component of the first where there are several, without escapes and outer blanks.
    func plainText(_ place: Place) -> [UInt8] {
        var leaf = place
        while leaf.level == .repetition || leaf.level == .component { leaf = cut(leaf, 1) }
        return plainText(of: leaf.range)
    }

    func plainText(of range: Range<Int>) -> [UInt8] {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, text[start] <= 0x20 { start += 1 }
        while end > start, text[end - 1] <= 0x20 { end -= 1 }
        let slice = UnsafeBufferPointer(rebasing: text[start..<end])
        guard slice.contains(message.delimiters.escape) else {
            return slice.count == 2 && slice[0] == 0x22 && slice[1] == 0x22 ? [] : Array(slice)
        }
        var plain: [UInt8] = []
        Escapes(message.delimiters).resolve(slice, to: &plain)
        while let last = plain.last, last <= 0x20 { plain.removeLast() }
        return plain
    }

    /// Whether conditions hold at a place.
    func holds(_ conditions: [ConditionPlan], _ place: Place) -> Bool {
        conditions.allSatisfy { condition in
            condition.sources.contains { holds($0, condition.values, place) } != condition.isNegated
        }
    }

    private func holds(_ source: SourcePlan, _ values: Set<String>, _ place: Place) -> Bool {
        var isTrue = false
        switch source {
        case .resource(let alias): isTrue = !targets(alias, from: place).isEmpty
        case .allResources:
            isTrue = planned.contains { resource in
                let type = mapping.plan.resources[resource.map].type
                return resource.isMain && type != "MessageHeader" && type != "Provenance"
            }
        default:
            visit(source, place) { part in
                isTrue = values.isEmpty || values.contains(String(decoding: plainText(part), as: UTF8.self))
                return isTrue
            }
        }
        return isTrue
    }

    /// Where a part stands, for people.
    func faultPlace(_ place: Place) -> Fault.Place {
        Fault.Place(
            message.segmentNames[place.segment].description, occurrence: message.occurrence(place.segment),
            field: place.field == 0 ? nil : place.field)
    }
}
