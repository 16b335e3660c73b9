/// A column of values for ``SQLConnection/insert(into:columns:)`` and ``SQLConnection/delete(from:columns:)``.
public struct SQLColumn: Sendable {
    /// Values of one type, none of them null.
    public enum Values: Sendable {
        case integers([Int64])
        case reals([Double])
        case texts([String])
        case blobs([[UInt8]])

        /// How many there are.
        public var count: Int {
            switch self {
            case .integers(let values): values.count
            case .reals(let values): values.count
            case .texts(let values): values.count
            case .blobs(let values): values.count
            }
        }
    }

    /// The column's name.
    public let name: String
    /// Its values, one a row.
    public let values: Values

    /// Names values.
    public init(_ name: String, _ values: Values) {
        self.name = name
        self.values = values
    }

    /// A column of integers.
    public static func integers(_ name: String, _ values: [Int64]) -> SQLColumn { SQLColumn(name, .integers(values)) }
    /// A column of numbers.
    public static func reals(_ name: String, _ values: [Double]) -> SQLColumn { SQLColumn(name, .reals(values)) }
    /// A column of texts.
    public static func texts(_ name: String, _ values: [String]) -> SQLColumn { SQLColumn(name, .texts(values)) }
    /// A column of bytes.
    public static func blobs(_ name: String, _ values: [[UInt8]]) -> SQLColumn { SQLColumn(name, .blobs(values)) }
}

extension SQLStatement {
    /// Binds a row of columns.
    func bind(_ columns: [SQLColumn], row: Int) throws(SQLError) {
        for (offset, column) in columns.enumerated() {
            switch column.values {
            case .integers(let values): try bind(offset + 1, values[row])
            case .reals(let values): try bind(offset + 1, values[row])
            case .texts(let values): try bind(offset + 1, values[row])
            case .blobs(let values): try bind(offset + 1, values[row])
            }
        }
    }
}
