import Records

extension Pulse {
    /// Reads the state of the store's feed.
    static func load(_ store: RecordStore, now: Int64) throws -> Pulse {
        let status = try store.status()
        return Pulse(
            at: now, head: status.sequence, databaseBytes: status.databaseBytes,
            faculties: status.projections.map {
                Faculty(
                    name: $0.name, position: $0.sequence, lagSeconds: $0.lagSeconds, failures: $0.failures,
                    isRebuilding: $0.isRebuilding)
            })
    }
}
