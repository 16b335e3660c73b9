import ArgumentParser
import AuditLog
import FHIR
import Foundation
import Records
import SQL

/// `healthbrain database`: copies, backups and restores of whole stores.
struct DatabaseCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database", abstract: "Copy, back up and restore a store, and make it compact.",
        subcommands: [DatabaseCopy.self, DatabaseBackup.self, DatabaseRestore.self, DatabaseCompact.self])
}

/// `healthbrain database copy`: from SQLite to PostgreSQL, and back.
struct DatabaseCopy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy a store into an empty one: every version with its id, place in the feed, number and instant.",
        discussion: """
            FROM and TO are data folders, SQLite files (….db) or postgres://… addresses. FROM may be in use; what is \
            written to it after the start is not copied. Interrupted, the same command goes on where it stood. At the end \
            both are read and their SHA-256 compared. With the records go the audit log, the accounts, the programs and what \
            these were granted, without sessions; keys go by --with-keys alone. The inbox of the highway, merges of persons and \
            the places of subscriptions stay behind; at the end it says of how many.
            """)

    @Argument(help: "The store to copy.")
    var from: String

    @Argument(help: "The empty store to fill.")
    var to: String

    @OptionGroup var parts: PartChoice

    @Flag(help: "Copy the server key and the key of the audit log too, from one data folder to the other.")
    var withKeys = false

    func run() async throws {
        let source: StoreFeed
        do { source = try StoreFeed(StoreLocation.source(from)) } catch let error as RecordsError {
            throw Failure(error.issues.first?.diagnostics ?? "\(from) can't be read.")
        }
        let target = try StoreLocation.target(to)
        if withKeys {
            guard !PostgreSQLAddress.isAddress(from), let folder = target.folder else {
                throw Misuse("--with-keys copies from data folder to data folder.")
            }
            try KeyFiles.say(HouseArchive.copyKeys(from: from, to: folder), folder)
        }
        let place = HouseArchive.Place(
            records: try StoreLocation.source(from), folder: DataFolder.holdsStore(from) ? from : nil)
        try parts.noteLeaving("copy", place)
        if !parts.recordsOnly {
            let path = "\(NSTemporaryDirectory())/healthbrain-\(UUID().uuidString).house"
            defer { unlink(path) }
            if try HouseArchive.write(place, to: path) != nil { try parts.restore(path, into: target) }
        }
        // Told at the end and found out before it, so that a copy that is whole has little left to do.
        let left = try LeftBehind.lines(place)
        try await Filling.fill(target, from: source, "copied")
        source.close()
        try parts.note("the store was copied here", in: target)
        LeftBehind.say(left)
    }
}

/// Which parts of a store a command takes.
struct PartChoice: ParsableArguments {
    @Flag(help: "Only the records: neither the audit log nor accounts and programs.")
    var recordsOnly = false

    /// Notes in the audit log of a store, where it has one, what was done to the whole of it.
    func note(_ reason: String, in target: OpenedStore) throws {
        let place = HouseArchive.Place(records: target.location, folder: target.folder)
        try MachineAudit.note(.configuration, reason, in: place, "healthbrain database")
    }

    /// Notes that all of a store leaves it; what can't be noted does not leave.
    func noteLeaving(_ reason: String, _ place: HouseArchive.Place) throws {
        try MachineAudit.note(.export, reason, in: place, "healthbrain database")
    }

    /// Fills a store with what is no record.
    func restore(_ path: String, into target: OpenedStore) throws {
        let summary = try HouseArchive.restore(
            path, into: HouseArchive.Place(records: target.location, folder: target.folder))
        Terminal.say(
            "\(summary.rows["account"] ?? 0) accounts, \(summary.rows["sign_in_client"] ?? 0) programs and the audit log are there\n"
        )
    }
}

/// How copied keys are told of.
enum KeyFiles {
    static func say(_ names: [String], _ folder: String) throws {
        Terminal.say(
            names.isEmpty
                ? "There are no keys.\n" : "\(names.joined(separator: ", ")) are in \(folder): keep them apart\n")
    }
}

/// `healthbrain database backup`: one file, from a store that may be in use.
struct DatabaseBackup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write all that a store holds into one file, also while a server uses it.",
        discussion: """
            The file is the change feed up to where it stands at the start, compressed by zstd; a store of either database \
            can be filled from it. It is read back before it gets its name. It holds what the store holds about people: \
            keep it as safe. Beside it, under the same name with .house, is what is no record: the audit log, accounts, \
            programs and what these were granted. Keys are in neither: --keys puts them into a folder, to be kept apart.
            """)

    @OptionGroup var store: StoreChoice

    @Option(help: ArgumentHelp("The file, or a folder in which it is named after the time.", valueName: "path"))
    var to: String

    @OptionGroup var parts: PartChoice

    @Option(help: ArgumentHelp("A folder for the server key and the key of the audit log.", valueName: "folder"))
    var keys: String?

    func run() async throws {
        let location = try store.database.map(StoreLocation.postgreSQL) ?? StoreLocation.source(store.data ?? "")
        var progress = Progress("backup", unit: "versions")
        do {
            let source = try StoreFeed(location)
            try parts.noteLeaving("backup", HouseArchive.Place(records: location, folder: store.data))
            let path = file
            let summary = try FeedArchive.write(source, to: path) { done, all in
                progress.update(resources: Int(done), fraction: Double(done) / Double(max(1, all)))
            }
            source.close()
            progress.finish()
            Terminal.say("\(path) holds \(summary.sequence) versions, SHA-256 \(summary.digest)\n")
            let place = HouseArchive.Place(records: location, folder: store.data)
            if !parts.recordsOnly { try backUpHouse(place, path) }
            LeftBehind.say(try LeftBehind.lines(place))
        } catch let error as RecordsError {
            throw Failure(error.issues.first?.diagnostics ?? "The backup failed.")
        }
        guard let keys else { return }
        guard let folder = store.data else { throw Misuse("The keys are in the data folder: give --data too.") }
        try KeyFiles.say(HouseArchive.copyKeys(from: folder, to: keys), keys)
    }

    /// After the records: whatever was written by then has its event in it.
    private func backUpHouse(_ place: HouseArchive.Place, _ feed: String) throws {
        let path = HouseArchive.path(beside: feed)
        guard let summary = try HouseArchive.write(place, to: path) else { return }
        Terminal.say(
            "\(path) holds the audit log and \(summary.rows["account"] ?? 0) accounts, SHA-256 \(summary.digest)\n")
    }

    private var file: String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: to, isDirectory: &isFolder), isFolder.boolValue else { return to }
        let stamp = Date().ISO8601Format().filter { $0.isLetter || $0.isNumber }
        return "\(to)/healthbrain-\(stamp).feed.zst"
    }
}

