/// A column of values for ``SQLConnection/insert(into:columns:)`` and ``SQLConnection/delete(from:columns:)``.
public struct SQLColumn: Sendable {
    /// Values of one type.
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
    /// Its values, one a row; where ``isNull`` says so, any value stands for null.
    public let values: Values
    /// Which rows have null; nil when none has.
    public let isNull: [Bool]?

    /// Names values.
    public init(_ name: String, _ values: Values, isNull: [Bool]? = nil) {
        self.name = name
        self.values = values
        self.isNull = isNull
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
            if column.isNull?[row] == true {
                try bindNull(offset + 1)
                continue
            }
            switch column.values {
            case .integers(let values): try bind(offset + 1, values[row])
            case .reals(let values): try bind(offset + 1, values[row])
            case .texts(let values): try bind(offset + 1, values[row])
            case .blobs(let values): try bind(offset + 1, values[row])
            }
        }
    }
}
