/// One HL7 v2 message: its text in UTF-8 and, in flat arrays, where its segments and fields begin.
///
/// Nothing is a `String` until somebody asks. Segments keep their order; those that no standard knows are kept too.
public struct Message: Sendable {
    /// The message in UTF-8, without what was around it.
    public let bytes: [UInt8]
    /// What separates its parts.
    public let delimiters: Delimiters
    /// The name of each segment, in order.
    public let segmentNames: [SegmentName]

    /// Where each segment begins, and where it ends without its terminator.
    let segmentStarts: [Int32]
    let segmentEnds: [Int32]
    /// For each segment the place in `fieldStarts` of its first field; one more at the end.
    let firstFields: [Int32]
    /// Where each field begins; it ends a byte before the next one or with the segment.
    let fieldStarts: [Int32]

    init(
        bytes: [UInt8], delimiters: Delimiters, segmentNames: [SegmentName], segmentStarts: [Int32],
        segmentEnds: [Int32], firstFields: [Int32], fieldStarts: [Int32]
    ) {
        self.bytes = bytes
        self.delimiters = delimiters
        self.segmentNames = segmentNames
        self.segmentStarts = segmentStarts
        self.segmentEnds = segmentEnds
        self.firstFields = firstFields
        self.fieldStarts = fieldStarts
    }

    /// How many segments there are.
    public var segmentCount: Int { segmentNames.count }

    /// The bytes of a segment, without its terminator.
    public func segmentRange(_ segment: Int) -> Range<Int> {
        Int(segmentStarts[segment])..<Int(segmentEnds[segment])
    }

    /// How many fields a segment has; `MSH` counts its separator as field 1.
    public func fieldCount(_ segment: Int) -> Int {
        Int(firstFields[segment + 1] - firstFields[segment]) + (isHeader(segment) ? 1 : 0)
    }

    /// The bytes of a field with all its repetitions; empty where there is none.
    ///
    /// - Parameters:
    ///   - segment: the place of the segment, from 0.
    ///   - field: the number of the field as the standard counts, from 1.
    @inlinable
    public func fieldRange(_ segment: Int, _ field: Int) -> Range<Int> {
        fieldBytes(segment, field)
    }

    @usableFromInline
    func fieldBytes(_ segment: Int, _ field: Int) -> Range<Int> {
        var number = field - 1
        if isHeader(segment) {
            if field == 1 { return Int(segmentStarts[segment]) + 3..<Int(segmentStarts[segment]) + 4 }
            number -= 1
        }
        let first = Int(firstFields[segment])
        guard number >= 0, first + number < Int(firstFields[segment + 1]) else { return 0..<0 }
        let start = Int(fieldStarts[first + number])
        let isLast = first + number + 1 == Int(firstFields[segment + 1])
        return start..<(isLast ? Int(segmentEnds[segment]) : Int(fieldStarts[first + number + 1]) - 1)
    }

    /// The place of the first segment with a name, or nil.
    public func firstSegment(_ name: SegmentName) -> Int? { segmentNames.firstIndex(of: name) }

    /// Which of the segments of its name a segment is, from 1.
    public func occurrence(_ segment: Int) -> Int {
        segmentNames[...segment].reduce(0) { $0 + ($1 == segmentNames[segment] ? 1 : 0) }
    }

    /// Whether the segment announces delimiters, so that its fields are counted differently.
    func isHeader(_ segment: Int) -> Bool {
        let name = segmentNames[segment]
        return name == "MSH" || name == "BHS" || name == "FHS"
    }
}
