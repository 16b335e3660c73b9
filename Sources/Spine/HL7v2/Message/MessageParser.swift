/// Finds the segments and fields of one message in a single pass over its bytes.
public struct MessageParser: Sendable {
    /// A message, or why there is none, and what is strange about it.
    public struct Result: Sendable {
        /// The message; nil when it can't be read at all.
        public var message: Message?
        /// What was found.
        public var faults: [Fault]
    }

    private let limits: V2Limits

    /// Creates a parser.
    public init(limits: V2Limits = V2Limits()) {
        self.limits = limits
    }

    /// Parses a message.
    ///
    /// - Parameter bytes: UTF-8, beginning with its header segment.
    public func parse(_ bytes: [UInt8]) -> Result {
        guard bytes.count <= limits.messageBytesMax, bytes.count <= Int(Int32.max) else {
            return Self.refused(
                .segmentSequence, nil, "the message has \(bytes.count) bytes, the limit is \(limits.messageBytesMax)",
                "send it in parts, or raise the limit")
        }
        return bytes.withUnsafeBufferPointer { parse($0, bytes) }
    }

    private func parse(_ text: UnsafeBufferPointer<UInt8>, _ bytes: [UInt8]) -> Result {
        guard SegmentName.isName(text, at: 0), text.count >= 4, SegmentName(text[0], text[1], text[2]) == "MSH" else {
            return Self.refused(
                .segmentSequence, nil, "the message doesn't begin with MSH", "send the header segment first")
        }
        guard let delimiters = Delimiters(header: text) else {
            return Self.refused(
                .requiredFieldMissing, Fault.Place("MSH", field: 2),
                "MSH-1 and MSH-2 don't name five different delimiters",
                "begin the message with MSH|^~\\&|")
        }
        var run = ParsingRun(text: text, delimiters: delimiters, limits: limits)
        run.readSegments()
        if text.count > 7, text[6] == delimiters.escape, text[7] == delimiters.escape {
            run.faults.append(
                Fault(
                    .warning, .dataType, Fault.Place("MSH", field: 2), "MSH-2 holds the escape character twice",
                    hint: "write ^~\\&"))
        }
        guard run.isWithinLimits else { return Result(message: nil, faults: run.faults) }
        return Result(message: run.message(bytes), faults: run.faults)
    }

    private static func refused(
        _ code: Fault.Code, _ place: Fault.Place?, _ what: String, _ hint: String
    ) -> Result {
        Result(message: nil, faults: [Fault(.error, code, place, what, hint: hint)])
    }
}

/// The state of one pass.
private struct ParsingRun {
    let text: UnsafeBufferPointer<UInt8>
    let delimiters: Delimiters
    let limits: V2Limits
    var names: [SegmentName] = []
    var starts: [Int32] = []
    var ends: [Int32] = []
    var firstFields: [Int32] = []
    var fieldStarts: [Int32] = []
    var faults: [Fault] = []
    var isWithinLimits = true
    /// Whether segments end with a carriage return, so that a line feed alone may be part of a value.
    var endsWithReturn = false

    init(text: UnsafeBufferPointer<UInt8>, delimiters: Delimiters, limits: V2Limits) {
        self.text = text
        self.delimiters = delimiters
        self.limits = limits
        fieldStarts.reserveCapacity(text.count / 8)
    }

    mutating func readSegments() {
        var place = 0
        let count = text.count
        while place < count, isWithinLimits {
            let start = place
            let isSegment = beginsSegment(at: place)
            if isSegment { begin(at: start) }
            // One walk to the end of the line, keeping where fields begin.
            var fields = 0
            let marksFields = isSegment || mayContinue(after: start)
            while place < count {
                let byte = text[place]
                if byte == delimiters.field, marksFields {
                    fieldStarts.append(Int32(truncatingIfNeeded: place + 1))
                    fields += 1
                } else if byte == 0x0D || byte == 0x0A {
                    break
                }
                place += 1
            }
            close(start, place, isSegment: isSegment, fields: fields)
            if place < count, text[place] == 0x0D {
                if names.count == 1 { endsWithReturn = true }
                place += 1
                if place < count, text[place] == 0x0A { place += 1 }
            } else {
                place += 1
            }
        }
    }

    private func beginsSegment(at place: Int) -> Bool {
        guard SegmentName.isName(text, at: place) else { return false }
        guard place + 3 < text.count else { return true }
        let after = text[place + 3]
        return after == delimiters.field || after == 0x0D || after == 0x0A
    }

    /// Whether a line that is no segment goes on with the value before: only a bare line feed can stand in a value.
    private func mayContinue(after start: Int) -> Bool {
        endsWithReturn && start > 0 && text[start - 1] == 0x0A && (start < 2 || text[start - 2] != 0x0D)
    }

    private mutating func begin(at start: Int) {
        names.append(SegmentName(text[start], text[start + 1], text[start + 2]))
        starts.append(Int32(truncatingIfNeeded: start))
        firstFields.append(Int32(truncatingIfNeeded: fieldStarts.count))
        if names.count > limits.segmentsMax {
            overflow("the message has more than \(limits.segmentsMax) segments")
        }
    }

    private mutating func close(_ start: Int, _ end: Int, isSegment: Bool, fields: Int) {
        if fields > limits.fieldsMax { overflow("a segment has more than \(limits.fieldsMax) fields") }
        if isSegment {
            ends.append(Int32(truncatingIfNeeded: end))
        } else if mayContinue(after: start) {
            ends[ends.count - 1] = Int32(truncatingIfNeeded: end)
            guard start < end else { return }
            faults.append(
                Fault(
                    .warning, .dataType, Fault.Place(names[names.count - 1].description),
                    "a value holds a line feed of its own", hint: "write line ends inside values as \\.br\\"))
        } else if !isBlank(start, end) {
            faults.append(
                Fault(
                    .error, .segmentSequence,
                    "line \(names.count + 1) begins with '\(beginning(start, end))', which is no segment's name",
                    hint: "begin each segment with three capital letters or digits and the field separator"))
        }
    }

    private mutating func overflow(_ what: String) {
        isWithinLimits = false
        faults.append(Fault(.error, .segmentSequence, what, hint: "send it in parts, or raise the limit"))
    }

    private func isBlank(_ start: Int, _ end: Int) -> Bool {
        text[start..<end].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x1C || $0 == 0x1A || $0 == 0 }
    }

    /// The few bytes at the start of a line, as far as they are harmless ASCII.
    private func beginning(_ start: Int, _ end: Int) -> String {
        String(decoding: text[start..<min(end, start + 4)].map { $0 >= 0x20 && $0 < 0x7F ? $0 : 0x3F }, as: UTF8.self)
    }

    func message(_ bytes: [UInt8]) -> Message {
        Message(
            bytes: bytes, delimiters: delimiters, segmentNames: names, segmentStarts: starts, segmentEnds: ends,
            firstFields: firstFields + [Int32(truncatingIfNeeded: fieldStarts.count)], fieldStarts: fieldStarts)
    }
}
