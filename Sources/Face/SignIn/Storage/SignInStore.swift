import Foundation
import SQL

/// The tables, and the thread that writes them.
final class SignInStore: Sendable {
    private let database: any SQLDatabase
    private let writer = DispatchQueue(label: "sign-in.writer", qos: .userInitiated)

    /// - Throws: ``SignInFailure``.
    init(_ database: any SQLDatabase) throws {
        self.database = database
        do { try database.write { db in try Schema.create(db) } } catch { throw Self.translated(error) }
    }

    func read<T>(_ body: (SQLConnection) throws -> T) throws -> T {
        do { return try database.read(body) } catch { throw Self.translated(error) }
    }

    /// Writes in a transaction that is durable when this returns.
    func write<T: Sendable>(_ body: @escaping @Sendable (SQLConnection) throws -> T) async throws -> T {
        let result: Result<T, any Error> = await withCheckedContinuation { continuation in
            writer.async { [database] in continuation.resume(returning: Result { try database.write(body) }) }
        }
        do { return try result.get() } catch { throw Self.translated(error) }
    }

    private static func translated(_ error: any Error) -> any Error {
        guard let fault = error as? SQLError else { return error }
        return SignInFailure(message: "The database of the sign-in failed: \(fault.message)")
    }
}
