import CPQ

/// A statement on a PostgreSQL connection.
///
/// One that answers with rows is sent at its first step, and all its rows are read then; one that does not is sent without
/// waiting, and a fault of it comes up at the connection's next query, savepoint or commit.
final class PostgreSQLStatement: SQLStatement {
    let plan: PostgreSQLPlan
    private unowned let connection: PostgreSQLConnection
    let values: PostgreSQLValues
    private(set) var isRunning = false
    private var result: OpaquePointer?
    private var row: Int32 = -1
    private var rowCount: Int32 = 0

    init(_ plan: PostgreSQLPlan, on connection: PostgreSQLConnection) {
        self.plan = plan
        self.connection = connection
        values = PostgreSQLValues(count: plan.statement.parameterCount)
        super.init()
    }

    deinit { PQclear(result) }

    // MARK: Values

    private func place(_ index: Int) throws(SQLError) -> Int {
        guard index >= 1, index <= values.count else {
            throw SQLError(
                .statement, "The statement has \(values.count) parameters and was given one at \(index).",
                sql: plan.sql)
        }
        return index - 1
    }

    override func bind(_ index: Int, _ value: Int64) throws(SQLError) {
        values.set(try place(index), UInt64(bitPattern: value), type: PostgreSQLValues.ObjectID.int8)
    }

    override func bind(_ index: Int, _ value: Double) throws(SQLError) {
        values.set(try place(index), value.bitPattern, type: PostgreSQLValues.ObjectID.float8)
    }

    override func bind(_ index: Int, _ value: String) throws(SQLError) {
        let place = try place(index)
        var value = PostgreSQLText.storable(value)
        value.withUTF8 { values.set(place, UnsafeRawBufferPointer($0), type: PostgreSQLValues.ObjectID.text) }
    }

    override func bind(_ index: Int, _ value: [UInt8]) throws(SQLError) {
        let place = try place(index)
        value.withUnsafeBytes { values.set(place, $0, type: PostgreSQLValues.ObjectID.bytea) }
    }

    override func bindNull(_ index: Int) throws(SQLError) { values.setNull(try place(index)) }

    override func bind(_ index: Int, integers: [Int64]) throws(SQLError) { try bind(index, array: .integers(integers)) }
    override func bind(_ index: Int, reals: [Double]) throws(SQLError) { try bind(index, array: .reals(reals)) }
    override func bind(_ index: Int, texts: [String]) throws(SQLError) { try bind(index, array: .texts(texts)) }
    override func bind(_ index: Int, blobs: [[UInt8]]) throws(SQLError) { try bind(index, array: .blobs(blobs)) }

    private func bind(_ index: Int, array: SQLColumn.Values) throws(SQLError) {
        bind(try place(index) + 1, array, rows: 0..<array.count)
    }

    // MARK: Running

    override func step() throws(SQLError) -> Bool {
        if !isRunning {
            isRunning = true
            do throws(SQLError) {
                guard plan.statement.returnsRows else {
                    try connection.enqueue(plan, values)
                    return false
                }
                result = try connection.ask(plan, values)
            } catch {
                reset()
                throw error
            }
            rowCount = PQntuples(result)
            row = -1
        }
        guard row + 1 < rowCount else { return false }
        row += 1
        return true
    }

    override func reset() {
        if let result {
            PQclear(result)
            self.result = nil
        }
        isRunning = false
        row = -1
        rowCount = 0
    }

    // MARK: Columns

    override func isNull(_ column: Int) -> Bool {
        guard let result, row >= 0 else { return true }
        return PQgetisnull(result, row, Int32(column)) == 1
    }

