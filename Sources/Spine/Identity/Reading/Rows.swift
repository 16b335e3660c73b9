/// Rows of a CSV file in UTF-8 (RFC 4180; the delimiter is the one of `,` tab `;` `|` that the first line has most of).
struct Rows {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let delimiter: UInt8
    private var at = 0
    /// Where each field of the current row lies: in the file, or unquoted in `unquoted`.
    private(set) var fields: [(start: Int, count: Int, isUnquoted: Bool)] = []
    private var unquoted: [UInt8] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
        let line = bytes[at...].prefix { $0 != 0x0A }
        let delimiters: [UInt8] = [0x2C, 0x09, 0x3B, 0x7C]
        delimiter = delimiters.max { a, b in line.count(where: { $0 == a }) < line.count(where: { $0 == b }) } ?? 0x2C
    }

    /// Moves to the next row that is not empty; false at the end.
    mutating func next() -> Bool {
        while at < bytes.count, bytes[at] == 0x0A || bytes[at] == 0x0D { at += 1 }
        guard at < bytes.count else { return false }
        fields.removeAll(keepingCapacity: true)
        unquoted.removeAll(keepingCapacity: true)
        while true {
            while at < bytes.count, bytes[at] == 0x20 { at += 1 }
            if at < bytes.count, bytes[at] == 0x22 { readQuoted() } else { readPlain() }
            guard at < bytes.count, bytes[at] == delimiter else { break }
            at += 1
        }
        return true
    }

    private mutating func readPlain() {
        let start = at
        while at < bytes.count, bytes[at] != delimiter, bytes[at] != 0x0A, bytes[at] != 0x0D { at += 1 }
        fields.append((start, at - start, false))
    }

    private mutating func readQuoted() {
        let start = unquoted.count
        at += 1
        while at < bytes.count {
            if bytes[at] == 0x22 {
                at += 1
                guard at < bytes.count, bytes[at] == 0x22 else { break }
            }
            unquoted.append(bytes[at])
            at += 1
        }
        while at < bytes.count, bytes[at] != delimiter, bytes[at] != 0x0A, bytes[at] != 0x0D { at += 1 }
        fields.append((start, unquoted.count - start, true))
    }

    /// The bytes of a field; none if the row is too short.
    func with<Result>(_ position: Int?, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        guard let position, position < fields.count else { return body(UnsafeBufferPointer(rebasing: bytes[0..<0])) }
        let field = fields[position]
        if field.isUnquoted {
            return unquoted.withUnsafeBufferPointer { whole in
                body(UnsafeBufferPointer(rebasing: whole[field.start..<(field.start + field.count)]))
            }
        }
        return body(UnsafeBufferPointer(rebasing: bytes[field.start..<(field.start + field.count)]))
    }

    func text(_ position: Int?) -> String { with(position) { String(decoding: $0, as: UTF8.self) } }
}
