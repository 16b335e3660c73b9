public import HL7v2

/// A table in a text file (CSV, TSV and their kin), its form found out: character set, delimiter, and whether the first row names
/// the columns. What was found is told, so that a person can confirm or correct it before anything is taken over.
public struct DelimitedText: Sendable {
    /// What was found out, or is given.
    public struct Form: Sendable, Hashable {
        /// In which character set the file stands.
        public var charset: Charset
        /// Between fields: a comma, a tab, a semicolon or a bar.
        public var delimiter: UInt8
        /// Whether the first row names the columns.
        public var hasHeader: Bool

        /// Creates a form.
        public init(charset: Charset, delimiter: UInt8, hasHeader: Bool) {
            self.charset = charset
            self.delimiter = delimiter
            self.hasHeader = hasHeader
        }
    }

    /// A row of the file.
    public struct Row: Sendable, Hashable {
        /// The line on which it begins, from 1.
        public var line: Int
        /// Its fields without quotation marks.
        public var fields: [String]

        /// Creates a row.
        public init(line: Int, fields: [String]) {
            self.line = line
            self.fields = fields
        }
    }

    /// The form that was used.
    public let form: Form
    /// The names of the columns; where the file gives none, `column 1` and so on.
    public let header: [String]
    /// The rows below the header.
    public let rows: [Row]
    /// What is strange: rows of another length, an open quotation mark, bytes of no character set.
    public let faults: [Fault]

    /// How many rows a file may have, the header counted.
    public static let rowsMax = 5_000_000

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: as they came.
    ///   - given: the form that a person has confirmed; nil: it is found out.
    ///   - rowsMax: how many rows are read, the header counted. Where there are more, a fault says so.
    public init(_ bytes: [UInt8], form given: Form? = nil, rowsMax: Int = Self.rowsMax) {
        var faults: [Fault] = []
        var (text, charset) = Self.text(bytes, given?.charset, &faults)
        let said = Self.takeSaidDelimiter(&text)
        let delimiter = given?.delimiter ?? said ?? Self.delimiter(of: text)
        var reader = RowReader(text, delimiter, line: said == nil ? 1 : 2)
        var rows = reader.rows(max: rowsMax)
        faults += reader.faults
        let hasHeader = given?.hasHeader ?? Self.looksLikeHeader(rows)
        form = Form(charset: charset, delimiter: delimiter, hasHeader: hasHeader)
        let width = rows.first?.fields.count ?? 0
        if hasHeader, let first = rows.first {
            header = first.fields
            rows.removeFirst()
        } else {
            header = (0..<width).map { "column \($0 + 1)" }
        }
        if reader.isCut {
            faults.append(
                Fault(
                    .error, .dataType,
                    "the file has more than \(rowsMax) rows, the header counted; those beyond weren't read",
                    hint: "send it in parts"))
        }
        for row in rows where row.fields.count != width {
            faults.append(
                Fault(
                    .warning, .dataType, "line \(row.line) has \(row.fields.count) fields, the first one has \(width)",
                    hint: "look for a delimiter or quotation mark inside a value"))
        }
        self.rows = rows
        self.faults = faults
    }

    /// The place of a column by its name, whatever its case and blanks; nil where there is none.
    public func column(_ name: String) -> Int? {
        let plain = { (text: String) in text.lowercased().filter { !$0.isWhitespace && $0 != "_" } }
        return header.firstIndex { plain($0) == plain(name) }
    }

    private static func text(
        _ bytes: [UInt8], _ charset: Charset?, _ faults: inout [Fault]
    ) -> (text: [UInt8], charset: Charset) {
        if let charset {
            if let text = charset.decode(bytes) { return (withoutMark(text), charset) }
            faults.append(
                Fault(.warning, .dataType, "the file is not in \(charset)", hint: "confirm its character set again"))
        }
        let decoded = TextDecoding().decode(bytes)
        return (withoutMark(decoded.text), decoded.charset)
    }

    private static func withoutMark(_ text: [UInt8]) -> [UInt8] {
        text.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(text.dropFirst(3)) : text
    }

    /// The delimiter that the first line says for spreadsheets (`sep=;`), which is taken off.
    private static func takeSaidDelimiter(_ text: inout [UInt8]) -> UInt8? {
        guard text.count > 5, String(decoding: text[..<4], as: UTF8.self).lowercased() == "sep=",
            [0x2C, 0x09, 0x3B, 0x7C].contains(text[4])
        else { return nil }
        var end = 5
        while end < text.count, text[end] == 0x0D || text[end] == 0x0A, end < 7 {
            end += 1
            if text[end - 1] == 0x0A { break }
        }
        guard end > 5 else { return nil }
        let delimiter = text[4]
        text.removeFirst(end)
        return delimiter
    }

