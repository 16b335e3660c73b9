public import SQL

extension RecordStore {
    /// The database of the store, for the audit log, which lies beside the records: its journal moves events into it.
    public var auditDatabase: any SQLDatabase { database }
}
