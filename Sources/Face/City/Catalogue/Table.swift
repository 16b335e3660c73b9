/// A tab-separated data file: a header row, then rows with as many fields.
struct Table {
    let name: String
    private(set) var rows: [Row] = []

    init(named name: String) throws(CityError) {
        try self.init(named: name, text: CityResources.bytes(name))
    }

    init(named name: String, text: [UInt8]) throws(CityError) {
        self.name = name
        var columns: [String: Int] = [:]
        for (number, line) in text.split(separator: 0x0A).enumerated() where line.first != 0x23 {
            let fields = line.split(separator: 0x09, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            if columns.isEmpty {
                for (index, field) in fields.enumerated() { columns[field] = index }
                continue
            }
            guard fields.count == columns.count else {
                throw .resource(
                    name, reason: "line \(number + 1) has \(fields.count) fields instead of \(columns.count)")
            }
            rows.append(Row(file: name, line: number + 1, fields: fields, columns: columns))
        }
    }

    struct Row {
        let file: String
        let line: Int
        let fields: [String]
        let columns: [String: Int]

        func text(_ column: String) throws(CityError) -> String {
            guard let index = columns[column] else { throw .resource(file, reason: "no column \(column)") }
            return fields[index]
        }

        /// The text, or nil where the file has `-`.
        func textIfAny(_ column: String) throws(CityError) -> String? {
            let text = try text(column)
            return text == "-" ? nil : text
        }

        func integer(_ column: String) throws(CityError) -> Int {
            guard let value = Int(try text(column)) else { throw fault(column, "a whole number") }
            return value
        }

        func number(_ column: String) throws(CityError) -> Double {
            guard let value = Double(try text(column)) else { throw fault(column, "a number") }
            return value
        }

        func numbers(_ column: String) throws(CityError) -> [Double] {
            var values: [Double] = []
            for part in try text(column).split(separator: ",") {
                guard let value = Double(part) else { throw fault(column, "numbers with commas between") }
                values.append(value)
            }
            return values
        }

        func dayIfAny(_ column: String) throws(CityError) -> CivilDay? {
            guard let text = try textIfAny(column) else { return nil }
            guard let day = CivilDay(text) else { throw fault(column, "a date") }
            return day
        }

        func fault(_ column: String, _ expected: String) -> CityError {
            .resource(file, reason: "line \(line), column \(column), is not \(expected)")
        }
    }
}

extension String {
    /// The parts between `separator`; none for `-`, which stands for an empty list in the data files.
    func parts(_ separator: Character) -> [String] {
        self == "-" ? [] : split(separator: separator).map(String.init)
    }
}
