/// A part of a message as text: nothing, the explicit null `""`, or a value.
public enum V2Value: Sendable, Hashable {
    /// The part isn't there: what is known stays as it was.
    case absent
    /// `""`: what is known is to be deleted.
    case null
    /// Text with its escapes resolved.
    case text(String)

    /// The text, or nil.
    public var text: String? {
        if case .text(let text) = self { text } else { nil }
    }
}

extension Message {
    /// The value of a part, its escapes resolved.
    ///
    /// - Parameters:
    ///   - segment: the place of the segment, from 0.
    ///   - field: the number of the field, from 1.
    ///   - repetition: from 1.
    ///   - component: from 1.
    ///   - subcomponent: from 1.
    public func value(
        _ segment: Int, _ field: Int, repetition: Int = 1, component: Int = 1, subcomponent: Int = 1
    ) -> V2Value {
        bytes.withUnsafeBufferPointer { text in
            let whole = fieldRange(segment, field)
            if isHeader(segment), field <= 2 { return .text(String(decoding: text[whole], as: UTF8.self)) }
            let one = V2Splitting.part(text, whole, delimiters.repetition, repetition)
            let two = V2Splitting.part(text, one, delimiters.component, component)
            return value(text, V2Splitting.part(text, two, delimiters.subcomponent, subcomponent))
        }
    }

    /// The text of a part of the first segment with a name, or nil.
    public func text(_ name: SegmentName, _ field: Int, component: Int = 1) -> String? {
        firstSegment(name).flatMap { value($0, field, component: component).text }
    }

    /// How many repetitions a field has; none where it is empty.
    public func repetitionCount(_ segment: Int, _ field: Int) -> Int {
        bytes.withUnsafeBufferPointer { text in
            let whole = fieldRange(segment, field)
            return whole.isEmpty ? 0 : 1 + text[whole].reduce(0) { $0 + ($1 == delimiters.repetition ? 1 : 0) }
        }
    }

    private func value(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> V2Value {
        if range.isEmpty { return .absent }
        if range.count == 2, text[range.lowerBound] == 0x22, text[range.lowerBound + 1] == 0x22 { return .null }
        var output: [UInt8] = []
        Escapes(delimiters).resolve(UnsafeBufferPointer(rebasing: text[range]), to: &output)
        return .text(String(decoding: output, as: UTF8.self))
    }
}

/// Finding the n-th part between separators.
public enum V2Splitting {
    /// The n-th part of a range, from 1; empty where there are fewer.
    @inlinable
    public static func part(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ separator: UInt8, _ number: Int
    ) -> Range<Int> {
        var start = range.lowerBound
        var left = number
        var place = start
        let end = range.upperBound
        while place < end {
            if text[place] == separator {
                left -= 1
                if left == 0 { return start..<place }
                start = place + 1
            }
            place += 1
        }
        return left == 1 ? start..<end : end..<end
    }
}
