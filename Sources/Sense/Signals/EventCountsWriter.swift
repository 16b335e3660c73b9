import DailyCounts
import JSON
import Records
import SQL
import Syndromes

/// Writes one batch of changes; the sums of counts last.
struct EventCountsWriter {
    private struct Person {
        var district: Int64 = 0
        var born: Int64?
    }

    private struct Cell: Hashable {
        let condition: Int64
        let source: Int64
        let district: Int64
        let age: Int64
        let day: Int64
    }

    private struct Revision: Hashable {
        let cell: Cell
        let known: Int64
    }

    private let db: SQLConnection
    private let list: WatchList
    private let isSharded: Bool
    private var people: [Int64: Person] = [:]
    private var revisions: [Revision: Int64] = [:]

    init(_ db: SQLConnection, _ list: WatchList) {
        self.db = db
        self.list = list
        isSharded = db.kind == .postgreSQL
    }

    mutating func add(_ change: Change) throws {
        if EventCountsProjection.places.contains(change.key.type) { return try move(change) }
        let before = change.verb == .create ? nil : try change.previous()
        let old = try facts(of: before, change)
        let new = try facts(of: change.document, change)
        guard old.person != new.person || old.facts != new.facts else { return }
        let isSame = old.person == new.person
        for fact in isSame ? old.facts.subtracting(new.facts) : old.facts {
            try remove(fact, of: old.person, change)
        }
        for fact in isSame ? new.facts.subtracting(old.facts) : new.facts {
            try insert(fact, of: new.person, shard: new.shard, change)
        }
    }

    private func facts(
        of document: JSONDocument?, _ change: Change
    ) throws -> (person: Int64, shard: Int64, facts: Set<EventFact>) {
        guard let document else { return (0, 0, []) }
        let (subject, facts) = EventFact.facts(of: document.root, type: change.key.type, list)
        guard !facts.isEmpty else { return (0, 0, []) }
        if let subject, let rid = try change.rid(of: subject) {
            return (rid, PersonShard.of(reference: subject), facts)
        }
        return (-change.rid, PersonShard.reference, facts)
    }

    private mutating func insert(_ fact: EventFact, of person: Int64, shard: Int64, _ change: Change) throws {
        if try !fact.countsPerson || !counts(fact, of: person) {
            try count(fact, of: person, fact.n, known: change.lastUpdated)
        }
        try db.execute(
            "INSERT INTO event_counts_facts (person, condition, source, day, rid, n\(isSharded ? ", shard" : "")) "
                + "VALUES (?, ?, ?, ?, ?, ?\(isSharded ? ", ?" : "")) ON CONFLICT DO NOTHING",
            key(fact, person) + [.integer(change.rid), .integer(fact.n)] + (isSharded ? [.integer(shard)] : []))
    }

    private mutating func remove(_ fact: EventFact, of person: Int64, _ change: Change) throws {
        try db.execute(
            "DELETE FROM event_counts_facts WHERE person = ? AND condition = ? AND source = ? AND day = ? AND rid = ?",
            key(fact, person) + [.integer(change.rid)])
        if try !fact.countsPerson || !counts(fact, of: person) {
            try count(fact, of: person, -fact.n, known: change.lastUpdated)
        }
    }

    /// Whether any resource still says so of the person.
    private func counts(_ fact: EventFact, of person: Int64) throws -> Bool {
        try db.first(
            "SELECT 1 FROM event_counts_facts WHERE person = ? AND condition = ? AND source = ? AND day = ? LIMIT 1",
            key(fact, person)
        ) { $0.int(0) } != nil
    }

    private func key(_ fact: EventFact, _ person: Int64) -> [SQLValue] {
        [.integer(person), .integer(fact.condition), .integer(fact.source), .integer(fact.day)]
    }

    private mutating func count(_ fact: EventFact, of number: Int64, _ n: Int64, known: Int64) throws {
        let person = try person(number)
        count(fact, person, n, known: known)
    }

