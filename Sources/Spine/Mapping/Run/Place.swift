/// A part of a message that rules look at.
struct Place {
    /// How finely it is cut.
    enum Level: UInt8 {
        case segment, repetition, component, subcomponent
    }

    /// The bytes of the part.
    var start: Int32
    var end: Int32
    /// The number of a repetition in `Parts`.
    var repetition: Int32
    /// The segment it is in.
    var segment: Int32
    /// The group it is seen from.
    var frame: Int32
    /// The field it is in; 0: the segment as a whole.
    var field: Int32
    var level: Level

    @inline(__always) var range: Range<Int> { Int(start)..<Int(end) }
    @inline(__always) var isEmpty: Bool { start >= end }
}