    override func withBlob<R>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        guard let result, row >= 0, PQgetisnull(result, row, Int32(column)) == 0 else {
            return try body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        let start = PQgetvalue(result, row, Int32(column))
        return try body(UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, Int32(column)))))
    }

    private func type(_ column: Int) -> Oid { PQftype(result, Int32(column)) }

    override func int(_ column: Int) -> Int64 {
        withBlob(column) { bytes in
            if bytes.isEmpty { return 0 }
            switch type(column) {
            case PostgreSQLValues.ObjectID.int8: return bytes.bigEndian(Int64.self)
            case PostgreSQLValues.ObjectID.int4: return Int64(bytes.bigEndian(Int32.self))
            case PostgreSQLValues.ObjectID.int2: return Int64(bytes.bigEndian(Int16.self))
            case PostgreSQLValues.ObjectID.oid: return Int64(bytes.bigEndian(UInt32.self))
            case PostgreSQLValues.ObjectID.bool: return Int64(bytes[0])
            case PostgreSQLValues.ObjectID.numeric: return PostgreSQLNumeric.integer(bytes)
            case PostgreSQLValues.ObjectID.float8, PostgreSQLValues.ObjectID.float4:
                return Int64(exactly: real(column).rounded(.towardZero)) ?? 0
            case PostgreSQLValues.ObjectID.bytea: return 0
            default: return Int64(String(decoding: bytes, as: UTF8.self)) ?? 0
            }
        }
    }

    override func real(_ column: Int) -> Double {
        withBlob(column) { bytes in
            if bytes.isEmpty { return 0 }
            switch type(column) {
            case PostgreSQLValues.ObjectID.float8: return Double(bitPattern: bytes.bigEndian(UInt64.self))
            case PostgreSQLValues.ObjectID.float4: return Double(Float(bitPattern: bytes.bigEndian(UInt32.self)))
            case PostgreSQLValues.ObjectID.numeric: return PostgreSQLNumeric.real(bytes)
            case PostgreSQLValues.ObjectID.int8, PostgreSQLValues.ObjectID.int4, PostgreSQLValues.ObjectID.int2,
                PostgreSQLValues.ObjectID.bool:
                return Double(int(column))
            default: return Double(String(decoding: bytes, as: UTF8.self)) ?? 0
            }
        }
    }

    override func text(_ column: Int) -> String {
        if isNull(column) { return "" }
        switch type(column) {
        case PostgreSQLValues.ObjectID.int8, PostgreSQLValues.ObjectID.int4, PostgreSQLValues.ObjectID.int2,
            PostgreSQLValues.ObjectID.bool, PostgreSQLValues.ObjectID.oid:
            return "\(int(column))"
        case PostgreSQLValues.ObjectID.float8, PostgreSQLValues.ObjectID.float4, PostgreSQLValues.ObjectID.numeric:
            return "\(real(column))"
        default: return withBlob(column) { String(decoding: $0, as: UTF8.self) }
        }
    }
}

/// Text as PostgreSQL can hold it.
enum PostgreSQLText {
    /// PostgreSQL has no character U+0000 in text: it is stored, and sought, as U+FFFD. What must come back to the byte is
    /// kept as bytes, where it stays what it was.
    static func storable(_ text: String) -> String {
        guard text.utf8.contains(0) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 }))
    }
}

/// The binary form of `numeric`, which sums of `bigint` have: digits of base 10,000 behind a head of four numbers.
/// Source: `numeric_send` of PostgreSQL.
enum PostgreSQLNumeric {
    private static func parts(_ bytes: UnsafeRawBufferPointer) -> (digits: [Int64], weight: Int, isNegative: Bool) {
        func word(_ index: Int) -> UInt16 { UInt16(bytes[index * 2]) << 8 | UInt16(bytes[index * 2 + 1]) }
        guard bytes.count >= 8, bytes.count >= 8 + Int(word(0)) * 2, word(2) == 0 || word(2) == 0x4000 else {
            return ([], 0, false)
        }
        let digits = (0..<Int(word(0))).map { Int64(word(4 + $0)) }
        return (digits, Int(Int16(bitPattern: word(1))), word(2) == 0x4000)
    }

    /// The whole part; 0 when it has no place in 64 bits.
    static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        let (digits, weight, isNegative) = parts(bytes)
        var value: Int64 = 0
        for place in 0..<max(0, weight + 1) {
            let digit = place < digits.count ? digits[place] : 0
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10_000)
            let (sum, overflowedAgain) = product.subtractingReportingOverflow(digit)
            if overflowed || overflowedAgain { return 0 }
            value = sum
        }
        if isNegative { return value }
        return value == .min ? 0 : -value
    }

    static func real(_ bytes: UnsafeRawBufferPointer) -> Double {
        let (digits, weight, isNegative) = parts(bytes)
        // Through decimal text, so that the nearest number comes out.
        var text = isNegative ? "-0" : "0"
        for digit in digits { text += String(repeating: "0", count: 4 - "\(digit)".count) + "\(digit)" }
        text += "e\((weight + 1 - digits.count) * 4)"
        return Double(text) ?? 0
    }
}

extension UnsafeRawBufferPointer {
    /// The number at the start, in network order.
    func bigEndian<T: FixedWidthInteger>(_: T.Type) -> T {
        guard count >= MemoryLayout<T>.size else { return 0 }
        return T(bigEndian: loadUnaligned(as: T.self))
    }
}
