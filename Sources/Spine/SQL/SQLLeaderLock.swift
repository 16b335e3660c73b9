/// The right to lead in a matter: of all servers on a database one holds it, and it is free again as soon as that one has
/// ended or has lost its connection.
public protocol SQLLeaderLock: Sendable {
    /// Takes the right if it is free, and checks that it is still held if it was. Blocks for a round trip.
    ///
    /// A holder may have lost the right between two calls: guard what the leader writes in its own transaction too.
    ///
    /// - Returns: whether this server leads now; false also when the database can't be reached.
    func hold() -> Bool

    /// Gives the right back.
    func release()
}

/// The right to lead where only one process can have the database open.
struct SoleLeaderLock: SQLLeaderLock {
    func hold() -> Bool { true }
    func release() {}
}
