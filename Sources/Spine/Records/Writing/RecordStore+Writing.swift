import FHIR
public import JSON

extension RecordStore {
    /// Creates a resource under a new id.
    ///
    /// - Parameters:
    ///   - type: the resource type.
    ///   - body: the resource; an id in it is replaced.
    ///   - ifNoneExist: a search; when one resource matches it, nothing is written and that one is the outcome.
    public func create(
        type: String, _ body: JSONDocument, ifNoneExist: String? = nil
    ) async throws(RecordsError) -> WriteOutcome {
        try await create(type: type, body, ifNoneExist: ifNoneExist, for: nil)
    }

    func create(
        type: String, _ body: JSONDocument, ifNoneExist: String?, for writer: SeenWriter?
    ) async throws(RecordsError) -> WriteOutcome {
        let key = ResourceKey(type: type, id: options.newID())
        let prepared = try parts.preparation.prepare(body, as: key)
        let new = PreparedWrite(key: key, operation: .put(prepared, ifMatch: nil, mustBeNew: true))
        guard let ifNoneExist else { return try await one(new, for: writer) }
        let condition = try condition(type, ifNoneExist)
        return try await one(searches: true, for: writer) { session in
            switch try session.matches(condition) {
            case .none: new
            case .one(let key): PreparedWrite(key: key, operation: .keep)
            }
        }
    }

    /// Updates a resource, or creates it under the id given.
    ///
    /// - Parameters:
    ///   - key: which resource.
    ///   - body: the whole resource as it shall be.
    ///   - ifMatch: the version that must stand; another one is refused with `preconditionFailed`.
    ///   - ifNoneMatchAny: whether the resource must not exist yet (`If-None-Match: *`).
    public func update(
        _ key: ResourceKey, _ body: JSONDocument, ifMatch: Int? = nil, ifNoneMatchAny: Bool = false
    ) async throws(RecordsError) -> WriteOutcome {
        try await update(key, body, ifMatch: ifMatch, ifNoneMatchAny: ifNoneMatchAny, for: nil)
    }

    func update(
        _ key: ResourceKey, _ body: JSONDocument, ifMatch: Int?, ifNoneMatchAny: Bool, for writer: SeenWriter?
    ) async throws(RecordsError) -> WriteOutcome {
        try Self.check(key, body)
        let prepared = try parts.preparation.prepare(body, as: key)
        let write = PreparedWrite(
            key: key, operation: .put(prepared, ifMatch: ifMatch, mustBeNew: ifNoneMatchAny))
        return try await one(write, for: writer)
    }

    /// Updates the one resource that a search finds; creates one when it finds none.
    public func conditionalUpdate(
        type: String, query: String, _ body: JSONDocument, ifMatch: Int? = nil
    ) async throws(RecordsError) -> WriteOutcome {
        try await conditionalUpdate(type: type, query: query, body, ifMatch: ifMatch, for: nil)
    }

    func conditionalUpdate(
        type: String, query: String, _ body: JSONDocument, ifMatch: Int?, for writer: SeenWriter?
    ) async throws(RecordsError) -> WriteOutcome {
        try parts.preparation.check(body, type: type)
        let condition = try condition(type, query)
        let newKey = ResourceKey(type: type, id: body.root["id"]?.string ?? options.newID())
        let preparation = parts.preparation
        return try await one(searches: true, for: writer) { session in
            let key = try session.target(of: condition, body: body, newKey: newKey)
            return PreparedWrite(
                key: key,
                operation: .put(try preparation.prepareChecked(body, as: key), ifMatch: ifMatch, mustBeNew: false))
        }
    }

    /// Deletes a resource; nil when there was nothing to delete.
    public func delete(_ key: ResourceKey, ifMatch: Int? = nil) async throws(RecordsError) -> WriteOutcome? {
        try await delete(key, ifMatch: ifMatch, for: nil)
    }

    func delete(
        _ key: ResourceKey, ifMatch: Int?, for writer: SeenWriter?
    ) async throws(RecordsError) -> WriteOutcome? {
        try await self.writer.write([PreparedWrite(key: key, operation: .delete(ifMatch: ifMatch))], for: writer)[0]
    }

