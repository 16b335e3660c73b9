import Calendar
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
        /// Whether it happens to those who have moved away.
        var isOfTheGone = false

        func fits(_ person: Inhabitant, on day: CivilDay) -> Bool {
            ages.contains(person.age(on: day)) && (sex == "*" || (sex == "F") == person.isWoman)
        }
    }

    /// Something that had happened to people before the first day.
    struct Earlier: Sendable {
        let event: Event
        /// What must have happened before; empty: nothing.
        let after: String
        /// So many days before the first day, at least and at most.
        let first: Int
        let last: Int
        /// Again and again so many days apart; 0: once.
        let every: Int
        /// The share of the repetitions that took place.
        let kept: Double
    }

    /// How an item of a form is answered.
    struct Answer: Sendable {
        let form: String
        let item: String
        let rule: String
    }

    let habits: [String: Habit]
    let events: [Event]
    let past: [Earlier]
    let settings: [String: Double]
    /// What is left behind when a task is done, by `pathway.action`, `pathway.*` or `*.action`.
    let evidence: [String: [String]]
    /// By `form/item` or `*/item`.
    let answers: [String: String]
    /// The form that ends a pathway, and what is answered in it, by pathway and why.
    let ends: [String: (form: String, fixed: [String: String])]
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
        events = try LifeTable("events").rows.map { row in
            var event = Self.event(row)
            event.isOfTheGone = row.text("who") == "gone"
            return event
        }
        past = try LifeTable("past").rows.map { row in
            Earlier(
                event: Self.event(row), after: row.text("after") == "-" ? "" : row.text("after"),
                first: Int(row.number("first")), last: Int(row.number("last")), every: Int(row.number("every")),
                kept: row.number("kept"))
        }
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
                ("\($0.text("pathway"))/\($0.text("why"))", ($0.text("form"), Self.fixed($0.text("answers"))))
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

    private static func event(_ row: [String: String]) -> Event {
        Event(
            name: row.text("event"), sex: row.text("sex"), ages: Int(row.number("from"))..<Int(row.number("to")),
            rate: row.number("rate"), facts: list(row.text("facts")))
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// `item=code, item=code`
    static func fixed(_ text: some StringProtocol) -> [String: String] {
        Dictionary(
            text.split(separator: ",").compactMap { part in
                let words = part.split(separator: "=").map { $0.trimmingCharacters(in: .whitespaces) }
                return words.count == 2 ? (words[0], words[1]) : nil
            }, uniquingKeysWith: { one, _ in one })
    }

    func setting(_ name: String) -> Double { settings[name] ?? 0 }

    /// What is left behind when a task is done; nil where the tables don't say.
    func evidence(_ pathway: String, _ action: String) -> [String]? {
        evidence["\(pathway).\(action)"] ?? evidence["\(pathway).*"] ?? evidence["*.\(action)"]
    }
}
