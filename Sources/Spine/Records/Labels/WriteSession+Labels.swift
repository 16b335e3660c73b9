import Access
import JSON
import SQL

extension WriteSession {
    /// What is known of a resource that this group has written.
    struct Labelled {
        var labels: ResourceLabels
        /// The references whose persons were taken over.
        var dependencies: Set<String>
    }

    /// The labels of what a job writes, their persons resolved; nil of what puts nothing.
    func labels(of writes: [PreparedWrite]) throws -> [ResourceKey: Labelled] {
        guard keepsLabels else { return [:] }
        var waiting: [ResourceKey: ResourceLabels] = [:]
        for write in writes {
            guard case .put(let body, _, _) = write.operation else { continue }
            waiting[write.key] = body.labels ?? parts.access.reader.labels(of: body.document.root)
        }
        try lookUpStandIns(waiting.values.reduce(into: Set()) { $0.formUnion($1.persons) })
        var found: [ResourceKey: Labelled] = [:]
        for key in waiting.keys.sorted(by: { $0.description < $1.description }) {
            try resolve(key, [], &waiting, &found)
        }
        return found
    }

    /// Resolves one of the job's own, those first that it depends on. In a circle nobody is known.
    ///
    /// - Parameter way: those that depend on it, as far as they are being resolved.
    private func resolve(
        _ key: ResourceKey, _ way: Set<ResourceKey>, _ waiting: inout [ResourceKey: ResourceLabels],
        _ found: inout [ResourceKey: Labelled]
    ) throws {
        guard var labels = waiting.removeValue(forKey: key) else { return }
        var dependencies = labels.dependsOn
        let way = way.union([key])
        var persons: [String: Set<String>] = [:]
        for reference in labels.dependsOn {
            guard let target = ResourceKey(reference: reference), !way.contains(target) else { continue }
            try resolve(target, way, &waiting, &found)
            if let own = found[target]?.labels {
                persons[reference] = own.hasUnknownPersons ? nil : own.persons
            } else if try !depends(target, on: way) {
                persons[reference] = try self.persons(of: target)
            }
        }
        for patient in labels.persons {
            let survivor = try standIn(for: patient)
            guard survivor != patient else { continue }
            labels.persons.remove(patient)
            labels.persons.insert(survivor)
            // Where the merge is taken back, it is labelled with it.
            if key != ResourceKey(type: "Patient", id: patient) { dependencies.insert("Patient/" + patient) }
        }
        labels.resolve { persons[$0] }
        found[key] = Labelled(labels: labels, dependencies: dependencies)
    }

    /// Whether a stored resource takes its persons from one of these, be it by way of others: what is known of it would be
    /// what was known of them.
    private func depends(_ key: ResourceKey, on keys: Set<ResourceKey>) throws -> Bool {
        let targets = try keys.compactMap { try parts.rid(db, $0) }
        guard !targets.isEmpty, let rid = try parts.rid(db, key) else { return false }
        try flushLabels()
        let list = targets.map(String.init).joined(separator: ", ")
        let found = try db.first(
            """
            WITH RECURSIVE way(rid) AS (
                SELECT target FROM access_dependency WHERE rid = ?
                UNION SELECT d.target FROM access_dependency d JOIN way w ON d.rid = w.rid)
            SELECT 1 FROM way WHERE rid IN (\(list)) LIMIT 1
            """, [.integer(rid)]
        ) { _ in true }
        return found == true
    }

    /// Whom a stored resource is about; nil when it is not there or about somebody unknown.
    func persons(of key: ResourceKey) throws -> Set<String>? {
        if let own = labelled[key] { return own.hasUnknownPersons ? nil : own.persons }
        guard let rid = try parts.rid(db, key) else { return nil }
        return try LabelLookup(db: db, parts: parts).persons(of: rid)
    }

    /// Writes the rows of access of what a job has written.
    ///
    /// - Parameter isKnown: whether each had a number before: then others may depend on it.
    func label(
        _ writes: [PreparedWrite], _ outcomes: [WriteOutcome?], _ labels: [ResourceKey: Labelled], isKnown: [Bool]
    ) throws {
        guard keepsLabels else { return }
        for (index, write) in writes.enumerated() {
            guard let outcome = outcomes[index], outcome.changed else { continue }
            let rid = try rid(of: write.key)
            guard case .put(let body, _, _) = write.operation, let own = labels[write.key] else {
                try labelBuffer.delete(rid, of: write.key.type, db)
                continue
            }
            try label(
                write.key, rid, body.document.root, own, written: outcome.version.lastUpdated, isKnown: isKnown[index])
        }
    }

