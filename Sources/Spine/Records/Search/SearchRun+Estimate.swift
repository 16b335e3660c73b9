import SQL

/// `_total=estimate`: how many match, told from a sample.
extension SearchRun {
    /// How many stretches of the numbers are looked at.
    private static let stretches: Int64 = 64
    /// Which part of all numbers they cover together: one in so many.
    private static let sampledShare: Int64 = 20

    /// About how many resources match; exact where sampling would cost as much as counting.
    ///
    /// Resources are numbered as they come, so that equal stretches of numbers, evenly spread, are a fair sample.
    func estimate(_ plan: Plan) throws -> Int? {
        let isSampled = plan.driver?.sources.allSatisfy(\.isSeekable) ?? true
        guard isSampled, plan.residues.isEmpty else { return try total(plan, limit: nil) }
        let last = try db.first("SELECT max(rid) FROM resource") { $0.int(0) } ?? 0
        let step = last / Self.stretches
        let length = step / Self.sampledShare
        guard length >= 10 else { return try total(plan, limit: nil) }
        var found: Int64 = 0
        for stretch in 0..<Self.stretches {
            let start = stretch * step + (step - length) / 2
            let part = Fragment("¤ >= ? AND ¤ < ?", [.integer(start), .integer(start + length)])
            let rows = select(plan, by: plan.driver, [part])
            let count = "SELECT count(*) FROM (SELECT DISTINCT rid FROM (\(rows.sql)) AS found) AS counted"
            found += try db.first(count, rows.values) { $0.int(0) } ?? 0
        }
        return Int(Double(found) * Double(last) / Double(Self.stretches * length))
    }
}
