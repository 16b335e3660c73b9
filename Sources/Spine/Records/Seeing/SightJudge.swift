import Access
import FHIR
import JSON
import SQL

/// Says of single resources and versions whether somebody may see them, and how they leave.
struct SightJudge {
    let db: SQLConnection
    let parts: StoreParts
    let plan: SightPlan

    /// By what a resource is reached, and whom it is about.
    struct Judgement {
        var masking: Masking
        var basis: Basis
        var persons: Set<String>
        /// Whether small counts in it are hidden.
        var hidesSmallCounts = false
        /// The place of the version that it is about; nil: of any.
        var sequence: Int64?
    }

    /// A resource and what is to be said of it.
    struct Found {
        /// The newest version, a delete included.
        var version: Version
        /// Nil when it is not reached.
        var judgement: Judgement?
        /// The newest place of the feed in the store as it was read.
        var newest: Int64
    }

    private var lookup: LabelLookup { LabelLookup(db: db, parts: parts) }

    // MARK: By rows

    /// A row to be judged, with its label; nil where it has none.
    private typealias Labelled = (rid: Int64, label: SightVerdicts.Row?)

    /// The newest version of a resource, and whether it is reached; of a deleted one by its last content. In one statement
    /// where a row with such a label was judged before.
    ///
    /// - Parameter head: the newest place of the feed, where it is known.
    func find(_ key: ResourceKey, at head: Int64? = nil) throws -> Found? {
        guard let type = parts.types.number(of: key.type) else { return nil }
        let choice = try plan.choice(key.type, db, parts)
        let id = SQLValue.blob(IDCode.encode(key.id))
        while true {
            let sql = head == nil ? Self.newestWithHead : Self.newest
            let read = try db.first(sql, [.integer(type), id]) { row in
                let labelled = (rid: row.int(9), label: SightVerdicts.Row(rid: row.int(9), row, at: 10))
                return (version: try parts.version(row), newest: head ?? row.int(13), labelled: labelled)
            }
            guard let read else { return nil }
            let verdict: SightVerdicts.Verdict?
            if let known = read.labelled.label.flatMap(choice.verdicts.find) {
                verdict = known
            } else {
                let moment = head == nil ? read.newest : nil
                guard let said = try verdicts(on: [read.labelled], choice, at: moment) else { continue }
                verdict = said[read.labelled.rid]
            }
            let judgement = try verdict.flatMap {
                try self.judgement($0, choice.clauses, read.labelled, sequence: read.version.sequence)
            }
            return Found(version: read.version, judgement: judgement, newest: read.newest)
        }
    }

    private static let newest = newest("")
    private static let newestWithHead = newest(", (SELECT max(sequence) FROM version)")

    private static func newest(_ more: String) -> String {
        """
        SELECT \(StoreParts.versionColumns), \(SightVerdicts.Row.columns)\(more)
        FROM resource r JOIN version v ON v.sequence = r.sequence LEFT JOIN access_label l ON l.rid = r.rid
        WHERE r.type = ? AND r.id = ?
        """
    }

    /// What is said of versions, each as it is given, by the newest content of its resource; nil where it is not reached.
    func judgements(on versions: [Version]) throws -> [Judgement?] {
        var said = [Judgement?](repeating: nil, count: versions.count)
        var unknown: [Int] = []
        var choice: (type: String, SightPlan.Choice)?
        for (place, version) in versions.enumerated() {
            guard let label = version.label else {
                unknown.append(place)
                continue
            }
            let own: SightPlan.Choice
            if let choice, choice.type == version.key.type {
                own = choice.1
            } else {
                own = try plan.choice(version.key.type, db, parts)
                choice = (version.key.type, own)
            }
            guard let verdict = own.verdicts.find(label) else {
                unknown.append(place)
                continue
            }
            said[place] = try judgement(verdict, own.clauses, (label.rid, label), sequence: version.sequence)
        }
        if unknown.isEmpty { return said }
        let judged = try judge(unknown.map { versions[$0] })
        for place in unknown {
            // A walk goes on as of its first page, and may show what has been changed since.
            said[place] = try judge(versions[place], newest: judged[versions[place].key])
        }
        return said
    }

    /// Those of some versions whose resources are reached, by their newest content.
    func judge(_ versions: [Version]) throws -> [ResourceKey: Judgement] {
        var found = try judge(versions.filter { $0.label == nil }.map(\.key))
        for (type, own) in Dictionary(grouping: versions.filter { $0.label != nil }, by: \.key.type) {
            let choice = try plan.choice(type, db, parts)
            let said = try verdicts(on: own.compactMap { version in version.label.map { ($0.rid, $0) } }, choice)
            for version in own {
                guard let label = version.label, let verdict = said?[label.rid] else { continue }
                found[version.key] = try judgement(
                    verdict, choice.clauses, (label.rid, label), sequence: version.sequence)
            }
        }
        return found
    }

