import CPQ

extension PostgreSQLStatement {
    /// Binds some rows of a column as one array, in the binary form of `array_send`: the number of dimensions, a flag for
    /// nulls, the element type, length and lower bound, then each element behind its length.
    func bind(_ index: Int, _ values: SQLColumn.Values, isNull: [Bool]? = nil, rows: Range<Int>) {
        let element: Oid
        let type: Oid
        var size = 20 + rows.count * 4
        let present = rows.filter { isNull?[$0] != true }
        let isFull = present.count == rows.count
        switch values {
        case .integers:
            (element, type) = (PostgreSQLValues.ObjectID.int8, PostgreSQLValues.ObjectID.int8Array)
            size += present.count * 8
        case .reals:
            (element, type) = (PostgreSQLValues.ObjectID.float8, PostgreSQLValues.ObjectID.float8Array)
            size += present.count * 8
        case .texts(let texts):
            (element, type) = (PostgreSQLValues.ObjectID.text, PostgreSQLValues.ObjectID.textArray)
            // U+FFFD takes three bytes where NUL took one.
            for row in present { size += PostgreSQLText.storable(texts[row]).utf8.count }
        case .blobs(let blobs):
            (element, type) = (PostgreSQLValues.ObjectID.bytea, PostgreSQLValues.ObjectID.byteaArray)
            for row in present { size += blobs[row].count }
        }
        var out = ArrayWriter(self.values.room(index - 1, size, type))
        out.write(1 as Int32)
        out.write((isFull ? 0 : 1) as Int32)
        out.write(element)
        out.write(Int32(rows.count))
        out.write(1 as Int32)
        for row in rows {
            // A null is an element of length -1.
            if !isFull, isNull?[row] == true {
                out.write(-1 as Int32)
                continue
            }
            switch values {
            case .integers(let integers):
                out.write(8 as Int32)
                out.write(integers[row])
            case .reals(let reals):
                out.write(8 as Int32)
                out.write(reals[row].bitPattern)
            case .texts(let texts):
                var text = PostgreSQLText.storable(texts[row])
                text.withUTF8 { out.write(UnsafeRawBufferPointer($0)) }
            case .blobs(let blobs): blobs[row].withUnsafeBytes { out.write($0) }
            }
        }
    }
}

/// Writes numbers in network order into memory that is known to be large enough.
private struct ArrayWriter {
    private var place: UnsafeMutableRawPointer

    init(_ memory: UnsafeMutableRawPointer) { place = memory }

    mutating func write(_ number: some FixedWidthInteger) {
        let ordered = number.bigEndian
        withUnsafeBytes(of: ordered) {
            place.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(place), byteCount: $0.count)
        }
        place += MemoryLayout.size(ofValue: ordered)
    }

    /// Bytes behind their length.
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        write(Int32(bytes.count))
        if let start = bytes.baseAddress { place.copyMemory(from: start, byteCount: bytes.count) }
        place += bytes.count
    }
}
