public import HL7v2

/// A table whose columns are known: which of a file's columns is which of a sheet's.
public struct Table: Sendable {
    /// The kind of table, as the mapping files name it.
    public let sheet: String
    /// The institution that it comes from.
    public let facility: String
    /// For each column that the maps know the file's column that holds it; nil: none does.
    let places: [Int?]
    let columns: [ColumnPlan]
    let required: [Int]
    /// How many columns the file has.
    let width: Int

    /// The file's title of each column that is used.
    public let titles: [String]
    /// The titles of the file's columns that no rule reads.
    public let unused: [String]

    init(_ sheet: SheetPlan, _ columns: [ColumnPlan], header: [String], facility: String) {
        var places = [Int?](repeating: nil, count: columns.count)
        for column in sheet.columns { places[column] = Self.place(columns[column], in: header) }
        self.sheet = sheet.name
        self.facility = facility
        self.places = places
        self.columns = columns
        required = sheet.required
        width = header.count
        let used = Set(places.compactMap { $0 })
        titles = header.indices.filter { used.contains($0) }.map { header[$0] }
        unused = header.indices.filter { !used.contains($0) }.map { header[$0] }
    }

    /// The columns that the sheet requires and the file lacks.
    var missing: [ColumnPlan] { required.filter { places[$0] == nil }.map { columns[$0] } }

    /// The first title that the file has, whatever its case, blanks and hyphens; also the column's own name.
    private static func place(_ column: ColumnPlan, in header: [String]) -> Int? {
        let plain = { (text: String) in
            text.lowercased().filter { !$0.isWhitespace && $0 != "_" && $0 != "-" && $0 != "\u{FEFF}" }
        }
        let titles = header.map(plain)
        for title in column.titles + [column.name] {
            if let place = titles.firstIndex(of: plain(title)) { return place }
        }
        return nil
    }

    /// A row as a message of one segment, so that the same rules read it.
    ///
    /// - Parameter source: what the record is to say it came from, such as the file's name.
    func message(_ row: DelimitedText.Row, source: String, received: String) -> [UInt8] {
        var writer = MessageWriter()
        writer.segment(
            "MSH",
            [
                "TABLE", .init(facility), "", "", .init(received), "", ["TABLE", sheet], .init("\(source):\(row.line)"),
                "P",
                "2.5",
            ])
        writer.segment(
            "ROW",
            columns.indices.map { column in
                let text = text(column, of: row)
                return .init(columns[column].isMoment ? TableMoment.normal(text) : text)
            })
        return writer.bytes
    }

    /// What a row says in a column; empty where a spreadsheet has spoiled it.
    func text(_ column: Int, of row: DelimitedText.Row) -> String {
        guard let place = places[column], place < row.fields.count else { return "" }
        let text = SpreadsheetCell.meant(row.fields[place])
        return !columns[column].isNumber && SpreadsheetCell.isCut(text) ? "" : text
    }

    /// The columns of a row in which a spreadsheet has cut a number.
    func cutNumbers(of row: DelimitedText.Row) -> [Fault] {
        columns.indices.compactMap { column in
            guard let place = places[column], place < row.fields.count, !columns[column].isNumber,
                SpreadsheetCell.isCut(SpreadsheetCell.meant(row.fields[place]))
            else { return nil }
            return Fault(
                .warning, .dataType, Fault.Place("ROW", occurrence: row.line, field: place + 1),
                "'\(row.fields[place].prefix(40))' is what a spreadsheet makes of a long number: its digits are lost; it is left out",
                hint: "make the column text before the numbers come into it, and save the file again")
        }
    }
}

/// Dates as tables write them.
enum TableMoment {
    /// `2026/1/5`, `2026年1月5日 8:30`, `2026.01.05` as HL7 writes them; anything else stays.
    static func normal(_ text: String) -> String {
        var numbers: [String] = []
        var number = ""
        for character in text {
            if character.isASCII, character.isNumber {
                number.append(character)
            } else if "/-.:年月日时分秒 T".contains(character) {
                if !number.isEmpty { numbers.append(number) }
                number = ""
            } else {
                return text
            }
        }
        if !number.isEmpty { numbers.append(number) }
        guard numbers.count >= 3, numbers.count <= 6, numbers[0].count == 4,
            numbers.dropFirst().allSatisfy({ $0.count <= 2 })
        else { return text }
        // What ISO 8601 writes is read as it is.
        if text.dropFirst(4).first == "-", numbers.dropFirst().allSatisfy({ $0.count == 2 }) { return text }
        return numbers[0] + numbers.dropFirst().map { $0.count == 1 ? "0\($0)" : $0 }.joined()
    }
}