    /// Deletes the one resource that a search finds; none when it finds none.
    public func conditionalDelete(type: String, query: String) async throws(RecordsError) -> [WriteOutcome] {
        try await conditionalDelete(type: type, query: query, for: nil)
    }

    func conditionalDelete(
        type: String, query: String, for writer: SeenWriter?
    ) async throws(RecordsError) -> [WriteOutcome] {
        let condition = try condition(type, query)
        return try await self.writer.write(size: 1, searches: true, for: writer) { session in
            switch try session.matches(condition) {
            case .none: []
            case .one(let key): [PreparedWrite(key: key, operation: .delete(ifMatch: nil))]
            }
        }.compactMap { $0 }
    }

    func one(
        searches: Bool = false, for writer: SeenWriter? = nil,
        _ write: @escaping @Sendable (WriteSession) throws -> PreparedWrite
    ) async throws(RecordsError) -> WriteOutcome {
        let outcomes = try await self.writer.write(size: 1, searches: searches, for: writer) { [try write($0)] }
        return try Self.only(outcomes)
    }

    private func one(
        _ write: PreparedWrite, for writer: SeenWriter?
    ) async throws(RecordsError) -> WriteOutcome {
        try Self.only(try await self.writer.write([write], for: writer))
    }

    private static func only(_ outcomes: [WriteOutcome?]) throws(RecordsError) -> WriteOutcome {
        guard let outcome = outcomes.first ?? nil else {
            throw RecordsError(.internal, "A write had no outcome.")
        }
        return outcome
    }

    /// An update names its resource in the address and in the body; they must agree.
    static func check(_ key: ResourceKey, _ body: JSONDocument) throws(RecordsError) {
        guard ResourceKey.isID(key.id) else {
            throw RecordsError(
                .invalid, "“\(key.id)” is not an id: 1 to 64 of A–Z, a–z, 0–9, “-” and “.”.",
                expression: "\(key.type).id")
        }
        guard let id = body.root["id"] else {
            throw RecordsError(
                .invalid, "The resource has no id; an update needs \(key.id), as in the address.",
                expression: "\(key.type).id")
        }
        guard id.equals(key.id) else {
            throw RecordsError(
                .invalid, "The resource has the id “\(id.string ?? "?")”, but the address says “\(key.id)”.",
                expression: "\(key.type).id")
        }
    }

    /// A search that must name one resource at the most.
    func condition(_ type: String, _ query: String) throws(RecordsError) -> SearchQuery {
        let parameters = URLQuery.parse(query)
        guard !parameters.isEmpty else {
            throw RecordsError(.preconditionFailed, "The condition of a conditional request is empty.")
        }
        let reader = QueryReader(type: type, parts: parts, lenient: false, now: options.now())
        let read = try reader.read(parameters)
        guard !read.clauses.isEmpty else {
            throw RecordsError(.preconditionFailed, "The condition “\(query)” selects nothing in particular.")
        }
        return read
    }
}

/// What a condition finds.
enum ConditionResult {
    case none
    case one(ResourceKey)
}

extension WriteSession {
    /// Finds what a condition names, as of this very transaction.
    func matches(_ query: SearchQuery) throws -> ConditionResult {
        try flush()
        let keys = try SearchRun(db: db, parts: parts, query: query).matches(limit: 2)
        switch keys.count {
        case 0: return .none
        case 1: return .one(keys[0])
        default:
            throw RecordsError(
                .multipleMatches,
                "The condition on \(query.type) matches more than one resource; make it more precise.")
        }
    }

    /// The key that a conditional update writes to (FHIR R4, http.html#cond-update).
    func target(of condition: SearchQuery, body: JSONDocument, newKey: ResourceKey) throws -> ResourceKey {
        let given = body.root["id"]?.string
        switch try matches(condition) {
        case .one(let key):
            guard given == nil || given == key.id else {
                throw RecordsError(
                    .invalid, "The condition matches \(key), but the resource has the id “\(given ?? "")”.",
                    expression: "\(key.type).id")
            }
            return key
        case .none:
            // Of one that is not seen the decision on the write tells nothing.
            if given != nil, let found = try parts.newest(db, newKey), found.verb != .delete, try isSeen(newKey) {
                throw RecordsError(.conflict, "Nothing matches the condition, but \(newKey) exists already.")
            }
            return newKey
        }
    }
}
