import Access
import FHIR
import JSON
import SQL

/// Conditions of the rules as SQL on a row `l` of `access_label`. `Docs/security/access.md` has the table.
struct VisibilitySQL {
    let db: SQLConnection
    let parts: StoreParts
    let plan: SightPlan
    let type: String

    /// At most so many resources of patients whose consent speaks of content are read for one search.
    static let weighedMax = 20_000
    /// At most so many rows and patients are taken away by consents.
    static let deniedMax = 8_000

    private var now: Int64 { plan.sight.now }
    private var policy: AccessPolicy { plan.sight.policy }

    /// What the clauses reach together.
    func reached(_ clauses: [Visibility.Clause]) throws -> SightPlan.Reached {
        var conditions: [Fragment] = []
        var persons: Set<String>? = []
        for clause in clauses {
            guard let condition = try self.condition(clause) else { return .everything }
            conditions.append(condition)
            let bound = Self.persons(clause.condition)
            persons = bound.flatMap { bound in persons?.union(bound) }
        }
        guard !conditions.isEmpty else { return .nothing }
        let any = Fragment.any(conditions)
        return .rows(
            SightPlan.Part(
                test: Fragment("EXISTS (SELECT 1 FROM access_label l WHERE l.rid = ¤ AND \(any.sql))", any.values),
                condition: any, persons: persons, verdicts: SightVerdicts(clauses, type: type)))
    }

    /// A clause as a condition on `l`; nil when it holds for every row.
    func condition(_ clause: Visibility.Clause) throws -> Fragment? {
        let denied = try denials(clause.consents)
        if clause.condition == .everyRow { return denied }
        let condition = try sql(clause.condition)
        return denied.map { .all([condition, $0]) } ?? condition
    }

    /// The persons that rows are about in any case; nil when that is not bounded.
    private static func persons(_ condition: RowCondition) -> Set<String>? {
        switch condition {
        case .persons(let ids): return ids
        case .noRow: return []
        case .all(let parts): return parts.compactMap(persons).min { $0.count < $1.count }
        case .any(let parts):
            let all = parts.map(persons)
            return all.contains { $0 == nil } ? nil : all.reduce(into: Set()) { $0.formUnion($1 ?? []) }
        default: return nil
        }
    }

    private func sql(_ condition: RowCondition) throws -> Fragment {
        switch condition {
        case .everyRow: Fragment("1 = 1")
        case .noRow: Fragment("1 = 0")
        case .all(let parts): .all(try parts.map(sql))
        case .any(let parts): .any(try parts.map(sql))
        case .persons(let ids):
            try ofEveryPerson { .padded($0, try numbers(of: ids, "Patient")) }
        case .personsInCare(let reach):
            try ofEveryPerson { try care(of: $0, reach) }
        case .impersonal: Fragment("l.person = \(LabelRows.nobody)")
        case .organisations(.city): Fragment("l.organisation <> 0")
        case .organisations(.organisations(let ids)): try answering(ids)
        case .notForeign(.city): Fragment("1 = 1")
        case .notForeign(.organisations(let ids)): .any([Fragment("l.organisation = 0"), try answering(ids)])
        case .sensitivities(let allowed): Fragment("(l.marks & \(Sensitivity.marks(without: allowed))) = 0")
        case .caseData(let allowed): caseData(Sensitivity.marks(without: allowed))
        case .livingIn(let division): ofEveryPerson { living(in: division, $0) }
        case .matches(let restriction): try matching(restriction)
        }
    }

    /// Somebody is known to be meant, and the test holds for everybody.
    private func ofEveryPerson(_ test: (String) throws -> Fragment) rethrows -> Fragment {
        let one = try test("l.person")
        let each = try test("p.person")
        return Fragment(
            """
            (l.person > 0 AND \(one.sql) OR l.person = \(LabelRows.several) AND NOT EXISTS
            (SELECT 1 FROM access_person p WHERE p.rid = l.rid AND NOT (\(each.sql))))
            """, one.values + each.values)
    }

    private func numbers(of ids: some Sequence<String>, _ type: String) throws -> [Int64] {
        try ids.sorted().compactMap { try parts.access.number(of: ResourceKey(type: type, id: $0), db, parts) }
    }

    // MARK: Organisations

    private func answering(_ ids: Set<String>) throws -> Fragment {
        let numbers = try numbers(of: ids, "Organization")
        let one = Fragment.padded("l.organisation", numbers)
        let some = Fragment.padded("o.organisation", numbers)
        return Fragment(
            """
            (\(one.sql) OR l.organisation = \(LabelRows.several) AND EXISTS
            (SELECT 1 FROM access_organisation o WHERE o.rid = l.rid AND \(some.sql)))
            """, one.values + some.values)
    }

    private func care(of person: String, _ reach: Reach) throws -> Fragment {
        guard case .organisations(let ids) = reach else { return Fragment("1 = 1") }
        let within = Fragment.padded("k.organisation", try numbers(of: ids, "Organization"))
        let day: Int64 = 86_400_000
        let kinds = CareRelation.Kind.allCases.map { kind -> Fragment in
            let before = kind == .appointment ? Int64(policy.beforeAppointmentDays) * day : 0
            let after = Int64(policy.afterCareDays[kind] ?? 0) * day
            return Fragment(
                "k.kind = \(kind.number) AND k.valid_until >= ? AND k.valid_from <= ?",
                [.integer(now - after), .integer(now + before)])
        }
        let any = Fragment.joined(kinds, " OR ")
        return Fragment(
            "EXISTS (SELECT 1 FROM care_relation k WHERE k.person = \(person) AND \(within.sql) AND (\(any.sql)))",
            within.values + any.values)
    }