    private mutating func count(_ fact: EventFact, _ person: Person, _ n: Int64, known: Int64) {
        let age = Int64((fact.countsPerson ? AgeGroup(born: person.born, on: fact.day) : .unknown).rawValue)
        let cell = Cell(
            condition: fact.condition, source: fact.source, district: person.district, age: age, day: fact.day)
        revisions[Revision(cell: cell, known: known), default: 0] += n
    }

    private mutating func person(_ number: Int64) throws -> Person {
        if let known = people[number] { return known }
        let found = try db.first(
            "SELECT district, born FROM event_counts_people WHERE person = ?", [.integer(number)]
        ) { Person(district: $0.int(0), born: $0.intOrNil(1)) }
        people[number] = found ?? Person()
        return found ?? Person()
    }

    /// Takes what a person counts for to the place and age that are now known.
    private mutating func move(_ change: Change) throws {
        let old = try person(change.rid)
        let new = Person(
            district: change.document.map(Recorded.district(of:)) ?? 0,
            born: change.key.type == "Patient" ? change.document.flatMap { Recorded.birthDay(of: $0) } : nil)
        guard old.district != new.district || old.born != new.born else { return }
        people[change.rid] = new
        let facts = try db.query(
            "SELECT condition, source, day, CASE WHEN source > \(EventSource.laboratory.rawValue) "
                + "THEN CAST(SUM(n) AS INTEGER) ELSE 1 END FROM event_counts_facts WHERE person = ? "
                + "GROUP BY condition, source, day", [.integer(change.rid)]
        ) { EventFact(condition: $0.int(0), source: $0.int(1), day: $0.int(2), n: $0.int(3)) }
        for fact in facts {
            count(fact, old, -fact.n, known: change.lastUpdated)
            count(fact, new, fact.n, known: change.lastUpdated)
        }
        guard new.district != 0 || new.born != nil else {
            return try db.execute("DELETE FROM event_counts_people WHERE person = ?", .integer(change.rid))
        }
        let shard: [SQLValue] = isSharded ? [.integer(PersonShard.of(change.key))] : []
        let column = isSharded ? ", shard" : ""
        try db.execute(
            "INSERT INTO event_counts_people (person, district, born\(column)) VALUES (?, ?, ?\(isSharded ? ", ?" : "")) "
                + "ON CONFLICT (person\(column)) DO UPDATE SET district = excluded.district, born = excluded.born",
            [.integer(change.rid), .integer(new.district), new.born.map { .integer($0) } ?? .null] + shard)
    }

    /// Adds the differences to the counts. A count or a difference that comes to nothing leaves no row.
    mutating func finish() throws {
        var cells: [Cell: Int64] = [:]
        for (revision, n) in revisions where n != 0 {
            cells[revision.cell, default: 0] += n
            let key = Self.values(revision.cell) + [.integer(revision.known)]
            try db.execute(
                "INSERT INTO event_counts_revisions (condition, source, district, age, day, known, n) "
                    + "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (condition, source, district, age, day, known) "
                    + "DO UPDATE SET n = event_counts_revisions.n + excluded.n", key + [.integer(n)])
            try db.execute(
                "DELETE FROM event_counts_revisions WHERE condition = ? AND source = ? AND district = ? AND age = ? "
                    + "AND day = ? AND known = ? AND n = 0", key)
        }
        for (cell, n) in cells where n != 0 {
            let key = Self.values(cell)
            try db.execute(
                "INSERT INTO event_counts_cells (condition, source, district, age, day, n) VALUES (?, ?, ?, ?, ?, ?) "
                    + "ON CONFLICT (condition, source, district, age, day) "
                    + "DO UPDATE SET n = event_counts_cells.n + excluded.n", key + [.integer(n)])
            if n < 0 {
                try db.execute(
                    "DELETE FROM event_counts_cells WHERE condition = ? AND source = ? AND district = ? AND age = ? "
                        + "AND day = ? AND n = 0", key)
            }
        }
        revisions.removeAll()
    }

    private static func values(_ cell: Cell) -> [SQLValue] {
        [
            .integer(cell.condition), .integer(cell.source), .integer(cell.district), .integer(cell.age),
            .integer(cell.day),
        ]
    }
}
