import Records
import SQL

extension PathwayDesk {
    /// Those of some persons whose record has changed, or for whom the time has come, in the order of their ids.
    public func waiting(now: Int64, among persons: Set<String>) throws -> [String] {
        try store.readSQL { db in
            let touched = try db.query("SELECT person FROM pathway_touched") { $0.text(0) }
            let due = try db.query("SELECT person FROM pathway_looks WHERE at <= ?", [.integer(now)]) { $0.text(0) }
            return Set(touched + due).intersection(persons).sorted()
        }
    }
}
