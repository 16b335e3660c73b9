public import JSON

extension Change {
    /// The resource as a read gives it: with `meta.versionId` and `meta.lastUpdated`, which ``document`` leaves out; nil for
    /// a delete. Reads the version once more.
    public func resource() throws -> JSONDocument? {
        guard verb != .delete, let version = try source.parts.version(source.db, at: sequence, key: key) else {
            return nil
        }
        return try source.parts.document(version.json())
    }
}
