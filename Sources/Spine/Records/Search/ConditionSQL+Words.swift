import SQL

/// `_content` and `_text` as conditions on the rows of texts.
extension ConditionSQL {
    /// Up to so many texts are named one by one: their rows come in the order of resources.
    private static let namedMax = 16
    /// Up to so many texts, a resource is tested by seeking each.
    private static let soughtMax = 64
    /// Terms are compared by the number of their texts up to this many.
    private static let countedMax = 2000

    func words(_ terms: [TextTerm], _ parameter: IndexedParameter) throws -> [RowSource] {
        var params = [parameter.id]
        if let narrative = parts.indexer.narrative(ofContent: parameter.id) { params.append(narrative) }
        // The rarest term gives the rows; the others are tested.
        var found: [(texts: Fragment, count: Int)] = []
        for term in terms {
            let texts = try texts(of: term)
            let count =
                try db.first(
                    "SELECT count(*) FROM (\(texts.sql) LIMIT \(Self.countedMax)) AS found", texts.values
                ) { Int($0.int(0)) } ?? 0
            if count == 0 { return [] }
            found.append((texts, count))
        }
        found.sort { $0.count < $1.count }
        guard let rarest = found.first else { return [] }
        let tests = found.dropFirst().map { test($0, params) }
        var named: [RowSource] = []
        if rarest.count <= Self.soughtMax {
            let texts = try db.query(rarest.texts.sql, rarest.texts.values) { $0.int(0) }
            for param in params {
                for text in texts where named.count <= Self.namedMax {
                    let isThere = try db.first(
                        "SELECT 1 FROM \(IndexTable.text.name) WHERE param = ? AND text = ? LIMIT 1",
                        [.integer(param), .integer(text)]
                    ) { _ in true }
                    guard isThere == true else { continue }
                    let rows = Fragment("§.param = ? AND §.text = ?", [.integer(param), .integer(text)])
                    named.append(
                        RowSource(
                            table: IndexTable.text.name, condition: tests.reduce(rows) { $0 + $1 }, isSeekable: true,
                            isOrdered: true,
                            isDistinct: true, rank: 2))
                }
            }
            if named.count <= Self.namedMax { return named }
        }
        return params.map { param in
            let rows =
                Fragment("§.param = ? AND §.text IN (", [.integer(param)]) + rarest.texts + Fragment(")")
            return RowSource(
                table: IndexTable.text.name, condition: tests.reduce(rows) { $0 + $1 },
                isSeekable: rarest.count <= Self.soughtMax, rank: 4)
        }
    }

    /// `AND …`: whether the resource of row `c` has one of the texts.
    private func test(_ term: (texts: Fragment, count: Int), _ params: [Int64]) -> Fragment {
        let marks = params.map { _ in "?" }.joined(separator: ", ")
        let rows =
            Fragment(
                "SELECT o.rid FROM \(IndexTable.text.name) o WHERE o.param IN (\(marks)) AND o.text IN (",
                params.map { .integer($0) }) + term.texts + Fragment(")")
        return term.count <= Self.soughtMax
            ? Fragment("AND EXISTS (\(rows.sql) AND o.rid = §.rid)", rows.values)
            : Fragment("AND §.rid IN (\(rows.sql))", rows.values)
    }

    /// `SELECT …` of the numbers of the texts that have the term.
    private func texts(of term: TextTerm) throws -> Fragment {
        if term.isSingle {
            let scalars = Array(term.text.unicodeScalars)
            if scalars.count == 1, let only = scalars.first, FullText.isHan(only),
                let next = Unicode.Scalar(only.value + 1)
            {
                // Every character begins some pair, or ends its run and stands alone.
                return Fragment(
                    "SELECT DISTINCT w.text FROM fulltext_word w WHERE w.word >= ? AND w.word < ?",
                    [.text(term.text), .text(String(Character(next)))])
            }
            return Fragment("SELECT w.text FROM fulltext_word w WHERE w.word = ?", [.text(term.text)])
        }
        var best: (word: String, count: Int64)?
        for word in FullText.terms(term.text) {
            // The last character of a run stands alone only where a run ends in the text as well.
            if word.unicodeScalars.count == 1, let only = word.unicodeScalars.first, FullText.isHan(only) { continue }
            let count =
                try db.first(
                    "SELECT count(*) FROM (SELECT 1 FROM fulltext_word WHERE word = ? LIMIT \(Self.countedMax)) AS found",
                    [.text(word)]
                ) { $0.int(0) } ?? 0
            if best == nil || count < best?.count ?? 0 { best = (word, count) }
        }
        guard let best else {
            return Fragment(
                "SELECT t.id FROM fulltext t WHERE ' ' || t.value || ' ' LIKE ?", [.text("%\(term.pattern)%")])
        }
        return Fragment(
            "SELECT w.text FROM fulltext_word w JOIN fulltext t ON t.id = w.text WHERE w.word = ? "
                + "AND ' ' || t.value || ' ' LIKE ?", [.text(best.word), .text("%\(term.pattern)%")])
    }
}
