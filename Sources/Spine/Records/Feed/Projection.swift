public import SQL

/// A faculty's own tables, fed from the change feed.
///
/// ``apply(_:_:)`` runs in one transaction with the projection's place in the feed, so that every change counts exactly
/// once; the tables can be dropped and rebuilt from the first change at any time.
public protocol Projection: Sendable {
    /// A lower-case name with underscores; the prefix of its tables.
    var name: String { get }
    /// A new number drops the tables and rebuilds them from zero.
    var revision: Int { get }
    /// The resource types that it wants; nil for all.
    var interest: Set<String>? { get }
    /// Makes the tables, where absent.
    func createTables(_ db: SQLConnection) throws
    /// Drops the tables, where present.
    func dropTables(_ db: SQLConnection) throws
    /// Takes in changes, in the order of the feed.
    func apply(_ changes: [Change], _ db: SQLConnection) throws
}

extension Projection {
    /// All types.
    public var interest: Set<String>? { nil }
}
