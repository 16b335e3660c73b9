/// A table in CSV (RFC 4180) or with tabs: a header, then rows of as many fields. Quoted fields may hold separators, line
/// ends and doubled quotes.
public struct CSVTable: Sendable {
    /// One row.
    public struct Row: Sendable {
        /// The line on which it begins, from 1.
        public let line: Int
        /// Its fields, as many as the header has.
        public let fields: [String]
    }

    /// The names of the columns.
    public let header: [String]
    /// The rows below the header; empty lines are passed over.
    public let rows: [Row]

    /// A table has this many rows at most.
    public static let rowsMax = 2_000_000

    /// Reads a table.
    ///
    /// - Parameters:
    ///   - text: the whole of it; a byte order mark is passed over.
    ///   - separator: what stands between fields; nil for a tab where the header has one, else a comma.
    /// - Throws: ``TableError`` with the line, and the column where there is one.
    public init(_ text: String, separator: Character? = nil) throws(TableError) {
        let headerLine = text.prefix { !$0.isNewline }
        let separator = separator ?? (headerLine.contains("\t") ? "\t" : ",")
        guard let mark = separator.asciiValue else { throw TableError(nil, nil, "The separator must be ASCII.") }
        var reader = CSVReader(Array(text.utf8), separator: mark)
        guard var header = try reader.next()?.fields else { throw TableError(1, nil, "The table is empty.") }
        if header[0].unicodeScalars.first == "\u{FEFF}" { header[0].unicodeScalars.removeFirst() }
        for (place, name) in header.enumerated() where header[..<place].contains(name) {
            throw TableError(1, name, "The column stands in the header twice.")
        }
        var rows: [Row] = []
        while let row = try reader.next() {
            guard row.fields.count == header.count else {
                if row.fields == [""] { continue }
                throw TableError(
                    row.line, nil, "The row has \(row.fields.count) fields, and the header \(header.count).")
            }
            guard rows.count < Self.rowsMax else {
                throw TableError(row.line, nil, "A table has at most \(Self.rowsMax) rows.")
            }
            rows.append(row)
        }
        self.header = header
        self.rows = rows
    }

    /// The place of a column.
    ///
    /// - Throws: ``TableError`` that names the columns that there are.
    public func column(_ name: String) throws(TableError) -> Int {
        guard let place = header.firstIndex(of: name) else {
            throw TableError(1, name, "There is no such column. There are: \(header.joined(separator: ", ")).")
        }
        return place
    }
}

/// What is wrong with a table, and where.
public struct TableError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The line, from 1; nil when it concerns none.
    public let line: Int?
    /// The name of the column; nil when it concerns none.
    public let column: String?
    /// What is wrong.
    public let message: String

    /// - Parameter message: what is wrong with the table as a whole.
    public init(_ message: String) { self.init(nil, nil, message) }

    init(_ line: Int?, _ column: String?, _ message: String) {
        self.line = line
        self.column = column
        self.message = message
    }

    /// `line 3, column “code”: …`
    public var description: String {
        let place = [line.map { "line \($0)" }, column.map { "column “\($0)”" }].compactMap { $0 }
        return place.isEmpty ? message : "\(place.joined(separator: ", ")): \(message)"
    }
}

/// Walks the bytes of a table.
private struct CSVReader {
    private let bytes: [UInt8]
    private let separator: UInt8
    private var position = 0
    private var line = 1
    private static let quote = UInt8(ascii: "\"")
    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    init(_ bytes: [UInt8], separator: UInt8) {
        self.bytes = bytes
        self.separator = separator
    }

    mutating func next() throws(TableError) -> CSVTable.Row? {
        guard position < bytes.count else { return nil }
        let start = line
        var fields: [String] = []
        while true {
            fields.append(try field(number: fields.count + 1))
            guard position < bytes.count else { break }
            let byte = bytes[position]
            position += 1
            if byte == separator {
                guard position < bytes.count else {
                    fields.append("")
                    break
                }
                continue
            }
            if byte == Self.carriageReturn, position < bytes.count, bytes[position] == Self.newline { position += 1 }
            line += 1
            break
        }
        return CSVTable.Row(line: start, fields: fields)
    }

    private func isEnd(_ byte: UInt8) -> Bool {
        byte == separator || byte == Self.newline || byte == Self.carriageReturn
    }

    private mutating func field(number: Int) throws(TableError) -> String {
        guard position < bytes.count, bytes[position] == Self.quote else {
            let start = position
            while position < bytes.count, !isEnd(bytes[position]) { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        let start = line
        var content: [UInt8] = []
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == Self.quote {
                guard position < bytes.count, bytes[position] == Self.quote else {
                    guard position == bytes.count || isEnd(bytes[position]) else {
                        throw TableError(line, nil, "Field \(number) goes on behind its closing quote.")
                    }
                    return String(decoding: content, as: UTF8.self)
                }
                position += 1
            }
            if byte == Self.newline { line += 1 }
            content.append(byte)
        }
        throw TableError(start, nil, "Field \(number) begins with a quote that is never closed.")
    }
}
