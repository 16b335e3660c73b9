/// A prepared statement. Parameters and columns are counted from 1 and 0, as databases do.
public class SQLStatement {
    init() {}

    /// Binds an integer to the parameter at `index`, counted from 1.
    public func bind(_ index: Int, _ value: Int64) throws(SQLError) {}
    /// Binds a number.
    public func bind(_ index: Int, _ value: Double) throws(SQLError) {}
    /// Binds text.
    public func bind(_ index: Int, _ value: String) throws(SQLError) {}
    /// Binds bytes.
    public func bind(_ index: Int, _ value: [UInt8]) throws(SQLError) {}
    /// Binds null.
    public func bindNull(_ index: Int) throws(SQLError) {}
    /// Binds an array of integers, for `unnest` on PostgreSQL; SQLite has no arrays and throws.
    public func bind(_ index: Int, integers: [Int64]) throws(SQLError) { throw Self.noArrays }
    /// Binds an array of numbers.
    public func bind(_ index: Int, reals: [Double]) throws(SQLError) { throw Self.noArrays }
    /// Binds an array of texts.
    public func bind(_ index: Int, texts: [String]) throws(SQLError) { throw Self.noArrays }
    /// Binds an array of byte strings.
    public func bind(_ index: Int, blobs: [[UInt8]]) throws(SQLError) { throw Self.noArrays }

    private static var noArrays: SQLError { SQLError(.statement, "This database has no arrays.") }

    /// Moves to the next row; false when there is none.
    public func step() throws(SQLError) -> Bool { false }
    /// Makes the statement ready for new values.
    public func reset() {}

    /// The integer in a column, counted from 0.
    public func int(_ column: Int) -> Int64 { 0 }
    /// The number in a column.
    public func real(_ column: Int) -> Double { 0 }
    /// The text in a column.
    public func text(_ column: Int) -> String { "" }
    /// Whether a column is null.
    public func isNull(_ column: Int) -> Bool { true }
    /// The bytes in a column, valid within the closure.
    public func withBlob<R>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// Binds values in order.
    public func bind(_ values: [SQLValue]) throws(SQLError) {
        reset()
        for (offset, value) in values.enumerated() {
            switch value {
            case .null: try bindNull(offset + 1)
            case .integer(let integer): try bind(offset + 1, integer)
            case .real(let real): try bind(offset + 1, real)
            case .text(let text): try bind(offset + 1, text)
            case .blob(let bytes): try bind(offset + 1, bytes)
            }
        }
    }

    /// Binds, runs to the end, and resets.
    public func run(_ values: [SQLValue]) throws(SQLError) {
        try bind(values)
        defer { reset() }
        while try step() {}
    }

    /// Runs to the end with integers alone, and resets.
    @inline(__always)
    public final func run(_ a: Int64, _ b: Int64, _ c: Int64) throws(SQLError) {
        try bind(1, a)
        try bind(2, b)
        try bind(3, c)
        try finish()
    }

    /// Runs to the end with integers alone, and resets.
    @inline(__always)
    public final func run(_ a: Int64, _ b: Int64, _ c: Int64, _ d: Int64) throws(SQLError) {
        try bind(1, a)
        try bind(2, b)
        try bind(3, c)
        try bind(4, d)
        try finish()
    }

    /// Runs what is bound to the end, and resets.
    public final func finish() throws(SQLError) {
        defer { reset() }
        while try step() {}
    }
}
