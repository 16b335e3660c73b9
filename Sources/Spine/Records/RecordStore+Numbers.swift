extension RecordStore {
    /// The small number that stands for a resource in the tables of projections, as ``Change/rid`` gave it.
    ///
    /// - Returns: nil when nothing was ever said of the resource.
    public func number(of key: ResourceKey) throws(RecordsError) -> Int64? {
        try readSQL { db in try parts.rid(db, key) }
    }

    /// The current version of the resource that a number stands for.
    ///
    /// - Throws: ``RecordsError`` of category `notFound` when there is none, or it is deleted.
    public func read(number: Int64) throws(RecordsError) -> Version {
        guard let version = try readSQL({ db in try parts.current(db, rid: number) }) else {
            throw RecordsError(.notFound, "There is no resource with the number \(number).")
        }
        return version
    }
}
