import FHIRPath
import JSON
import Records
import SQL

/// The table of one view: `view_` and the view's name.
///
/// Its rows are keyed by the number of their resource and their place among its rows, so that all rows of a resource are
/// replaced together.
struct ViewTable: Sendable {
    enum Form: Sendable {
        case boolean, integer, decimal, text
    }

    /// The longest name of a view that has a table; PostgreSQL cuts names at 63 bytes.
    static let nameBytesMax = 48

    let view: View
    let name: String
    /// Whether an expression may ask for the version or the time of a resource.
    let asksForMeta: Bool
    private let forms: [Form]
    private let insert: String

    /// - Throws: what keeps the view from having a table.
    init(_ view: View, name: String, asksForMeta: Bool) throws(ViewError) {
        self.asksForMeta = asksForMeta
        guard name.utf8.count <= Self.nameBytesMax else {
            throw ViewError("name", "A view of a longer name than \(Self.nameBytesMax) letters has no table.")
        }
        let names = view.columns.map { $0.name.lowercased() }
        guard Set(names).count == names.count else {
            throw ViewError("select", "Two columns differ only in capitals; a table can't hold both.")
        }
        self.view = view
        self.name = "view_\(name.lowercased())"
        forms = view.columns.map { $0.isCollection ? .text : Self.form(of: $0.type) }
        let columns = ["_rid", "_row"] + view.columns.map(\.name)
        let quoted = columns.map { "\"\($0)\"" }.joined(separator: ", ")
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        insert = "INSERT INTO \(self.name) (\(quoted)) VALUES (\(marks))"
    }

    private static func form(of type: String?) -> Form {
        switch type?.split(whereSeparator: { "/.".contains($0) }).last?.lowercased() {
        case "boolean": .boolean
        case "integer", "positiveint", "unsignedint", "integer64": .integer
        case "decimal": .decimal
        default: .text
        }
    }

    func create(_ db: SQLConnection) throws {
        let columns = zip(view.columns, forms).map { column, form in
            let type =
                switch form {
                case .boolean, .integer: "INTEGER"
                case .decimal: "REAL"
                case .text: "TEXT"
                }
            return "\"\(column.name)\" \(type)"
        }
        try db.createTable(
            name, columns: ["\"_rid\" INTEGER NOT NULL", "\"_row\" INTEGER NOT NULL"] + columns,
            primaryKey: ["\"_rid\"", "\"_row\""])
    }

    static func drop(_ name: String, _ db: SQLConnection) throws {
        try db.run(script: "DROP TABLE IF EXISTS view_\(name.lowercased())")
    }

    /// The rows of a resource as the table holds them.
    func rows(of resource: JSONNode) throws(ViewError) -> [[SQLValue]] {
        let rows = try view.rows(of: resource)
        var result: [[SQLValue]] = []
        for row in 0..<rows.count {
            var values: [SQLValue] = []
            for ((cell, form), column) in zip(zip(rows[row], forms), view.columns) {
                values.append(try Self.value(cell, form, column))
            }
            result.append(values)
        }
        return result
    }

    /// Puts these rows in the place of those that the resource had.
    func replace(_ rid: Int64, with rows: [[SQLValue]], _ db: SQLConnection) throws {
        try db.execute("DELETE FROM \(name) WHERE \"_rid\" = ?", .integer(rid))
        for (place, values) in rows.enumerated() {
            try db.execute(insert, [.integer(rid), .int(place)] + values)
        }
    }

    private static func value(
        _ cell: ViewCell, _ form: Form, _ column: ViewDefinition.Column
    ) throws(ViewError) -> SQLValue {
        let value: FHIRPathValue
        switch cell {
        case .null: return .null
        case .many(let values):
            var text: [UInt8] = [UInt8(ascii: "[")]
            for (index, value) in values.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                text += value.json()
            }
            return .text(String(decoding: text + [UInt8(ascii: "]")], as: UTF8.self))
        case .one(let one): value = one
        }
        let json = value.json()
        guard !json.elementsEqual("null".utf8) else { return .null }
        let text: String
        if json.first == UInt8(ascii: "\""), let document = try? JSONDocument(parsing: json) {
            text = document.root.string ?? ""
        } else {
            text = String(decoding: json, as: UTF8.self)
        }
        switch form {
        case .text: return .text(text)
        case .boolean:
            if text == "true" || text == "false" { return .integer(text == "true" ? 1 : 0) }
        case .integer:
            if let integer = Int64(text) { return .integer(integer) }
        case .decimal:
            if let real = Double(text) { return .real(real) }
        }
        throw ViewError(
            column.place, "The column \(column.name) is declared as \(column.type ?? ""), but a value is not.")
    }
}