    /// Whether a patient is in the care of those whom the subject acts for.
    func isInCare(_ person: Int64) throws -> Bool {
        let care = try care(of: "?", plan.sight.subject.reach)
        return try db.first("SELECT 1 WHERE \(care.sql)", [.integer(person)] + care.values) { _ in true } ?? false
    }

    // MARK: Cases and places

    private func caseData(_ forbidden: Int64) -> Fragment {
        type == "Patient"
            ? Fragment(
                "EXISTS (SELECT 1 FROM access_case n WHERE n.person = l.rid AND (n.marks & \(forbidden)) = 0)")
            : Fragment("(l.marks & \(LabelRows.caseMark)) <> 0 AND (l.marks & \(forbidden)) = 0")
    }

    private func living(in division: Division, _ person: String) -> Fragment {
        let first = Int64(division.prefix + String(repeating: "0", count: 6 - division.prefix.count)) ?? 0
        let last = Int64(division.prefix + String(repeating: "9", count: 6 - division.prefix.count)) ?? 0
        return Fragment(
            """
            EXISTS (SELECT 1 FROM access_place h WHERE h.rid = \(person) AND h.division >= ? AND h.division <= ?)
            """, [.integer(first), .integer(last)])
    }

    // MARK: Scopes

    /// A restriction of a scope is a search like any other; what rows can't tell is refused.
    private func matching(_ restriction: Scope.Restriction) throws -> Fragment {
        let unseen = parts.with(nil)
        let reader = QueryReader(type: type, parts: unseen, lenient: false, now: now)
        let clause = try reader.clause(restriction.parameter, restriction.values.joined(separator: ","))
        let planner = ClausePlanner(db: db, parts: unseen, type: type)
        guard let result = try planner.plan(clause), result.residue == nil else { return Fragment("1 = 0") }
        return Fragment.all(result.planned.map(\.test)).of("l.rid")
    }

    // MARK: Consents

    /// What consents leave; nil when they take nothing away.
    private func denials(_ filters: [ConsentFilter]) throws -> Fragment? {
        var persons: Set<Int64> = []
        var rows: Set<Int64> = []
        for filter in filters {
            let key = ResourceKey(type: "Patient", id: filter.patient)
            guard let person = try parts.access.number(of: key, db, parts) else { continue }
            if filter.rules.allSatisfy(\.isOfType) {
                var labels = ResourceLabels(type: type, id: "")
                labels.persons = [filter.patient]
                if filter.denies(labels) { persons.insert(person) }
            } else {
                rows.formUnion(try denied(by: filter, person))
            }
            guard persons.count + rows.count <= Self.deniedMax else { throw Self.tooMany }
        }
        var left: [Fragment] = []
        if !persons.isEmpty {
            let numbers = persons.sorted()
            let one = Fragment.padded("l.person", numbers, not: true)
            let some = Fragment.padded("p.person", numbers)
            left.append(
                Fragment(
                    """
                    \(one.sql) AND (l.person >= 0 OR NOT EXISTS
                    (SELECT 1 FROM access_person p WHERE p.rid = l.rid AND \(some.sql)))
                    """, one.values + some.values))
        }
        if !rows.isEmpty { left.append(.padded("l.rid", rows.sorted(), not: true)) }
        return left.isEmpty ? nil : .all(left)
    }

    /// The rows of the type that a consent takes away by what is in them.
    private func denied(by filter: ConsentFilter, _ person: Int64) throws -> [Int64] {
        let number = parts.types.number(of: type) ?? 0
        let versions = try db.query(
            """
            SELECT \(StoreParts.versionColumns) FROM resource r JOIN version v ON v.sequence = r.sequence
            WHERE r.type = ? AND r.alive = 1 AND (r.rid IN (SELECT a.rid FROM access_label a WHERE a.person = ?)
            OR r.rid IN (SELECT p.rid FROM access_person p WHERE p.person = ?)) LIMIT \(Self.weighedMax + 1)
            """, [.integer(number), .integer(person), .integer(person)]
        ) { (try parts.version($0), $0.int(9)) }
        guard versions.count <= Self.weighedMax else { throw Self.tooMany }
        return try versions.compactMap { version, rid in
            var labels = parts.access.reader.labels(of: try parts.document(version.stored.bytes).root)
            labels.persons.insert(filter.patient)
            return filter.denies(labels) ? rid : nil
        }
    }

    private static let tooMany = RecordsError(
        .tooCostly,
        "The consents of too many patients would have to be weighed for this; search in the record of one patient.")
}

extension ConsentFilter.Rule {
    /// Whether it looks at nothing but the type.
    fileprivate var isOfType: Bool {
        match.labels.isEmpty && match.codes.isEmpty && match.dataPeriod == nil && match.data.isEmpty
            && exceptions.allSatisfy(\.isOfType)
    }
}
