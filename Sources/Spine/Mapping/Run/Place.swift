/// A part of a message that rules look at.
struct Place {
    /// How finely it is cut.
    enum Level: UInt8 {
        case segment, repetition, component, subcomponent
    }

    /// The bytes of the part.
    var start: Int
    var end: Int
    var level: Level
    /// The segment it is in.
    var segment: Int
    /// The field it is in; 0: the segment as a whole.
    var field: Int
    /// The group it is seen from.
    var frame: Int

    var range: Range<Int> { start..<end }
    var isEmpty: Bool { start >= end }
}
