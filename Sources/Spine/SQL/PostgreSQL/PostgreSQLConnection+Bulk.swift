import CPQ

extension PostgreSQLStatement {
    /// Binds some rows of a column as one array, in the binary form of `array_send`: the number of dimensions, a flag for
    /// nulls, the element type, length and lower bound, then each element behind its length.
    func bind(_ index: Int, _ values: SQLColumn.Values, rows: Range<Int>) {
        let element: Oid
        let type: Oid
        var size = 20 + rows.count * 4
        switch values {
        case .integers:
            (element, type) = (PostgreSQLValues.ObjectID.int8, PostgreSQLValues.ObjectID.int8Array)
            size += rows.count * 8
        case .reals:
            (element, type) = (PostgreSQLValues.ObjectID.float8, PostgreSQLValues.ObjectID.float8Array)
            size += rows.count * 8
        case .texts(let texts):
            (element, type) = (PostgreSQLValues.ObjectID.text, PostgreSQLValues.ObjectID.textArray)
            // U+FFFD takes three bytes where NUL took one.
            for text in texts[rows] { size += PostgreSQLText.storable(text).utf8.count }
        case .blobs(let blobs):
            (element, type) = (PostgreSQLValues.ObjectID.bytea, PostgreSQLValues.ObjectID.byteaArray)
            for blob in blobs[rows] { size += blob.count }
        }
        var out = ArrayWriter(self.values.room(index - 1, size, type))
        out.write(1 as Int32)
        out.write(0 as Int32)
        out.write(element)
        out.write(Int32(rows.count))
        out.write(1 as Int32)
        switch values {
        case .integers(let integers):
            for row in rows {
                out.write(8 as Int32)
                out.write(integers[row])
            }
        case .reals(let reals):
            for row in rows {
                out.write(8 as Int32)
                out.write(reals[row].bitPattern)
            }
        case .texts(let texts):
            for row in rows {
                var text = PostgreSQLText.storable(texts[row])
                text.withUTF8 { out.write(UnsafeRawBufferPointer($0)) }
            }
        case .blobs(let blobs):
            for row in rows { blobs[row].withUnsafeBytes { out.write($0) } }
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