/// `healthbrain database restore`: an empty store from a backup.
struct DatabaseRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Fill an empty store from a backup.",
        discussion: """
            Interrupted, the same command goes on where it stood. At the end the store's SHA-256 is compared. Where a file with \
            .house lies beside it, the audit log, accounts and programs are put back too, and the log is verified; what was \
            revoked after the backup holds again. The accounts need their server key, which --keys puts into the data folder.
            """)

    @Argument(help: "The file that backup wrote.")
    var file: String

    @OptionGroup var store: StoreChoice
    @OptionGroup var parts: PartChoice

    @Option(help: ArgumentHelp("The folder into which the backup put the keys.", valueName: "folder"))
    var keys: String?

    func run() async throws {
        let source: ArchiveFeed
        do { source = try ArchiveFeed(file) } catch {
            throw Failure(error.issues.first?.diagnostics ?? "\(file) can't be read.")
        }
        let target = try store.open(creating: true)
        if let keys {
            guard let folder = target.folder else { throw Misuse("The keys go into a data folder: give --data too.") }
            try KeyFiles.say(HouseArchive.copyKeys(from: keys, to: folder), folder)
        }
        let house = HouseArchive.path(beside: file)
        if !parts.recordsOnly, FileManager.default.fileExists(atPath: house) {
            try parts.restore(house, into: target)
        }
        try await Filling.fill(target, from: source, "restored")
        try parts.note("the store was restored from a backup", in: target)
    }
}

/// `healthbrain database compact`: what a server does by itself when it is idle, now.
struct DatabaseCompact: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Build the indexes of a PostgreSQL database anew where they have grown loose.",
        discussion: """
            For the end of a bulk load. Servers may use the database meanwhile; one of them would do the same after a minute \
            without writes. Each index needs room for a second one while it is built.
            """)

    @Option(help: ArgumentHelp("The database: postgres://user@host:5432/name.", valueName: "url"))
    var database: String

    func run() async throws {
        do {
            let location = try StoreLocation.postgreSQL(database)
            let store = try RecordStore(RecordStoreOptions(database: location), definitions: try Definitions.r4())
            let before = try store.status().databaseBytes
            try store.rebuildIndexes()
            let after = try store.status().databaseBytes
            await store.close()
            Terminal.say("\(location) takes \(after) bytes; before it took \(before)\n")
        } catch let error as RecordsError {
            throw Failure(error.issues.first?.diagnostics ?? "The database could not be made compact.")
        }
    }
}

/// Fills a store and tells how far it is.
enum Filling {
    static func fill(_ target: OpenedStore, from source: some FeedSource, _ verb: String) async throws {
        defer { withExtendedLifetime(target) {} }
        do {
            var options = RecordStoreOptions(database: target.location)
            options.acceptsCopy = true
            let store = try RecordStore(options, definitions: try Definitions.r4())
            let bars = Bars()
            let summary: FeedArchive.Summary
            do {
                summary = try await FeedCopy.copy(source, into: store) { stage, done, all in bars.show(stage, done, all)
                }
            } catch {
                await store.close()
                throw error
            }
            bars.finish()
            await store.close()
            Terminal.say("\(verb) \(summary.sequence) versions, SHA-256 \(summary.digest) on both sides\n")
        } catch let error as RecordsError {
            throw Failure(error.issues.first?.diagnostics ?? "The store could not be filled.")
        }
    }

    /// One bar for each stage.
    private final class Bars {
        private var bar: (stage: FeedCopy.Stage, progress: Progress)?

        func show(_ stage: FeedCopy.Stage, _ done: Int64, _ all: Int64) {
            if bar?.stage != stage {
                finish()
                bar = (stage, Progress(name(stage), unit: "versions"))
            }
            bar?.progress.update(resources: Int(done), fraction: Double(done) / Double(max(1, all)))
        }

        func finish() { bar?.progress.finish() }

        private func name(_ stage: FeedCopy.Stage) -> String {
            switch stage {
            case .resuming: "resume"
            case .copying: "copy"
            case .verifying: "verify"
            }
        }
    }
}
