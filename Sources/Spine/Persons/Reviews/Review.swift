import Foundation
import SQL

/// Two persons that may be one, for a reviewer.
public struct Review: Sendable, Equatable {
    /// What was decided.
    public enum State: Int64, Sendable, CaseIterable {
        /// Nobody has looked yet.
        case open = 0
        /// They are one person, and merged.
        case same = 1
        /// They are two.
        case different = 2
        /// It was put off.
        case later = 3

        /// The word in addresses and forms.
        public var word: String { "\(self)" }
    }

    /// Its number.
    public let id: Int64
    /// Since when, in milliseconds since 1970 UTC.
    public let at: Int64
    /// The ids of the two Patients, the smaller first.
    public let one: String
    /// The other one.
    public let other: String
    /// Log2 of the odds that they are one person.
    public let weight: Double
    /// What was decided.
    public let state: State
    /// When it was decided; 0 where it is not.
    public let decided: Int64
    /// Who decided; empty where nobody has.
    public let author: String
    /// Why.
    public let reason: String

    /// Probability that they are one person, from 0 to 1.
    public var score: Double { ReviewTable.score(weight) }
}

/// The rows of reviews.
enum ReviewTable {
    static let columns = "id, at, one, other, weight, state, decided, author, reason"

    static func read(_ row: SQLRow) -> Review {
        Review(
            id: row.int(0), at: row.int(1), one: row.text(2), other: row.text(3), weight: row.real(4),
            state: Review.State(rawValue: row.int(5)) ?? .open, decided: row.int(6), author: row.text(7),
            reason: row.text(8))
    }

    static func find(_ id: Int64, _ db: SQLConnection) throws -> Review? {
        try db.first("SELECT \(columns) FROM person_review WHERE id = ?", [.integer(id)]) { read($0) }
    }

    /// Puts a pair on the desk. What was decided about it stands; an open one gets the new weight.
    static func ask(_ a: String, _ b: String, _ weight: Double, at: Int64, _ db: SQLConnection) throws {
        guard a != b else { return }
        try db.execute(
            """
            INSERT INTO person_review (id, at, one, other, weight, state, decided, author, reason, one_fields,
            other_fields) VALUES (?, ?, ?, ?, ?, 0, 0, '', '', '', '')
            ON CONFLICT (one, other) DO UPDATE SET weight = excluded.weight
            WHERE person_review.state = 0 OR person_review.state = 3
            """, .integer(try PersonTables.next("person_review", db)), .integer(at), .text(min(a, b)),
            .text(max(a, b)), .real(weight))
    }

    /// Notes that two are two.
    static func part(_ a: String, _ b: String, author: String, at: Int64, _ db: SQLConnection) throws {
        try ask(a, b, 0, at: at, db)
        try db.execute(
            """
            UPDATE person_review SET state = ?, decided = ?, author = ?, reason = 'unmerged'
            WHERE one = ? AND other = ? AND state <> ?
            """, .integer(Review.State.different.rawValue), .integer(at), .text(author), .text(min(a, b)),
            .text(max(a, b)), .integer(Review.State.different.rawValue))
    }

    static func score(_ weight: Double) -> Double { 1 / (1 + exp2(-weight)) }
}
