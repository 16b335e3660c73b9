public import FHIR
import JSON
import SQL

/// Which part of all that belongs to a resource is wanted.
public struct EverythingQuery: Sendable {
    /// Only resources of these types; none for every type.
    public var types: [String] = []
    /// Only what changed at or after this time, in milliseconds since 1970 UTC.
    public var since: Int64?
    /// Only care on or after this date.
    public var start: FHIRDateTime?
    /// Only care on or before this date.
    public var end: FHIRDateTime?
    /// How many resources of the compartment a page holds, 1 to 1000.
    public var count = SearchQuery.countMax
    /// Where the page before ended.
    public var cursor: String?

    /// Wants everything.
    public init() {}
}

extension RecordStore {
    /// A page of everything that belongs to a patient or an encounter: the resource, its compartment, and what these
    /// refer to (<https://hl7.org/fhir/R4/patient-operation-everything.html>).
    ///
    /// - Parameters:
    ///   - type: the type at the centre, one that has a compartment.
    ///   - id: the resource; nil for all of the type, one after the other.
    /// - Throws: ``RecordsError`` of category `notFound` or `gone` when there is no such resource.
    public func everything(
        of type: String, id: String?, _ query: EverythingQuery
    ) throws(RecordsError) -> SearchPage {
        try parts.check(query, of: type)
        if let id { _ = try read(ResourceKey(type: type, id: id)) }
        return try reading { database in
            try database.read { db in try parts.everything(db, of: type, id: id, query) }
        }
    }
}

extension StoreParts {
    /// Refuses what can't be walked.
    func check(_ query: EverythingQuery, of type: String) throws(RecordsError) {
        guard definitions.compartment(type) != nil else {
            throw RecordsError(.notSupported, "\(type) has no compartment.")
        }
        for type in query.types where !definitions.isResourceType(type) {
            throw RecordsError(.invalid, "“\(type)” in _type is not a resource type of FHIR R4.")
        }
    }

    func everything(
        _ db: SQLConnection, of type: String, id: String?, _ query: EverythingQuery
    ) throws -> SearchPage {
        try check(query, of: type)
        guard let compartment = definitions.compartment(type) else {
            throw RecordsError(.notSupported, "\(type) has no compartment.")
        }
        let walk = EverythingWalk(db: db, parts: self, compartment: compartment, query: query)
        return try walk.page(id.map { ResourceKey(type: type, id: $0) })
    }
}

/// Goes through compartments in the order of resources.
private struct EverythingWalk {
    let db: SQLConnection
    let parts: StoreParts
    let compartment: Compartment
    let query: EverythingQuery

    /// The parameters that tell when care took place, the first that a type has.
    private static let careDates = [
        "date", "onset-date", "recorded-date", "authoredon", "authored-on", "effective-time", "whenprepared", "created",
        "issued", "started", "performed", "occurrence", "sent", "period",
    ]

    func page(_ key: ResourceKey?) throws -> SearchPage {
        let count = min(max(1, query.count), SearchQuery.countMax)
        var place = Cursor(rid: 0)
        if let text = query.cursor {
            guard let cursor = Cursor(text) else {
                throw RecordsError(.invalid, "_cursor is not one that this server gave out.")
            }
            place = cursor
        }
        var found: [(centre: Int64, rid: Int64)] = []
        if let key {
            guard let rid = try parts.rid(db, key) else { throw RecordsError(.notFound, "There is no \(key).") }
            found = try seenMembers(of: rid, after: place.rid, limit: count + 1).map { (rid, $0) }
        } else {
            var centre: Int64 = 0
            if case .integer(let held)? = place.keys.first { centre = held }
            var after = place.rid
            if centre == 0 {
                centre = try self.centre(after: 0) ?? 0
                after = 0
            }
            while centre > 0, found.count <= count {
                let wanted = count + 1 - found.count
                found += try seenMembers(of: centre, after: after, limit: wanted).map { (centre, $0) }
                if found.count > count { break }
                centre = try self.centre(after: centre) ?? 0
                after = 0
            }
        }
        var next: String?
        if found.count > count {
            found.removeLast()
            next = found.last.map { last in
                Cursor(keys: key == nil ? [.integer(last.centre)] : [], rid: last.rid).text
            }
        }
        let members = try found.compactMap { try parts.current(db, rid: $0.rid) }
        let referred = try self.referred(by: members)
        return SearchPage(
            subset: nil,
            entries: members.map { .init(version: $0, mode: .match) }
                + referred.map { .init(version: $0, mode: .include) },
            total: nil, next: next, selfParameters: [], issues: [])
    }

