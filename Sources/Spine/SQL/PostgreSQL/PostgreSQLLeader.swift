import Foundation

/// The connection whose session holds the advisory locks of this server's leaderships. All are lost when it is lost.
///
/// `@unchecked Sendable`: all state is guarded by the lock.
final class PostgreSQLLeader: @unchecked Sendable {
    private let address: PostgreSQLAddress
    private let lock = NSLock()
    private var connection: PostgreSQLConnection?
    private var held: Set<Int64> = []
    private var isClosed = false

    init(_ address: PostgreSQLAddress) { self.address = address }

    func hold(_ key: Int64) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        if isClosed { return false }
        do {
            let connection = try live()
            if held.contains(key) {
                _ = try connection.first("SELECT 1") { $0.int(0) }
                return true
            }
            let isTaken = try connection.first("SELECT pg_try_advisory_lock(?)", [.integer(key)]) { $0.int(0) == 1 }
            if isTaken == true { held.insert(key) }
            return isTaken == true
        } catch {
            connection = nil
            held = []
            return false
        }
    }

    func release(_ key: Int64) {
        lock.lock()
        defer { lock.unlock() }
        guard held.remove(key) != nil, let connection else { return }
        do {
            _ = try connection.first("SELECT pg_advisory_unlock(?)", [.integer(key)]) { $0.int(0) }
        } catch {
            self.connection = nil
            held = []
        }
    }

    func close() {
        lock.lock()
        defer { lock.unlock() }
        isClosed = true
        connection = nil
        held = []
    }

    private func live() throws(SQLError) -> PostgreSQLConnection {
        if let connection, !connection.isBroken { return connection }
        held = []
        let made = try PostgreSQLConnection(address, isWriter: false)
        connection = made
        return made
    }
}

/// One leadership of this server.
struct PostgreSQLLeaderLock: SQLLeaderLock {
    let leader: PostgreSQLLeader
    let key: Int64

    func hold() -> Bool { leader.hold(key) }
    func release() { leader.release(key) }
}
