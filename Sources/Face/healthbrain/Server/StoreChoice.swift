import ArgumentParser
import Foundation
import Records
import SQL

/// Which store a command works on: the SQLite file of a data folder, or a PostgreSQL database.
struct StoreChoice: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of the store.", valueName: "folder"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "A PostgreSQL database instead: postgres://user@host:5432/name. Its password is read from PGPASSWORD or ~/.pgpass.",
            valueName: "url"))
    var database: String?

    func validate() throws {
        guard data != nil || database != nil else { throw ValidationError("Give --data or --database.") }
    }

    /// Takes the store for this process alone where it is a folder.
    func open(creating: Bool) throws -> OpenedStore {
        if let database { return OpenedStore(location: try StoreLocation.postgreSQL(database), folder: data) }
        guard let data else { throw Misuse("Give --data or --database.") }
        if !creating, !DataFolder.holdsStore(data) { throw Misuse("There is no store in \(data).") }
        let folder = try DataFolder(data, creating: creating)
        return OpenedStore(location: .sqlite(path: folder.database), folder: folder.path, lock: folder)
    }
}

/// A store that a command has taken.
struct OpenedStore {
    let location: RecordDatabase
    /// The data folder; a server on PostgreSQL may do without.
    var folder: String?
    /// What a person may read: the folder, or the address without its password.
    var description: String {
        if case .sqlite = location, let folder { return folder }
        return location.description
    }

    /// Held as long as the store is.
    var lock: DataFolder?

    init(location: RecordDatabase, folder: String?, lock: DataFolder? = nil) {
        self.location = location
        self.folder = folder
        self.lock = lock
    }
}

/// Where a store is, as a person writes it: a data folder, a SQLite file, or the URL of a PostgreSQL database.
enum StoreLocation {
    /// The environment variable that lets a database elsewhere be reached in the clear.
    static let clearVariable = "HEALTHBRAIN_DATABASE_IN_CLEAR"

    /// A database of PostgreSQL.
    static func postgreSQL(_ text: String) throws -> RecordDatabase { .postgreSQL(try address(text)) }

    /// The address of a database of PostgreSQL; one beyond this machine must be reached by TLS.
    static func address(_ text: String) throws -> PostgreSQLAddress {
        guard PostgreSQLAddress.isAddress(text) else {
            throw Misuse("A database looks like postgres://user@host:5432/name.")
        }
        let address: PostgreSQLAddress
        do { address = try PostgreSQLAddress(text) } catch { throw Misuse("\(error.message)") }
        let environment = ProcessInfo.processInfo.environment
        guard environment[clearVariable] == "allowed" || !address.mayGoInClear(environment) else {
            throw Misuse(
                "The database is beyond this machine, and its address lets libpq do without TLS. Add ?sslmode=verify-full to it, "
                    + "or require; on a line that nobody else reads, \(clearVariable)=allowed lets it be.")
        }
        return address
    }

    /// A store to read from, which a server may be using.
    static func source(_ text: String) throws -> RecordDatabase {
        if PostgreSQLAddress.isAddress(text) { return try postgreSQL(text) }
        return .sqlite(path: DataFolder.holdsStore(text) ? "\(text)/healthbrain.db" : text)
    }

    /// A store to fill, which nobody else may be using.
    static func target(_ text: String) throws -> OpenedStore {
        if PostgreSQLAddress.isAddress(text) { return OpenedStore(location: try postgreSQL(text), folder: nil) }
        if text.hasSuffix(".db") { return OpenedStore(location: .sqlite(path: text), folder: nil) }
        let folder = try DataFolder(text)
        return OpenedStore(location: .sqlite(path: folder.database), folder: folder.path, lock: folder)
    }
}
