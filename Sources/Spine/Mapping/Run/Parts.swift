import HL7v2

/// Where the fields, repetitions and components of a message begin and end: found in one pass.
///
/// Whoever makes one gives its memory back by `free`.
struct Parts {
    /// For each segment the number of its first field in `fields`; one more at the end.
    private var segments: Stack<Int32>
    /// For each field the number of its first repetition; one more at the end.
    private var fields: Stack<Int32>
    /// For each repetition its bytes and the number of its first component; one more at the end.
    private var repetitions: Stack<(start: Int32, end: Int32, component: Int32)>
    private var components: Stack<(start: Int32, end: Int32)>

    init(_ message: Message, _ text: Bytes) {
        let count = message.segmentCount
        segments = Stack(capacity: count + 1)
        fields = Stack(capacity: count * 24)
        repetitions = Stack(capacity: count * 12)
        components = Stack(capacity: count * 24)
        let names = message.segmentNames
        for segment in 0..<count {
            segments.append(Int32(truncatingIfNeeded: fields.count))
            let range = message.segmentRange(segment)
            read(text, range.lowerBound + 3, range.upperBound, names[segment] == "MSH", message.delimiters)
        }
        segments.append(Int32(truncatingIfNeeded: fields.count))
        fields.append(Int32(truncatingIfNeeded: repetitions.count))
        repetitions.append((0, 0, Int32(truncatingIfNeeded: components.count)))
    }

    func free() {
        segments.free()
        fields.free()
        repetitions.free()
        components.free()
    }

    /// Reads the fields of a segment, beginning at the separator after its name. MSH-1 is that separator, MSH-2 names the others.
    private mutating func read(
        _ text: Bytes, _ start: Int, _ end: Int, _ isHeader: Bool, _ delimiters: Delimiters
    ) {
        var place = start
        var number = 1
        if isHeader {
            beginField()
            close(start, min(start + 1, end), from: start)
            number = 2
        }
        while place < end {
            place += 1
            beginField()
            var repetition = place
            var component = place
            while place < end {
                let byte = text[place]
                if byte == delimiters.field { break }
                if byte == delimiters.component {
                    components.append((Int32(truncatingIfNeeded: component), Int32(truncatingIfNeeded: place)))
                    component = place + 1
                } else if byte == delimiters.repetition, !isHeader || number > 2 {
                    close(repetition, place, from: component)
                    repetition = place + 1
                    component = place + 1
                }
                place += 1
            }
            if place > repetition { close(repetition, place, from: component) }
            number += 1
        }
    }

    private mutating func beginField() { fields.append(Int32(truncatingIfNeeded: repetitions.count)) }

    /// Ends a repetition and the last of its components.
    private mutating func close(_ start: Int, _ end: Int, from component: Int) {
        components.append((Int32(truncatingIfNeeded: component), Int32(truncatingIfNeeded: end)))
        // The components of this repetition begin where those of the one before end.
        repetitions.append(
            (Int32(truncatingIfNeeded: start), Int32(truncatingIfNeeded: end), firstComponent))
        firstComponent = Int32(truncatingIfNeeded: components.count)
    }

    private var firstComponent: Int32 = 0

    /// The numbers of the repetitions of a field.
    @inline(__always)
    func repetitions(_ segment: Int32, _ field: Int32) -> Range<Int32> {
        let place = Int(segments[Int(segment)] + field - 1)
        guard field > 0, place < Int(segments[Int(segment) + 1]) else { return 0..<0 }
        return fields[place]..<fields[place + 1]
    }

    @inline(__always)
    func range(repetition: Int32) -> (start: Int32, end: Int32) {
        let one = repetitions[Int(repetition)]
        return (one.start, one.end)
    }

    /// The n-th component of a repetition; an empty one at its end where there are fewer.
    @inline(__always)
    func component(_ repetition: Int32, _ number: Int32) -> (start: Int32, end: Int32) {
        let one = repetitions[Int(repetition)]
        let place = one.component + number - 1
        guard place < repetitions[Int(repetition) + 1].component else { return (one.end, one.end) }
        return components[Int(place)]
    }
}