    /// Those of some resources that are reached, by their newest content.
    func judge(_ keys: [ResourceKey]) throws -> [ResourceKey: Judgement] {
        var found: [ResourceKey: Judgement] = [:]
        for (name, keys) in Dictionary(grouping: keys, by: \.type) {
            guard let type = parts.types.number(of: name) else { continue }
            let choice = try plan.choice(name, db, parts)
            let clauses = choice.clauses
            guard !clauses.isEmpty else { continue }
            if clauses[0].condition == .everyRow, ResourceClass.of(name) == .definition {
                let open = Judgement(masking: clauses[0].masking, basis: clauses[0].basis, persons: [])
                for key in keys { found[key] = open }
                continue
            }
            for start in stride(from: 0, to: keys.count, by: 256) {
                let within = Fragment.padded(
                    "r.id", keys[start..<min(start + 256, keys.count)].map { SQLValue.blob(IDCode.encode($0.id)) })
                var rows: [(key: ResourceKey, sequence: Int64, labelled: Labelled)] = []
                try db.rows(
                    """
                    SELECT r.id, r.sequence, r.rid, \(SightVerdicts.Row.columns) FROM resource r
                    JOIN access_label l ON l.rid = r.rid WHERE r.type = ? AND \(within.sql)
                    """, [.integer(type)] + within.values
                ) { row in
                    let key = ResourceKey(type: name, id: row.withBlob(0) { IDCode.decode($0) })
                    let rid = row.int(2)
                    rows.append((key, row.int(1), (rid, SightVerdicts.Row(rid: rid, row, at: 3))))
                }
                let said = try verdicts(on: rows.map(\.labelled), choice)
                for row in rows {
                    guard let verdict = said?[row.labelled.rid] else { continue }
                    found[row.key] = try judgement(verdict, clauses, row.labelled, sequence: row.sequence)
                }
            }
        }
        return found
    }

    /// What the clauses say of rows, by number: known from rows like them, or looked up.
    ///
    /// - Parameter sequence: the newest place of the feed when the rows were read; nil where one transaction reads all.
    /// - Returns: nil when something has been written since.
    private func verdicts(
        on rows: [Labelled], _ choice: SightPlan.Choice, at sequence: Int64? = nil
    ) throws -> [Int64: SightVerdicts.Verdict]? {
        var found: [Int64: SightVerdicts.Verdict] = [:]
        var unknown: [Labelled] = []
        for row in rows {
            if let known = row.label.flatMap(choice.verdicts.find) {
                found[row.rid] = known
            } else {
                unknown.append(row)
            }
        }
        guard !unknown.isEmpty else { return found }
        // One row is asked for all that are judged alike.
        var alike: [SightVerdicts.Row: Int64] = [:]
        var asked: [Int64] = []
        for row in unknown {
            if let label = row.label.map(choice.verdicts.shared) {
                if alike[label] != nil { continue }
                alike[label] = row.rid
            }
            asked.append(row.rid)
        }
        var isCurrent = true
        for start in stride(from: 0, to: asked.count, by: 256) {
            let within = Fragment.padded("r.rid", Array(asked[start..<min(start + 256, asked.count)]))
            try db.rows(
                """
                SELECT r.rid, p.id, \(choice.sql.sql), (SELECT max(sequence) FROM version) FROM resource r
                LEFT JOIN access_label l ON l.rid = r.rid LEFT JOIN resource p ON p.rid = l.person WHERE \(within.sql)
                """, choice.sql.values + within.values
            ) { row in
                found[row.int(0)] = SightVerdicts.Verdict(
                    place: Int(row.int(2)), persons: row.isNull(1) ? [] : [row.withBlob(1) { IDCode.decode($0) }])
                if let sequence, row.int(3) != sequence { isCurrent = false }
            }
        }
        guard isCurrent else { return nil }
        for row in unknown {
            guard let label = row.label, let one = alike[choice.verdicts.shared(label)], let verdict = found[one] else {
                continue
            }
            found[row.rid] = verdict
            choice.verdicts.keep(verdict, label)
        }
        return found
    }

    /// Those of some resources that are reached, in the order given.
    func visible(_ rids: [Int64]) throws -> [Int64] {
        var types: [Int64: [Int64]] = [:]
        for start in stride(from: 0, to: rids.count, by: 256) {
            let within = Fragment.padded("rid", Array(rids[start..<min(start + 256, rids.count)]))
            try db.rows("SELECT rid, type FROM resource WHERE \(within.sql)", within.values) { row in
                types[row.int(1), default: []].append(row.int(0))
            }
        }
        var seen: Set<Int64> = []
        for (type, own) in types {
            switch try plan.reached(parts.types.name(of: type), searching: [], db, parts) {
            case .everything: seen.formUnion(own)
            case .nothing: break
            case .rows(let part):
                for start in stride(from: 0, to: own.count, by: 256) {
                    let within = Fragment.padded("r.rid", Array(own[start..<min(start + 256, own.count)]))
                    let rows =
                        Fragment("SELECT r.rid FROM resource r WHERE") + within + Fragment("AND")
                        + part.test.of("r.rid")
                    try db.rows(rows.sql, rows.values) { seen.insert($0.int(0)) }
                }
            }
        }
        return rids.filter(seen.contains)
    }

