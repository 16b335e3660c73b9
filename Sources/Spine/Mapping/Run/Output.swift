/// JSON that is written straight to bytes, and taken back where nothing came of it.
struct Output {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(16_384) }

    var count: Int { bytes.count }

    mutating func put(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func put(_ text: [UInt8]) { bytes.append(contentsOf: text) }

    mutating func put(_ text: ArraySlice<UInt8>) { bytes.append(contentsOf: text) }

    mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func put(byte: UInt8) { bytes.append(byte) }

    /// Takes back all that was written since.
    mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

    /// Takes out what was written in a place near the end.
    mutating func remove(_ range: Range<Int>) { bytes.removeSubrange(range) }

    /// The inside of a JSON string; control characters that FHIR doesn't allow are left out.
    mutating func putInside(_ text: UnsafeBufferPointer<UInt8>) {
        if text.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) {
            bytes.append(contentsOf: text)
            return
        }
        for byte in text {
            switch byte {
            case 0x22: put("\\\"")
            case 0x5C: put("\\\\")
            case 0x0A: put("\\n")
            case 0x0D: put("\\r")
            case 0x09: put("\\t")
            case 0..<0x20: break
            default: bytes.append(byte)
            }
        }
    }

    mutating func putString(_ text: [UInt8]) {
        put(byte: 0x22)
        text.withUnsafeBufferPointer { putInside($0) }
        put(byte: 0x22)
    }

    subscript(range: Range<Int>) -> ArraySlice<UInt8> { bytes[range] }
}
