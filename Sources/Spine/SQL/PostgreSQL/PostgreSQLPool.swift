import Foundation

/// Connections of one kind, handed from thread to thread; those used last are used first.
///
/// `@unchecked Sendable`: all state is guarded by the condition's lock, and a connection that was taken is used by its taker
/// alone until it is given back.
final class PostgreSQLPool: @unchecked Sendable {
    private let address: PostgreSQLAddress
    private let isWriter: Bool
    private let connectionsMax: Int
    /// How long a taker waits when all are in use, in seconds.
    private let patience: Double
    private let condition = NSCondition()
    private var idle: [PostgreSQLConnection] = []
    private var taken = 0
    private var isClosed = false

    init(_ address: PostgreSQLAddress, isWriter: Bool, connectionsMax: Int, patience: Double = 30) {
        self.address = address
        self.isWriter = isWriter
        self.connectionsMax = max(1, connectionsMax)
        self.patience = patience
    }

    /// An idle connection, or a new one; waits when all are in use.
    func take() throws(SQLError) -> PostgreSQLConnection {
        condition.lock()
        let end = Date(timeIntervalSinceNow: min(patience, 1e6))
        while !isClosed, taken >= connectionsMax {
            // A wait until a date that is very far off ends the process: Foundation counts its nanoseconds.
            guard patience.isFinite else {
                condition.wait()
                continue
            }
            guard condition.wait(until: end) else {
                condition.unlock()
                throw SQLError(
                    .busy, "All \(connectionsMax) connections to PostgreSQL were in use for \(Int(patience)) s.")
            }
        }
        if isClosed {
            condition.unlock()
            throw SQLError(.closed, "The database is closed.")
        }
        taken += 1
        let waiting = idle.popLast()
        condition.unlock()
        if let waiting { return waiting }
        do throws(SQLError) {
            return try PostgreSQLConnection(address, isWriter: isWriter)
        } catch {
            condition.lock()
            taken -= 1
            condition.signal()
            condition.unlock()
            throw error
        }
    }

    /// Takes a connection back; one that is broken goes.
    func give(_ connection: PostgreSQLConnection) {
        condition.lock()
        taken -= 1
        if !isClosed, !connection.isBroken { idle.append(connection) }
        condition.signal()
        condition.unlock()
    }

    /// Closes the idle ones: where one was lost, the others were too.
    func forgetIdle() {
        condition.lock()
        idle.removeAll()
        condition.unlock()
    }

    /// Closes the idle ones now, and those in use when they come back. Waits for nobody.
    func close() {
        condition.lock()
        isClosed = true
        idle.removeAll()
        condition.broadcast()
        condition.unlock()
    }
}
