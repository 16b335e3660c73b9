/// On which items a part depends: each function that goes through a collection makes a level, the outermost 1, and `$this`, `$index`,
/// `$total` and variables that the expression defines belong to one. The environment is noted beside them; the context is no level.
struct Levels: Equatable {
    private var bits: UInt64

    static let none = Levels(bits: 0)
    /// On variables of the environment.
    static let environment = Levels(bits: 1 << 63)
    /// On nobody knows what, or it does something besides yielding a value.
    static let any = Levels(bits: .max)
    /// The deepest level that is told apart.
    private static let most = 61

    private init(bits: UInt64) { self.bits = bits }

    /// One level; 0 is the context.
    init(_ level: Int) { bits = level > Self.most ? .max : level == 0 ? 0 : 1 << UInt64(level) }

    /// Whether it depends on no item.
    var isClosed: Bool { bits & ~Levels.environment.bits == 0 }

    func contains(_ level: Int) -> Bool { level > Self.most || bits & (1 << UInt64(level)) != 0 }

    /// Without what depends on the items of a level, once all of them are gone through.
    mutating func leave(_ level: Int) {
        if self != .any, level <= Self.most { bits &= ~(1 << UInt64(level)) }
    }

    mutating func formUnion(_ other: Levels) { bits |= other.bits }
}