    private func centre(after rid: Int64) throws -> Int64? {
        try db.first(
            "SELECT rid FROM resource WHERE type = ? AND alive = 1 AND rid > ? ORDER BY rid LIMIT 1",
            [.integer(parts.types.number(of: compartment.name) ?? 0), .integer(rid)]
        ) { $0.int(0) }
    }

    /// Those of ``members(of:after:limit:)`` that are seen; of a centre that is not, none.
    private func seenMembers(of centre: Int64, after: Int64, limit: Int) throws -> [Int64] {
        guard let plan = parts.seen else { return try members(of: centre, after: after, limit: limit) }
        let judge = SightJudge(db: db, parts: parts, plan: plan)
        guard try !judge.visible([centre]).isEmpty else { return [] }
        var found: [Int64] = []
        var after = after
        while found.count < limit {
            let next = try members(of: centre, after: after, limit: limit)
            found += try judge.visible(next)
            guard next.count == limit, let last = next.last else { break }
            after = last
        }
        return Array(found.prefix(limit))
    }

    /// The centre and the resources of its compartment, by number.
    private func members(of centre: Int64, after: Int64, limit: Int) throws -> [Int64] {
        var params: [Int64] = []
        var dates: [SQLValue] = []
        for type in compartment.parameters.keys.sorted() {
            for code in compartment.parameters[type] ?? [] {
                if let parameter = parts.indexer.parameter(code, of: type), parameter.tables.contains(.reference) {
                    params += parameter.rowIDs
                }
            }
            let care = Self.careDates.lazy.compactMap { parts.indexer.parameter($0, of: type) }
                .first { $0.tables == [.date] }
            if let care { dates += care.rowIDs.flatMap { [.integer($0), .integer(-$0)] } }
        }
        let numbers = params.map(String.init).joined(separator: ", ")
        var rows = Fragment(
            """
            SELECT x.rid FROM resource x WHERE x.alive = 1 AND x.rid > ? AND (x.rid = ? OR x.rid IN
            (SELECT c.rid FROM index_reference c WHERE c.param IN (\(numbers)) AND c.target = ?))
            """, [.integer(after), .integer(centre), .integer(centre)])
        if !query.types.isEmpty {
            let types = query.types.compactMap { parts.types.number(of: $0) }.map { "\($0)" }
            rows = rows + Fragment("AND x.type IN (\(types.joined(separator: ", ")))")
        }
        if let since = query.since {
            rows = rows + Fragment("AND x.sequence >= ?", [.integer(try db.sequence(atOrAfter: since))])
        }
        if query.start != nil || query.end != nil {
            let marks = dates.map { _ in "?" }.joined(separator: ", ")
            let dated = "SELECT 1 FROM index_date d WHERE d.param IN (\(marks)) AND d.rid = x.rid"
            let low = query.start?.lowMilliseconds ?? Int64.min / 4
            let high = query.end?.highMilliseconds ?? Int64.max / 4
            rows =
                rows
                + Fragment(
                    "AND (EXISTS (\(dated) AND d.low <= ? AND d.low + d.span >= ?) OR NOT EXISTS (\(dated)))",
                    dates + [.integer(high), .integer(low)] + dates)
        }
        return try db.query("\(rows.sql) ORDER BY x.rid LIMIT \(limit)", rows.values) { $0.int(0) }
    }

    /// What the resources of a page refer to outside of the compartment: practitioners, organizations, places, medicines.
    private func referred(by members: [Version]) throws -> [Version] {
        var seen = Set(members.map(\.key))
        var result: [Version] = []
        for member in members {
            let document = try parts.document(member.stored.bytes)
            for code in parts.indexer.codes(of: member.key.type) {
                guard let parameter = parts.indexer.parameter(code, of: member.key.type),
                    parameter.tables.contains(.reference)
                else { continue }
                for key in parts.indexer.references(parameter, in: document.root)
                where compartment.parameters[key.type] == nil && key.type != compartment.name
                    && (query.types.isEmpty || query.types.contains(key.type)) && seen.insert(key).inserted
                {
                    if let version = try parts.current(db, key) { result.append(version) }
                }
            }
        }
        return result
    }
}