    func label(
        _ key: ResourceKey, _ rid: Int64, _ resource: JSONNode, _ own: Labelled, written: Int64, isKnown: Bool,
        isAlive: Bool = true
    ) throws {
        var rows = try LabelRows(
            resource, own.labels, dependencies: own.dependencies, rid: rid, written: written,
            number: { try self.rid(of: $0) },
            standing: { try self.rid(of: ResourceKey(type: "Patient", id: self.standIn(for: $0))) })
        if !isAlive { rows.forgetRelations() }
        labelBuffer.add(rows, of: key.type, replaces: isKnown)
        labelled[key] = own.labels
        if isKnown { try labelDependents(of: rid) }
    }

    /// Labels those anew that take their persons from a resource.
    func labelDependents(of target: Int64) throws {
        guard isFollowing.insert(target).inserted else { return }
        defer { isFollowing.remove(target) }
        try flushLabels()
        let dependents = try db.query(
            "SELECT rid FROM access_dependency WHERE target = ? ORDER BY rid", [.integer(target)]
        ) { $0.int(0) }
        for rid in dependents where !isFollowing.contains(rid) {
            guard let version = try LabelLookup(db: db, parts: parts).lastContent(rid) else { continue }
            try relabel(version, rid)
        }
    }

    /// Labels a stored version anew.
    func relabel(_ version: Version, _ rid: Int64) throws {
        let root = try parts.document(version.stored.bytes).root
        var waiting = [version.key: parts.access.reader.labels(of: root)]
        var found: [ResourceKey: Labelled] = [:]
        try resolve(version.key, [], &waiting, &found)
        guard let own = found[version.key] else { return }
        if let before = try LabelLookup(db: db, parts: parts).persons(of: rid), before == own.labels.persons,
            !own.labels.hasUnknownPersons
        {
            return
        }
        let isAlive = try state(version.key)?.isAlive ?? false
        try label(
            version.key, rid, root, own, written: version.lastUpdated, isKnown: true, isAlive: isAlive)
    }

    /// Puts the rows of access into their tables.
    func flushLabels() throws {
        guard !labelBuffer.isEmpty else { return }
        // The resources that they name must be there when they are looked up.
        if isBuffered { try flushRows() }
        try labelBuffer.flush(db)
    }
}

/// Reads the tables of access.
struct LabelLookup {
    let db: SQLConnection
    let parts: StoreParts

    /// Whom a resource is about, by the Patients' ids; nil when it has no labels or somebody is unknown.
    func persons(of rid: Int64) throws -> Set<String>? {
        let person = try db.first("SELECT person FROM access_label WHERE rid = ?", [.integer(rid)]) { $0.int(0) }
        switch person {
        case nil, LabelRows.unknown?: return nil
        case LabelRows.nobody?: return []
        case LabelRows.several?: return try knownPersons(of: rid)
        case let person?: return try id(of: person).map { [$0] }
        }
    }

    /// Those persons of a resource about several, or somebody unknown, that are known.
    func knownPersons(of rid: Int64) throws -> Set<String> {
        Set(
            try db.query(
                "SELECT r.id FROM access_person p JOIN resource r ON r.rid = p.person WHERE p.rid = ?",
                [.integer(rid)]
            ) { row in row.withBlob(0) { IDCode.decode($0) } })
    }

    /// The logical id of a resource.
    func id(of rid: Int64) throws -> String? {
        try db.first("SELECT id FROM resource WHERE rid = ?", [.integer(rid)]) { row in
            row.withBlob(0) { IDCode.decode($0) }
        }
    }

    /// The newest version that is no delete.
    func lastContent(_ rid: Int64) throws -> Version? {
        try db.first(
            """
            SELECT \(StoreParts.versionColumns) FROM version v JOIN resource r ON r.rid = v.rid
            WHERE v.rid = ? AND v.verb <> \(Verb.delete.rawValue) ORDER BY v.sequence DESC LIMIT 1
            """, [.integer(rid)]
        ) { try parts.version($0) }
    }
}