extension Mapping {
    /// Finds out which of a file's columns is which.
    ///
    /// - Parameters:
    ///   - sheet: the kind of table; nil: the one that requires most of what the header has.
    ///   - facility: the institution that it comes from; its own mapping file counts.
    /// - Returns: the table; nil with an error where there is no such sheet or a column is missing that it requires.
    public func table(
        _ sheet: String?, header: [String], facility: String
    ) -> (table: Table?, faults: [Fault]) {
        let plan = mapping(of: facility).plan
        let tables = plan.sheets.filter { sheet == nil || $0.name == sheet }.map {
            Table($0, plan.columns, header: header, facility: facility)
        }
        let complete = tables.filter(\.missing.isEmpty)
        if let best = complete.max(by: { ($0.required.count, $0.titles.count) < ($1.required.count, $1.titles.count) })
        {
            return (best, [])
        }
        let hint: String
        if let sheet, let table = tables.first {
            let names = table.missing.map { "\($0.name) (\($0.titles.prefix(4).joined(separator: ", ")))" }
            hint =
                "the sheet \(sheet) needs \(names.joined(separator: "; ")): name the columns so, or give their titles in the sender's file"
        } else {
            hint = "name one of \(plan.sheets.map(\.name).joined(separator: ", "))"
        }
        let names = header.prefix(8).map { "'\($0.prefix(20))'" }.joined(separator: ", ")
        let what = sheet.map { tables.isEmpty ? "there is no sheet '\($0)'" : "the table is no sheet '\($0)'" }
        return (
            nil,
            [Fault(.error, .requiredFieldMissing, what ?? "the columns \(names) are those of no sheet", hint: hint)]
        )
    }

    private func mapping(of facility: String) -> CompiledMapping {
        var writer = MessageWriter()
        writer.segment("MSH", ["TABLE", .init(facility)])
        return MessageParser().parse(writer.bytes).message.map { mapping(of: $0) } ?? common
    }

    /// The bundle of a row, and what is wrong with it; its faults name the line and the column.
    ///
    /// - Parameters:
    ///   - source: what the record says that it came from, such as the file's name.
    ///   - received: the moment it was received, an `instant` of FHIR.
    public func convert(
        _ row: DelimitedText.Row, of table: Table, source: String, received: String
    ) -> Outcome {
        var outcome = Outcome(bundle: nil, faults: [], unmappedCodes: [], mapping: table.sheet, sender: nil)
        guard row.fields.count == table.width else {
            outcome.faults = [
                Fault(
                    .error, .dataType, Fault.Place("ROW", occurrence: row.line),
                    "line \(row.line) has \(row.fields.count) fields, the header \(table.width)",
                    hint: "look for a delimiter or quotation mark inside a value")
            ]
            return outcome
        }
        for column in table.required {
            guard let place = table.places[column], table.text(column, of: row).allSatisfy(\.isWhitespace) else {
                continue
            }
            outcome.faults.append(
                Fault(
                    .error, .requiredFieldMissing, Fault.Place("ROW", occurrence: row.line, field: place + 1),
                    "line \(row.line) has no \(table.columns[column].name)", hint: "fill the column"))
        }
        outcome.faults += table.cutNumbers(of: row)
        if outcome.faults.refuses { return outcome }
        let remarks = outcome.faults
        guard let item = Reading(table.message(row, source: source, received: received)).items.first else {
            return outcome
        }
        outcome = convert(item, received: received)
        outcome.faults = outcome.faults.map { fault in
            var fault = fault
            fault.place = table.place(fault.place, row.line)
            return fault
        }
        outcome.faults = remarks + outcome.faults
        outcome.unmappedCodes = outcome.unmappedCodes.map { code in
            var code = code
            code.place = table.place(code.place, row.line) ?? code.place
            return code
        }
        return outcome
    }
}

extension Table {
    /// Where a part of the row stands in the file: the line as occurrence, the file's column as field.
    fileprivate func place(_ place: Fault.Place?, _ line: Int) -> Fault.Place? {
        guard let place, place.segment == "ROW" else { return place }
        let column = place.field.flatMap { places.indices.contains($0 - 1) ? places[$0 - 1] : nil }
        return Fault.Place("ROW", occurrence: line, field: column.map { $0 + 1 })
    }
}
