import Foundation
import Synchronization

/// A row that a write leaves behind, by which it is known to be committed when the answer to its commit was lost.
///
/// The transaction's number alone does not tell: after a crash PostgreSQL gives the numbers anew that it had not yet
/// synced, and another's commit would be taken for the lost one. Each database object has one row, changed by each of
/// its writes; they run one at a time, so a mark that does not stand was never committed.
struct PostgreSQLWriteMark {
    static let table = "write_mark"
    static let definition =
        "CREATE TABLE IF NOT EXISTS write_mark (writer UUID PRIMARY KEY, mark BIGINT NOT NULL, "
        + "at TIMESTAMPTZ NOT NULL DEFAULT now()) WITH (fillfactor = 10)"
    /// Takes the rows of those away that have long gone. One that is alive makes its row again.
    static let clearing = "DELETE FROM write_mark WHERE at < now() - interval '1 day'"

    private let writer: String
    private let number: Int64

    /// Gives each write of a database object a mark of its own.
    final class Source: Sendable {
        private let writer = UUID().uuidString
        private let number = Atomic<Int64>(0)

        func next() -> PostgreSQLWriteMark {
            PostgreSQLWriteMark(
                writer: writer, number: number.add(1, ordering: .relaxed).newValue)
        }
    }

    /// Leaves the mark, in the transaction that it stands for.
    func leave(_ db: PostgreSQLConnection) throws {
        try db.execute(
            """
            INSERT INTO write_mark (writer, mark) VALUES (CAST(CAST(? AS TEXT) AS UUID), ?)
            ON CONFLICT (writer) DO UPDATE SET mark = excluded.mark, at = excluded.at
            """, .text(writer), .integer(number))
    }

    /// Whether the transaction was committed; nil when it is still under way.
    ///
    /// - Parameter transactionID: the transaction's number. Once no transaction of that number runs, the mark tells.
    func stands(_ db: PostgreSQLConnection, _ transactionID: String) throws -> Bool? {
        let running = try db.first(
            """
            SELECT CASE WHEN x >= pg_snapshot_xmax(pg_current_snapshot()) THEN 0
            WHEN pg_xact_status(x) = 'in progress' THEN 1 ELSE 0 END FROM (SELECT CAST(CAST(? AS TEXT) AS xid8) AS x) AS sought
            """, [.text(transactionID)]
        ) { $0.int(0) }
        if running != 0 { return nil }
        return try db.first(
            "SELECT mark FROM write_mark WHERE writer = CAST(CAST(? AS TEXT) AS UUID)", [.text(writer)]
        ) { $0.int(0) } == number
    }
}
