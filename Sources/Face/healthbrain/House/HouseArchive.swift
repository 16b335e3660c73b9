import Accounts
import AuditLog
import FHIR
import Foundation
import Records
import SQL
import SignIn

/// What a store holds beside its records: the audit log, accounts, programs and what these were granted; and the keys beside
/// them. As files of a backup.
struct HouseArchive {
    private static let house = Accounts.carriedTables + SignIn.carriedTables
    /// The files of keys in a data folder, and the newest checkpoint, which belongs to them.
    private static let keyFiles = ["server.key", "audit.key", "audit.checkpoint"]

    /// The file beside a backup of the records.
    static func path(beside feed: String) -> String { feed + ".house" }

    /// Where the parts of a store are.
    struct Place {
        /// The database of the records and of the audit log.
        var records: RecordDatabase
        /// The data folder; nil where there is none, as for a single file.
        var folder: String?

        /// Opens the databases of the log and of the accounts; the latter is nil where a store can have none.
        func open(creating: Bool) throws -> (log: any SQLDatabase, accounts: (any SQLDatabase)?, isOne: Bool) {
            do {
                switch records {
                case .postgreSQL(let address):
                    let database = try PostgreSQLDatabase(address, readers: 2)
                    return (database, database, true)
                case .sqlite(let path):
                    let log = try SQLiteDatabase(path: path)
                    guard let folder, creating || FileManager.default.fileExists(atPath: "\(folder)/accounts.db") else {
                        return (log, nil, false)
                    }
                    return (log, try AccountPlace.openFile("\(folder)/accounts.db"), false)
                }
            } catch let error as SQLError {
                throw Failure("The store can't be opened: \(error.message)")
            }
        }
    }

    /// Writes the file.
    /// - Returns: what it holds; nil when there is nothing but records, and no file then.
    static func write(_ place: Place, to path: String) throws -> TableArchive.Summary? {
        let (log, accounts, isOne) = try place.open(creating: false)
        defer {
            try? log.close()
            try? accounts?.close()
        }
        var groups: [(any SQLDatabase, [SQLTable])] = []
        if isOne {
            groups = [(log, AuditTrail.tables + house)]
        } else {
            // The log last: whatever was done to the accounts has its event in it.
            groups = (accounts.map { [($0, house)] } ?? []) + [(log, AuditTrail.tables)]
        }
        let summary = try said(path) { try TableArchive.write(groups, to: path) }
        guard summary.rows.values.contains(where: { $0 > 0 }) else {
            unlink(path)
            return nil
        }
        return summary
    }

    /// Fills a place from a file; a place that was filled from the same file before is left as it is.
    static func restore(_ path: String, into place: Place) throws -> TableArchive.Summary {
        let summary = try said(path) { try TableArchive.check(path) }
        let hasAccounts = house.contains { summary.rows[$0.name] ?? 0 > 0 }
        let (log, accounts, _) = try place.open(creating: hasAccounts)
        defer {
            try? log.close()
            try? accounts?.close()
        }
        if hasAccounts, accounts == nil {
            throw Misuse("\(path) holds accounts, which need a data folder or a PostgreSQL database.")
        }
        // What an interrupted filling has left may be replaced; nothing else.
        let isBegun = (try? log.read { db in try FeedCopy.isBegun(in: db) }) ?? false
        try fill(log, AuditTrail.tables, summary, path) { db in
            try AuditTrail.create(in: db)
            guard try isBegun || AuditTrail.state(in: db).size == 0 else {
                throw RecordsError(.conflict, "There is an audit log already at the place that is to be filled.")
            }
        }
        if let accounts, hasAccounts {
            try fill(accounts, house, summary, path) { db in
                try SignIn.prepareToFill(db)
                do { try Accounts.prepareToFill(db, replacing: isBegun) } catch let error as AccountsError {
                    throw RecordsError(.conflict, error.message)
                }
            }
        }
        let report = try AuditVerification.run(on: log)
        guard report.isClean else {
            throw Failure("The restored audit log does not verify: \(report.findings[0])")
        }
        return summary
    }

    private static func fill(
        _ database: any SQLDatabase, _ tables: [SQLTable], _ summary: TableArchive.Summary, _ path: String,
        prepare: (SQLConnection) throws -> Void
    ) throws {
        if try isFilled(database, tables, summary) { return }
        try said(path) { try TableArchive.restore(path, tables: tables, into: database, prepare: prepare) }
        guard try isFilled(database, tables, summary) else {
            throw Failure("\(path) was not restored as it was written.")
        }
    }

    /// Whether there are as many rows as in the file.
    private static func isFilled(
        _ database: any SQLDatabase, _ tables: [SQLTable], _ summary: TableArchive.Summary
    ) throws -> Bool {
        let found = try? database.read { db in try tables.map { try $0.count(in: db) } }
        return found == tables.map { summary.rows[$0.name] ?? 0 } && found?.contains { $0 > 0 } == true
    }

    private static func said<T>(_ path: String, _ body: () throws -> T) throws -> T {
        do { return try body() } catch let error as RecordsError {
            throw Failure(error.issues.first?.diagnostics ?? "\(path) can't be used.")
        }
    }

    // MARK: Keys

    /// Copies the keys of a data folder into another folder, or back, each for its owner's eyes alone.
    ///
    /// - Returns: the names of the files that were there.
    static func copyKeys(from source: String, to target: String) throws -> [String] {
        try FileManager.default.createDirectory(
            atPath: target, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return try keyFiles.filter { name in
            let (from, to) = (keyFile(name, in: source), keyFile(name, in: target))
            guard let data = FileManager.default.contents(atPath: from) else { return false }
            if let there = FileManager.default.contents(atPath: to) {
                guard there == data || name == "audit.checkpoint" else {
                    throw Failure("\(to) is another key already. Move it away first.")
                }
                unlink(to)
            }
            let mode: mode_t = name == "audit.checkpoint" ? 0o644 : 0o600
            let file = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
            guard file >= 0 else { throw Failure("\(to) can't be written.") }
            let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
            try handle.write(contentsOf: data)
            try handle.synchronize()
            return true
        }
    }

    /// The server key may lie elsewhere than in the data folder.
    private static func keyFile(_ name: String, in folder: String) -> String { "\(folder)/\(name)" }
}
