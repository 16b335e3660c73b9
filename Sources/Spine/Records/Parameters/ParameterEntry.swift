import FHIR
import JSON
import SQL

/// A search parameter of a SearchParameter resource on one resource type, as the table `custom_parameter` keeps it.
///
/// One whose definition changes gets new numbers: the old rows answer until nobody can ask for them any more, and the new
/// ones are not mixed with them.
struct ParameterEntry: Sendable, Equatable {
    enum State: Int64, Sendable {
        /// Resources that were there before it are still to be indexed; it can't be searched by.
        case indexing = 0
        case ready = 1
        /// Nobody can search by it any more; its rows are still to be removed.
        case leaving = 2
    }

    /// Numbers that FHIR's own parameters never get. PostgreSQL keeps them in two bytes.
    static let numberRange: ClosedRange<Int64> = 16_384...32_767

    /// The number of its rows; of a composite, that of the first component's.
    var number: Int64
    /// The logical id of the SearchParameter.
    var source: String
    /// Its canonical URL.
    var url: String
    var definition: SearchParameter
    var state: State

    /// The numbers that it takes: a composite one for each component.
    var numbers: Range<Int64> { number..<number + Int64(max(1, definition.components.count)) }

    static let table = """
        CREATE TABLE IF NOT EXISTS custom_parameter (number INTEGER PRIMARY KEY, source TEXT NOT NULL, type TEXT NOT NULL,
            definition TEXT NOT NULL, state INTEGER NOT NULL, place INTEGER NOT NULL DEFAULT 0,
            goal INTEGER NOT NULL DEFAULT -1, done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0);
        """

    init(number: Int64, source: String, url: String, definition: SearchParameter, state: State) {
        self.number = number
        self.source = source
        self.url = url
        self.definition = definition
        self.state = state
    }

    static func all(_ db: SQLConnection) throws -> [ParameterEntry] {
        try db.query("SELECT number, source, type, definition, state FROM custom_parameter ORDER BY number") { row in
            ParameterEntry(
                number: row.int(0), source: row.text(1), type: row.text(2), text: row.text(3), state: row.int(4))
        }.compactMap { $0 }
    }

    func save(_ db: SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO custom_parameter (number, source, type, definition, state) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (number) DO UPDATE SET definition = excluded.definition, state = excluded.state
            """, .integer(number), .text(source), .text(definition.resource), .text(text), .integer(state.rawValue))
    }

    private init?(number: Int64, source: String, type: String, text: String, state: Int64) {
        guard let root = try? JSONDocument(parsing: Array(text.utf8)).root, let code = root["code"]?.string,
            let kind = root["type"]?.string.flatMap(SearchParameterType.init), let state = State(rawValue: state)
        else { return nil }
        let components = (root["components"].map { Array($0.elements) } ?? []).compactMap { node in
            node["type"]?.string.flatMap(SearchParameterType.init).map {
                SearchParameter.Component(
                    code: node["code"]?.string ?? "", type: $0, expression: node["expression"]?.string ?? "")
            }
        }
        self.init(
            number: number, source: source, url: root["url"]?.string ?? "",
            definition: SearchParameter(
                resource: type, code: code, type: kind, expression: root["expression"]?.string ?? "",
                targets: root["targets"]?.elements.compactMap(\.string) ?? [], components: components),
            state: state)
    }

    /// The definition as JSON.
    private var text: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("url", string: url)
        writer.member("code", string: definition.code)
        writer.member("type", string: definition.type.rawValue)
        writer.member("expression", string: definition.expression)
        writer.key("targets")
        writer.beginArray()
        for target in definition.targets { writer.string(target) }
        writer.endArray()
        writer.key("components")
        writer.beginArray()
        for component in definition.components {
            writer.beginObject()
            writer.member("code", string: component.code)
            writer.member("type", string: component.type.rawValue)
            writer.member("expression", string: component.expression)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
