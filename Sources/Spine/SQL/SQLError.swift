/// A fault of the database. The message never holds bound values, so that no personal data reaches a log.
public struct SQLError: Error, Sendable, CustomStringConvertible {
    /// What kind of fault it is, independent of the database behind.
    public enum Reason: Sendable, Equatable {
        /// A uniqueness, foreign-key or not-null rule was broken.
        case constraint
        /// Another writer holds the database.
        case busy
        /// The disk is full.
        case full
        /// The file is not a database, or is damaged.
        case corrupt
        /// The statement is wrong, or does not fit the schema.
        case statement
        /// The file can't be opened, read or written.
        case io
        /// The database was closed.
        case closed
        /// The server of the database can't be reached, or refuses to serve; trying again later may help.
        case unavailable
    }

    /// The kind of fault.
    public let reason: Reason
    /// The database's own message.
    public let message: String
    /// The statement, without its bound values.
    public let sql: String?

    /// Describes a fault.
    public init(_ reason: Reason, _ message: String, sql: String? = nil) {
        self.reason = reason
        self.message = message
        self.sql = sql
    }

    /// The message, and the statement.
    public var description: String { sql.map { "\(message) in: \($0)" } ?? message }
}
