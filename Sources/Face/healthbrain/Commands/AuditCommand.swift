import ArgumentParser
import AuditLog
import Foundation
import Records
import SQL

/// `healthbrain audit`: checks of the audit log from outside.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Verify the audit log, and sign it as it stands.",
        subcommands: [AuditVerify.self, AuditSign.self])
}

/// `healthbrain audit verify`: reads the whole log and finds what was altered, removed, put in or moved.
struct AuditVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Find any event of the audit log that was altered, removed, put in or moved.",
        discussion: """
            Works on a store that is in use, and on a copy of one. Signatures are checked with --public-key, else with the \
            key beside the store. A checkpoint that was kept elsewhere also finds a log that was cut or made anew as a whole.
            """)

    @OptionGroup var store: StoreChoice

    @Option(help: ArgumentHelp("A signed checkpoint of this log that was kept elsewhere.", valueName: "file"))
    var checkpoint: String?

    @Option(
        help: ArgumentHelp(
            "The public key of the log, name+hash+key: a file, or the text; those it had before too, each by one more.",
            valueName: "file"))
    var publicKey: [String] = []

    func run() throws {
        let files = AuditFiles(store.data)
        let keys = try knownKeys(files)
        var options = AuditVerification.Options(publicKey: keys.first)
        options.earlierKeys = Array(keys.dropFirst())
        if let checkpoint { options.kept.append(try read(checkpoint, keys)) }
        if let own = files.checkpoint, FileManager.default.fileExists(atPath: own) {
            options.kept.append(try read(own, keys))
        }
        let database = try AuditFiles.open(store)
        defer { try? database.close() }
        var progress = Progress("verify", unit: "events")
        let report = try AuditVerification.run(on: database, options) { done, all in
            progress.update(resources: Int(done), fraction: Double(done) / Double(max(1, all)))
        }
        progress.finish()
        for finding in report.findings { Terminal.complain("\(finding)") }
        guard report.isClean else { throw Failure("the audit log does not verify: \(report.findings.count) findings") }
        // A server signs as soon as it starts, so that checkpoints were taken away, or the log is another one.
        guard report.checkpoints > 0 || report.size == 0 || keys.isEmpty else {
            throw Failure(
                "the audit log does not verify: it has \(report.size) events, and no checkpoint speaks of any")
        }
        Terminal.say(
            """
            \(report.size) events agree, root \(Data(report.root.bytes).base64EncodedString())
            \(report.checkpoints) checkpoints agree\(keys.isEmpty ? "; signatures were not checked: no public key" : "")\(report.checkpoints == 0 && report.size > 0 ? "; a log that was made anew as a whole would agree too" : "")

            """)
    }

    private func knownKeys(_ files: AuditFiles) throws -> [AuditPublicKey] {
        do {
            let told = try publicKey.map { given in
                let text = try? String(contentsOfFile: given, encoding: .utf8)
                return try AuditPublicKey(text ?? given)
            }
            guard told.isEmpty, let path = files.key, FileManager.default.fileExists(atPath: path) else { return told }
            return [try AuditSigningKey(file: path, makingFor: nil).publicKey]
        } catch {
            throw Misuse("\(error)")
        }
    }

    private func read(_ path: String, _ keys: [AuditPublicKey]) throws -> AuditCheckpoint {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), let note = SignedNote(text),
            let checkpoint = AuditCheckpoint(text: note.text)
        else { throw Misuse("\(path) is no signed checkpoint.") }
        if let key = keys.first, !keys.contains(where: { note.checkpoint(signedBy: $0) != nil }) {
            throw Failure("The checkpoint in \(path) has no good signature of the key \(key.name).")
        }
        return checkpoint
    }
}

/// `healthbrain audit checkpoint`: signs the log as it stands.
struct AuditSign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Sign the audit log as it stands, to be kept elsewhere.",
        discussion: """
            Prints the checkpoint (c2sp.org/tlog-checkpoint); --public-key prints what checks it. Keep both where nobody who \
            can write to the store can write.
            """)

    @OptionGroup var store: StoreChoice

    @Option(help: ArgumentHelp("The key of the log, where it is not in the data folder.", valueName: "file"))
    var key: String?

    @Flag(help: "Print the public key instead.")
    var publicKey = false

    func run() throws {
        guard let path = key ?? AuditFiles(store.data).key else { throw Misuse("Give --key.") }
        do {
            let key = try AuditSigningKey(file: path, makingFor: nil)
            if publicKey { return print(key.publicKey) }
            let database = try AuditFiles.open(store)
            defer { try? database.close() }
            let now = Int64(Date().timeIntervalSince1970 * 1_000)
            let note = try database.read { db in try AuditTrail.checkpoint(in: db, key: key, at: now) }
            print(note.description, terminator: "")
        } catch let error as AuditError {
            throw Failure("\(error)")
        }
    }
}

/// Where a data folder has what belongs to the audit log.
struct AuditFiles {
    /// The signing key.
    let key: String?
    /// The newest checkpoint.
    let checkpoint: String?

    init(_ folder: String?) {
        key = folder.map { "\($0)/audit.key" }
        checkpoint = folder.map { "\($0)/audit.checkpoint" }
    }

    /// Opens the database of a store, which a server may be using.
    static func open(_ store: StoreChoice) throws -> any SQLDatabase {
        let location = try store.database.map(StoreLocation.postgreSQL) ?? StoreLocation.source(store.data ?? "")
        do {
            switch location {
            case .sqlite(let path):
                guard let path, FileManager.default.fileExists(atPath: path) else {
                    throw Misuse("There is no store in \(store.data ?? "").")
                }
                return try SQLiteDatabase(path: path)
            case .postgreSQL(let address): return try PostgreSQLDatabase(address)
            }
        } catch let error as SQLError {
            throw Failure("The store can't be opened: \(error.message)")
        }
    }
}
