import Accounts
import ArgumentParser
import Foundation
import SQL
import SignIn

/// `healthbrain key`: other keys for a house.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Change the keys of a house.",
        subcommands: [KeyRotateSigning.self, KeyRotateServer.self])
}

/// `healthbrain key rotate-signing`.
struct KeyRotateSigning: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-signing",
        abstract: "Make a new key that signs identities (id_token), also while a server runs.",
        discussion: """
            Servers sign by it within a minute; the one before stays published for a day. Without this command a new one is \
            made every 30 days.
            """)

    @OptionGroup var store: StoreChoice

    func run() async throws {
        let opened = try AccountPlace(store).open(creating: false, command: "healthbrain key rotate-signing")
        do {
            try await SignIn.rotateSigningKey(
                in: opened.database, key: opened.key, options: opened.accounts.options, recording: opened.audit.signIn)
        } catch {
            throw Failure("The key could not be changed: \(error)")
        }
        try opened.close()
        Terminal.say("A new key signs identities.\n")
    }
}

/// `healthbrain key rotate-server`.
struct KeyRotateServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-server",
        abstract: "Make a new server key and seal everything with it, while no server runs.",
        discussion: """
            Second factors and signing keys stay good; people keep their sessions, and load open forms again. The old key is \
            kept beside the new one as ….old, for backups that were made with it. Interrupted, the same command ends the work. \
            Other servers on the database need the new file before they start.
            """)

    @OptionGroup var store: StoreChoice

    func run() async throws {
        let place = try AccountPlace(store)
        var lock = try store.data.flatMap { store.database == nil ? try DataFolder($0, creating: false) : nil }
        defer { withExtendedLifetime(lock) {} }
        do {
            let path = try place.keyFile()
            let (old, new) = (try ServerKey(file: path, creating: false), try ServerKey(replacing: path))
            let audit = MachineAudit(store, command: "healthbrain key rotate-server")
            let database = try place.openDatabase()
            defer { try? database.close() }
            // A server that runs holds this right, and would go on with the old key.
            let leader = database.leaderLock("audit-checkpoint")
            guard leader.hold() else { throw Failure("A server uses the database. Stop all servers first.") }
            var options = AccountsOptions(now: { Int64(Date().timeIntervalSince1970 * 1_000) })
            options.recording = audit.accounts
            let isChanged = try Accounts.changeKey(of: database, from: old, to: new, options: options) { db in
                try SignIn.reseal(db, from: old, to: new, random: options.random)
            }
            try ServerKey.replace(path)
            leader.release()
            // The signing takes the folder itself.
            lock = nil
            try audit.close(database)
            Terminal.say(
                isChanged
                    ? "Everything is sealed with the new key in \(path); the old one is \(path).old\n"
                    : "An earlier change was ended: the new key is in \(path)\n")
        } catch let error as AccountsError {
            throw Failure(error.message)
        }
    }
}
