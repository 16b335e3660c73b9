import Foundation

/// How people behave, as the tables say.
struct Manners: Sendable {
    /// How those who have to do something do it: the shares of the ways, and how late who is late.
    struct Habit: Sendable {
        let late: Double
        let never: Double
        let declined: Double
        let lateDays: Double
    }

    /// Something that happens to people of itself.
    struct Event: Sendable {
        let name: String
        let sex: String
        let ages: Range<Int>
        /// How often in a year; of a beginning, the share of people.
        let rate: Double
        let facts: [String]
    }

    /// How an item of a form is answered.
    struct Answer: Sendable {
        let form: String
        let item: String
        let rule: String
    }

    let habits: [String: Habit]
    let events: [Event]
    let beginnings: [Event]
    let settings: [String: Double]
    /// What is left behind when a task is done, by `pathway.action`, `pathway.*` or `*.action`.
    let evidence: [String: [String]]
    /// By `form/item` or `*/item`.
    let answers: [String: String]
    /// The form that ends a pathway, and its item and code, by pathway and why.
    let ends: [String: (form: String, code: String)]
    let numbers: [String: [String: String]]

    init() throws {
        habits = try Self.table(
            try LifeTable("habits").rows.map {
                (
                    $0.text("who"),
                    Habit(
                        late: $0.number("late"), never: $0.number("never"), declined: $0.number("declined"),
                        lateDays: $0.number("lateDays"))
                )
            })
        let events = try LifeTable("events").rows.map { row in
            (
                row.text("when"),
                Event(
                    name: row.text("event"), sex: row.text("sex"),
                    ages: Int(row.number("from"))..<Int(row.number("to")), rate: row.number("rate"),
                    facts: Self.list(row.text("facts")))
            )
        }
        self.events = events.filter { $0.0 == "year" }.map(\.1)
        beginnings = events.filter { $0.0 == "start" }.map(\.1)
        settings = try Self.table(
            try LifeTable("settings").rows.map { ($0.text("name"), $0.number("value")) })
        evidence = try Self.table(
            try LifeTable("evidence").rows.map { ($0.text("task"), Self.list($0.text("facts"))) })
        answers = try Self.table(
            try LifeTable("answers").rows.map {
                ("\($0.text("form"))/\($0.text("item"))", $0.text("rule"))
            })
        ends = try Self.table(
            try LifeTable("ends").rows.map {
                ("\($0.text("pathway"))/\($0.text("why"))", ($0.text("form"), $0.text("code")))
            })
        numbers = try Self.table(try LifeTable("numbers").rows.map { ($0.text("number"), $0) })
    }

    /// - Throws: ``LifeFault`` where a name stands twice.
    private static func table<Value>(_ rows: [(String, Value)]) throws -> [String: Value] {
        var table: [String: Value] = [:]
        for (name, value) in rows {
            guard table.updateValue(value, forKey: name) == nil else {
                throw LifeFault("“\(name)” stands twice in a table")
            }
        }
        return table
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    func setting(_ name: String) -> Double { settings[name] ?? 0 }

    /// What is left behind when a task is done; nil where the tables don't say.
    func evidence(_ pathway: String, _ action: String) -> [String]? {
        evidence["\(pathway).\(action)"] ?? evidence["\(pathway).*"] ?? evidence["*.\(action)"]
    }
}
