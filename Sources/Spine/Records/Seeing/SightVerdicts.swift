import Access
import SQL
import Synchronization

/// What was said of rows of a type, by their labels. Most rows of a person have one label, and the rules look at little else.
final class SightVerdicts: Sendable {
    /// When there are more, all are forgotten.
    private static let keptMax = 50_000

    /// A row of `access_label`.
    struct Row: Hashable {
        /// The columns after the number, for ``init(rid:_:at:)``.
        static let columns = "l.person, l.organisation, l.marks"

        /// The number of the resource; 0 where rows with the same label are judged alike.
        var rid: Int64
        var person: Int64
        var organisation: Int64
        var marks: Int64

        /// Nil where the resource has no label.
        init?(rid: Int64, _ row: SQLRow, at column: Int) {
            guard !row.isNull(column) else { return nil }
            self.rid = rid
            person = row.int(column)
            organisation = row.int(column + 1)
            marks = row.int(column + 2)
        }
    }

    /// The clause by which a row is reached, -1 for none, and the id of the person that it is about, where it is one.
    struct Verdict {
        var place: Int
        var persons: Set<String>
    }

    /// Whether the clauses look at more of a row than its label.
    private let looksAtRows: Bool
    private let kept = Mutex<[Row: Verdict]>([:])

    init(_ clauses: [Visibility.Clause], type: String) {
        looksAtRows = clauses.contains { !$0.consents.isEmpty || $0.condition.looksAtRows(of: type) }
    }

    func find(_ row: Row) -> Verdict? { kept.withLock { $0[shared(row)] } }

    /// The numbers of those rows that are known to be reached, and the rows of which nothing is known.
    func through(_ rows: [Row]) -> (rids: Set<Int64>, unknown: [Row]) {
        var rids = Set<Int64>(minimumCapacity: rows.count)
        let unknown = kept.withLock { kept in
            rows.filter { row in
                guard let verdict = kept[shared(row)] else { return true }
                if verdict.place == 0 { rids.insert(row.rid) }
                return false
            }
        }
        return (rids, unknown)
    }

    func keep(_ verdict: Verdict, _ row: Row) {
        kept.withLock { kept in
            if kept.count >= Self.keptMax { kept.removeAll() }
            kept[shared(row)] = verdict
        }
    }

    /// The row that stands for all that are judged alike.
    func shared(_ row: Row) -> Row {
        if looksAtRows || row.person < 0 || row.organisation < 0 { return row }
        var shared = row
        shared.rid = 0
        return shared
    }
}

extension RowCondition {
    fileprivate func looksAtRows(of type: String) -> Bool {
        switch self {
        case .all(let parts), .any(let parts): parts.contains { $0.looksAtRows(of: type) }
        case .matches: true
        case .caseData: type == "Patient"
        case .everyRow, .noRow, .persons, .personsInCare, .impersonal, .organisations, .notForeign, .sensitivities,
            .livingIn:
            false
        }
    }
}
