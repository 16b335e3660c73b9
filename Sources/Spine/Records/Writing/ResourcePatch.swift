import FHIR
public import JSON

/// Changes to a resource that are sent instead of the whole resource (<https://hl7.org/fhir/R4/http.html#patch>).
public struct ResourcePatch: Sendable {
    private enum Form: Sendable {
        case json(JSONPatch)
    }

    private let form: Form

    /// Reads a JSON Patch (RFC 6902).
    ///
    /// - Throws: ``RecordsError`` of category `invalid`.
    public init(json document: JSONDocument) throws(RecordsError) {
        do { form = .json(try JSONPatch(document)) } catch { throw RecordsError(.invalid, error.description) }
    }

    /// The resource as it shall be.
    func applied(to version: Version) throws(RecordsError) -> JSONDocument {
        let patched: JSONDocument
        do {
            let current = try JSONDocument(parsing: version.json(), limits: JSONLimits(bytesMax: .max, depthMax: 1000))
            switch form {
            case .json(let patch): patched = try patch.applied(to: current)
            }
        } catch let error as JSONPatchError {
            throw RecordsError(.unprocessable, error.description, expression: version.key.type)
        } catch {
            throw RecordsError(.internal, "A stored body can't be read: \(error)")
        }
        guard patched.root["id"]?.equals(version.key.id) == true,
            patched.root["resourceType"]?.equals(version.key.type) == true
        else {
            throw RecordsError(
                .unprocessable, "A patch can't change the type or id of a resource; this one is \(version.key).",
                expression: version.key.type)
        }
        return patched
    }
}

/// Refuses a resource as a patch has made it.
public typealias ResourceCheck = @Sendable (JSONDocument) throws(RecordsError) -> Void

extension RecordStore {
    /// Changes a resource by a patch, on the version that stands when it is written.
    ///
    /// - Parameter ifMatch: the version that must stand; another one is refused with `preconditionFailed`.
    /// - Throws: ``RecordsError``: `notFound` or `gone` when there is no such resource, `unprocessable` when the patch
    ///   does not fit it or the result is no valid resource.
    public func patch(
        _ key: ResourceKey, _ patch: ResourcePatch, ifMatch: Int? = nil
    ) async throws(RecordsError) -> WriteOutcome {
        try await self.patch(key, patch, ifMatch: ifMatch, for: nil)
    }

    func patch(
        _ key: ResourceKey, _ patch: ResourcePatch, ifMatch: Int?, checking check: ResourceCheck? = nil,
        for writer: SeenWriter?
    ) async throws(RecordsError) -> WriteOutcome {
        // What usually holds is prepared here, on the caller's own thread: that nobody writes the resource meanwhile.
        let version = try read(key)
        let preparation = parts.preparation
        @Sendable func made(_ version: Version) throws(RecordsError) -> PreparedBody {
            let document = try patch.applied(to: version)
            try check?(document)
            return try preparation.prepare(document, as: key)
        }
        let prepared = try made(version)
        return try await one(for: writer) { session in
            let current = try session.standing(key)
            let body =
                current.sequence == version.sequence ? prepared : try made(current)
            return PreparedWrite(key: key, operation: .put(body, ifMatch: ifMatch, mustBeNew: false))
        }
    }

    /// Changes the one resource that a search finds.
    ///
    /// - Throws: ``RecordsError``: `notFound` when the search finds none, `multipleMatches` when it finds several.
    public func conditionalPatch(
        type: String, query: String, _ patch: ResourcePatch, ifMatch: Int? = nil
    ) async throws(RecordsError) -> WriteOutcome {
        try await conditionalPatch(type: type, query: query, patch, ifMatch: ifMatch, for: nil)
    }

    func conditionalPatch(
        type: String, query: String, _ patch: ResourcePatch, ifMatch: Int?, checking check: ResourceCheck? = nil,
        for writer: SeenWriter?
    ) async throws(RecordsError) -> WriteOutcome {
        let condition = try condition(type, query)
        let preparation = parts.preparation
        return try await one(searches: true, for: writer) { session in
            let key = try session.patched(condition)
            let document = try patch.applied(to: try session.standing(key))
            try check?(document)
            let body = try preparation.prepare(document, as: key)
            return PreparedWrite(key: key, operation: .put(body, ifMatch: ifMatch, mustBeNew: false))
        }
    }
}

extension WriteSession {
    /// The version of a resource that stands in this transaction.
    func standing(_ key: ResourceKey) throws -> Version {
        guard let version = try parts.newest(db, key) else { throw RecordsError(.notFound, "There is no \(key).") }
        guard version.verb != .delete else { throw RecordsError(.gone, "\(key) is deleted.") }
        return version
    }

    /// The resource that a conditional patch is for.
    func patched(_ condition: SearchQuery) throws -> ResourceKey {
        guard case .one(let key) = try matches(condition) else {
            throw RecordsError(.notFound, "The condition of the patch matches no \(condition.type).")
        }
        return key
    }
}
