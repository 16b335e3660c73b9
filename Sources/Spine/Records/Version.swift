/// One stored version of a resource.
public struct Version: Sendable {
    /// Whose version it is.
    public let key: ResourceKey
    /// `meta.versionId`, from 1 on.
    public let versionID: Int
    /// `meta.lastUpdated`, in milliseconds since 1970 UTC.
    public let lastUpdated: Int64
    /// The place in the change feed, from 1 on.
    public let sequence: Int64
    /// What made it.
    public let verb: Verb
    let stored: StoredBody
    /// The label of the resource when the version was read as the newest, where it was asked for.
    var label: SightVerdicts.Row?

    /// The compact JSON text, with `meta.versionId` and `meta.lastUpdated`; empty for a delete.
    public func json() -> [UInt8] {
        verb == .delete ? [] : stored.text(versionID: versionID, lastUpdated: lastUpdated)
    }
}