    private func judgement(
        _ verdict: SightVerdicts.Verdict, _ clauses: [Visibility.Clause], _ row: Labelled, sequence: Int64
    ) throws -> Judgement? {
        guard clauses.indices.contains(verdict.place) else { return nil }
        let clause = clauses[verdict.place]
        let persons: Set<String> =
            switch row.label?.person ?? LabelRows.nobody {
            case LabelRows.nobody: []
            case LabelRows.several, LabelRows.unknown: try lookup.knownPersons(of: row.rid)
            default: verdict.persons
            }
        return Judgement(
            masking: clause.masking, basis: clause.basis, persons: persons,
            hidesSmallCounts: clause.suppressesSmallCells, sequence: sequence)
    }

    // MARK: By content

    /// Decides about a resource by its labels, care relations and consents being looked up.
    ///
    /// - Parameter fresh: care relations that are about to be written.
    func decide(
        _ action: Action, _ labels: ResourceLabels, fresh: [CareRelation] = []
    ) throws -> Decision {
        let sight = plan.sight
        var relations = sight.relations
        relations.care = fresh
        let lookup = RelationLookup(db: db, parts: parts)
        for person in labels.persons { relations.care += try lookup.care(of: person, with: sight.subject.reach) }
        let consents = try parts.access.consents(db, parts).map(\.directive).filter {
            labels.persons.contains($0.patient)
        }
        return sight.policy.decide(
            sight.subject, action, on: .resource(labels), relations: relations, consents: consents, at: sight.now)
    }

    /// The labels of a text, its persons resolved, with what the rules ask of them beyond the text.
    func labels(of resource: JSONNode) throws -> ResourceLabels {
        let parameters = plan.sight.subject.scopes?.parameters(of: resource["resourceType"]?.string ?? "") ?? []
        var labels = parts.access.reader.labels(of: resource, parameters: parameters)
        let survivors = try StandInLookup(db: db, parts: parts).survivors(of: labels.persons)
        labels.persons = Set(labels.persons.map { survivors[$0] ?? $0 })
        var persons: [String: Set<String>] = [:]
        for reference in labels.dependsOn {
            guard let key = ResourceKey(reference: reference), let rid = try parts.rid(db, key) else { continue }
            persons[reference] = try lookup.persons(of: rid)
        }
        labels.resolve { persons[$0] }
        if plan.sight.subject.division != nil { try addPlaces(&labels) }
        return labels
    }

    /// Where the persons live, when that is known of all, and the cases of a Patient.
    private func addPlaces(_ labels: inout ResourceLabels) throws {
        let numbers = try labels.persons.compactMap {
            try parts.access.number(of: ResourceKey(type: "Patient", id: $0), db, parts)
        }
        if labels.type == "Patient" {
            guard let own = numbers.first else { return }
            labels.cases = Set(
                try db.query("SELECT marks FROM access_case WHERE person = ?", [.integer(own)]) {
                    Sensitivity.all($0.int(0))
                })
            return
        }
        var divisions: Set<Division> = []
        for number in numbers {
            let code = try db.first("SELECT division FROM access_place WHERE rid = ?", [.integer(number)]) { $0.int(0) }
            guard let code, let division = Division("\(code)") else {
                labels.divisions = []
                return
            }
            divisions.insert(division)
        }
        labels.divisions = divisions
    }

    /// What is said of a version that is not the newest: its own content must be permitted. Nil when it is not.
    func judge(old version: Version) throws -> Judgement? {
        let content = version.verb == .delete ? try lastContent(before: version) : version
        guard let content else { return nil }
        let labels = try labels(of: parts.document(content.stored.bytes).root)
        guard let obligations = try decide(plan.action == .export ? .export : .read, labels).obligations else {
            return nil
        }
        return Judgement(
            masking: obligations.masking, basis: obligations.basis, persons: labels.persons,
            hidesSmallCounts: obligations.smallCellsBelow != nil)
    }

    /// What is said of a version, where something is said of the newest.
    func judge(_ version: Version, newest: Judgement?) throws -> Judgement? {
        guard let newest else { return nil }
        guard let sequence = newest.sequence, sequence != version.sequence else { return newest }
        return try judge(old: version)
    }

    private func lastContent(before version: Version) throws -> Version? {
        guard let rid = try parts.rid(db, version.key) else { return nil }
        return try db.first(
            """
            SELECT \(StoreParts.versionColumns) FROM version v JOIN resource r ON r.rid = v.rid
            WHERE v.rid = ? AND v.verb <> \(Verb.delete.rawValue) AND v.sequence < ? ORDER BY v.sequence DESC LIMIT 1
            """, [.integer(rid), .integer(version.sequence)]
        ) { try parts.version($0) }
    }
}