    /// The character that cuts the first rows into equally many fields, and into most of them.
    private static func delimiter(of text: [UInt8]) -> UInt8 {
        var best = (score: 0, delimiter: UInt8(ascii: ","))
        for candidate in [UInt8(ascii: ","), 0x09, UInt8(ascii: ";"), UInt8(ascii: "|")] {
            var reader = RowReader(text, candidate)
            let rows = reader.rows(max: 50)
            guard let width = rows.first?.fields.count, width > 1 else { continue }
            let alike = rows.filter { $0.fields.count == width }.count
            let score = alike * 1000 / rows.count * 100 + width
            if score > best.score { best = (score, candidate) }
        }
        return best.delimiter
    }

    /// A header's fields are filled, differ, and hold no number or date; below it some column does.
    private static func looksLikeHeader(_ rows: [Row]) -> Bool {
        guard let first = rows.first else { return false }
        guard first.fields.allSatisfy({ !$0.isEmpty && !isValue($0) }), Set(first.fields).count == first.fields.count
        else {
            return false
        }
        let body = rows.dropFirst().prefix(50)
        if body.isEmpty { return true }
        return first.fields.indices.contains { column in
            let filled = body.compactMap { $0.fields.indices.contains(column) ? $0.fields[column] : nil }.filter {
                !$0.isEmpty
            }
            return !filled.isEmpty && filled.filter(isValue).count * 10 >= filled.count * 8
        } || first.fields.allSatisfy { name in !body.contains { $0.fields.contains(name) } }
    }

    private static func isValue(_ text: String) -> Bool {
        let digits = text.utf8.filter { $0 &- 0x30 < 10 }.count
        return digits > 0 && digits * 2 >= text.utf8.count
    }
}

/// Cuts text into rows by RFC 4180, forgiving what people do to it.
private struct RowReader {
    private let text: [UInt8]
    private let delimiter: UInt8
    private let firstLine: Int
    private(set) var faults: [Fault] = []
    /// Whether text was left when there were rows enough.
    private(set) var isCut = false

    init(_ text: [UInt8], _ delimiter: UInt8, line: Int = 1) {
        self.text = text
        self.delimiter = delimiter
        firstLine = line
    }

    mutating func rows(max: Int) -> [DelimitedText.Row] {
        var rows: [DelimitedText.Row] = []
        var fields: [String] = []
        var field: [UInt8] = []
        var place = 0
        var line = firstLine
        var begin = firstLine
        func isEnd(_ place: Int) -> Bool { text[place] == 0x0A || text[place] == 0x0D }
        while place < text.count, rows.count < max {
            if text[place] == 0x22, field.isEmpty {
                place = quoted(from: place + 1, &field, &line)
            } else if text[place] == delimiter {
                fields.append(String(decoding: field, as: UTF8.self))
                field = []
                place += 1
            } else if isEnd(place) {
                if text[place] == 0x0D, place + 1 < text.count, text[place + 1] == 0x0A { place += 1 }
                place += 1
                line += 1
                finish(&fields, &field, begin, &rows)
                begin = line
            } else {
                field.append(text[place])
                place += 1
            }
        }
        finish(&fields, &field, begin, &rows)
        isCut = text[place...].contains { $0 != 0x0A && $0 != 0x0D }
        return rows
    }

    /// Blank lines are no rows.
    private func finish(
        _ fields: inout [String], _ field: inout [UInt8], _ line: Int, _ rows: inout [DelimitedText.Row]
    ) {
        if !fields.isEmpty || !field.isEmpty {
            rows.append(DelimitedText.Row(line: line, fields: fields + [String(decoding: field, as: UTF8.self)]))
        }
        fields = []
        field = []
    }

    /// Reads up to the closing quotation mark; two of them are one of the value.
    private mutating func quoted(from start: Int, _ field: inout [UInt8], _ line: inout Int) -> Int {
        var place = start
        let opened = line
        while place < text.count {
            if text[place] == 0x22 {
                guard place + 1 < text.count, text[place + 1] == 0x22 else { return place + 1 }
                place += 1
            } else if text[place] == 0x0A {
                line += 1
            }
            field.append(text[place])
            place += 1
        }
        faults.append(
            Fault(
                .warning, .dataType, "the quotation mark on line \(opened) is never closed",
                hint: "close it, or double it inside a value"))
        return place
    }
}
