import FHIR

/// A resource's text as stored: compact, without `meta.versionId` and `meta.lastUpdated`, which are put back on reading.
///
/// They can't be stored in the text because they are only known inside the write transaction, after the text has been
/// compressed outside of it.
struct StoredBody: Sendable {
    /// Where and how the two members go in.
    struct Splice: Sendable, Equatable {
        enum Form: Int64, Sendable {
            /// Into a `meta` object that has members.
            case intoMeta
            /// Into an empty `meta` object.
            case intoEmptyMeta
            /// After the member that ends at the offset, as a new `meta`.
            case newMeta
        }

        var form: Form
        var offset: Int

        var encoded: Int64 { Int64(offset) << 2 | form.rawValue }

        init(_ form: Form, at offset: Int) {
            self.form = form
            self.offset = offset
        }

        init(encoded: Int64) {
            form = Form(rawValue: encoded & 3) ?? .newMeta
            offset = Int(encoded >> 2)
        }
    }

    let bytes: [UInt8]
    let splice: Splice

    func text(versionID: Int, lastUpdated: Int64) -> [UInt8] {
        let offset = min(splice.offset, bytes.count)
        return [UInt8](unsafeUninitializedCapacity: bytes.count + 96) { out, count in
            var writer = RawWriter(out)
            writer.append(bytes[0..<offset])
            if splice.form == .newMeta { writer.append(",\"meta\":{") }
            writer.append("\"versionId\":\"")
            writer.append(integer: versionID)
            writer.append("\",\"lastUpdated\":\"")
            writer.append(instant: lastUpdated)
            writer.append("\"")
            switch splice.form {
            case .intoMeta: writer.append(",")
            case .intoEmptyMeta: break
            case .newMeta: writer.append("}")
            }
            writer.append(bytes[offset...])
            count = writer.count
        }
    }
}

/// Appends to memory that is known to be large enough.
private struct RawWriter {
    private let out: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(_ out: UnsafeMutableBufferPointer<UInt8>) { self.out = out }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBufferPointer { source in
            guard let from = source.baseAddress, let to = out.baseAddress else { return }
            precondition(count + source.count <= out.count, "a version's text fits its buffer")
            (to + count).update(from: from, count: source.count)
            count += source.count
        }
    }

    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { for byte in $0 { append(byte) } }
    }

    mutating func append(_ byte: UInt8) {
        precondition(count < out.count, "a version's text fits its buffer")
        out[count] = byte
        count += 1
    }

    mutating func append(integer: Int, width: Int = 1) {
        var digits: (UInt64, Int) = (UInt64(max(0, integer)), 0)
        var reversed: InlineArray<20, UInt8> = .init(repeating: 0x30)
        repeat {
            reversed[digits.1] = 0x30 + UInt8(digits.0 % 10)
            digits.0 /= 10
            digits.1 += 1
        } while digits.0 > 0
        for index in stride(from: max(width, digits.1) - 1, through: 0, by: -1) { append(reversed[index]) }
    }

    mutating func append(instant milliseconds: Int64) {
        let instant = CivilInstant(milliseconds)
        append(integer: instant.year, width: 4)
        append("-")
        append(integer: instant.month, width: 2)
        append("-")
        append(integer: instant.day, width: 2)
        append("T")
        append(integer: instant.hour, width: 2)
        append(":")
        append(integer: instant.minute, width: 2)
        append(":")
        append(integer: instant.second, width: 2)
        append(".")
        append(integer: instant.millisecond, width: 3)
        append("Z")
    }
}
