import CPQ

/// A statement as one session knows it: its text in PostgreSQL's words, and what has been prepared of it.
final class PostgreSQLPlan {
    /// A preparation for values of given types. A statement is prepared again when values of other types come.
    final class Variant {
        let name: String
        /// Object ids of the parameters' types; 0 leaves one to the server.
        let types: [Oid]
        var isPrepared = false

        init(name: String, types: [Oid]) {
            self.name = name
            self.types = types
        }
    }

    let sql: String
    let statement: PostgreSQLDialect.Statement
    private let number: Int
    private(set) var variants: [Variant] = []
    /// When it was last used, in uses of the connection.
    var lastUse = 0

    init(_ sql: String, number: Int) {
        self.sql = sql
        self.number = number
        statement = PostgreSQLDialect.statement(sql)
    }

    /// The preparation that takes these values. Null fits every type.
    func variant(_ values: PostgreSQLValues) -> Variant {
        for variant in variants where values.fit(variant.types) { return variant }
        let variant = Variant(name: "p\(number)_\(variants.count)", types: values.types)
        variants.append(variant)
        return variant
    }
}

/// The values bound to a statement, in the binary form that goes over the wire.
final class PostgreSQLValues {
    /// Object ids of types, from `pg_type.dat`.
    enum ObjectID {
        static let bool: Oid = 16
        static let bytea: Oid = 17
        static let int8: Oid = 20
        static let int2: Oid = 21
        static let int4: Oid = 23
        static let text: Oid = 25
        static let oid: Oid = 26
        static let float4: Oid = 700
        static let float8: Oid = 701
        static let numeric: Oid = 1700
        static let byteaArray: Oid = 1001
        static let textArray: Oid = 1009
        static let int8Array: Oid = 1016
        static let float8Array: Oid = 1022
    }

    let count: Int
    private(set) var types: [Oid]
    private var memories: [UnsafeMutableRawPointer?]
    private var capacities: [Int]
    let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>
    let lengths: UnsafeMutablePointer<Int32>
    let formats: UnsafeMutablePointer<Int32>

    init(count: Int) {
        self.count = count
        types = Array(repeating: 0, count: count)
        memories = Array(repeating: nil, count: count)
        capacities = Array(repeating: 0, count: count)
        pointers = .allocate(capacity: max(1, count))
        pointers.initialize(repeating: nil, count: max(1, count))
        lengths = .allocate(capacity: max(1, count))
        lengths.initialize(repeating: 0, count: max(1, count))
        formats = .allocate(capacity: max(1, count))
        formats.initialize(repeating: 1, count: max(1, count))
    }

    deinit {
        for memory in memories { memory?.deallocate() }
        pointers.deallocate()
        lengths.deallocate()
        formats.deallocate()
    }

    func fit(_ prepared: [Oid]) -> Bool {
        for index in 0..<count where types[index] != prepared[index] && types[index] != 0 { return false }
        return true
    }

    func set(_ index: Int, _ value: UInt64, type: Oid) {
        room(index, 8, type).storeBytes(of: value.bigEndian, as: UInt64.self)
    }

    func set(_ index: Int, _ bytes: UnsafeRawBufferPointer, type: Oid) {
        let memory = room(index, bytes.count, type)
        if let start = bytes.baseAddress { memory.copyMemory(from: start, byteCount: bytes.count) }
    }

    func setNull(_ index: Int) {
        types[index] = 0
        pointers[index] = nil
    }

    /// Memory for a value of a length.
    func room(_ index: Int, _ length: Int, _ type: Oid) -> UnsafeMutableRawPointer {
        types[index] = type
        lengths[index] = Int32(length)
        if let memory = memories[index], capacities[index] >= length {
            pointers[index] = UnsafePointer(memory.assumingMemoryBound(to: CChar.self))
            return memory
        }
        memories[index]?.deallocate()
        let capacity = max(16, length + length / 2)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
        memories[index] = memory
        capacities[index] = capacity
        pointers[index] = UnsafePointer(memory.assumingMemoryBound(to: CChar.self))
        return memory
    }
}
