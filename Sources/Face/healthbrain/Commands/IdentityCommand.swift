import ArgumentParser
import FHIR
import Foundation
import Identity
import Persons
import Records

/// `healthbrain identity`: whose record is it.
struct IdentityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity", abstract: "Find out which records are about one person (主索引).",
        subcommands: [IdentityLink.self, IdentityRescore.self])
}

/// `healthbrain identity link`.
struct IdentityLink: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link", abstract: "Link the records of a CSV file to persons, learning from the file alone.",
        discussion: """
            Writes record_id,person_id,certainty. The columns' usual names are known, English and Chinese; others are \
            named in the columns file, one line `role = column` each, or a JSON object. Roles: \(Self.roles).
            """)

    @Argument(help: "The records: CSV in UTF-8 with a header line.", completion: .file(extensions: ["csv"]))
    var records: String

    @Option(help: ArgumentHelp("Where the persons go.", valueName: "file"), completion: .file(extensions: ["csv"]))
    var out: String

    @Option(help: ArgumentHelp("A columns file.", valueName: "file"), completion: .file())
    var columns: String?

    private static let roles = ColumnRole.allCases.map(\.rawValue).joined(separator: ", ")

    func run() throws {
        let bytes = try Self.read(records)
        let mapping = try columns.map { String(decoding: try Self.read($0), as: UTF8.self) } ?? ""
        let linking: Linking
        do { linking = try Linking(csv: bytes, mapping: mapping) } catch { throw Misuse("\(records): \(error)") }
        do { try Data(linking.csv.utf8).write(to: URL(fileURLWithPath: out)) } catch {
            throw Failure("\(out) can't be written: \(error.localizedDescription)")
        }
        Terminal.say("\(linking.decisions.count) records, \(linking.personCount) persons\n")
    }

    private static func read(_ path: String) throws -> [UInt8] {
        do { return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
            throw Misuse("\(path) can't be read: \(error.localizedDescription)")
        }
    }
}

/// `healthbrain identity rescore`.
struct IdentityRescore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rescore", abstract: "Learn anew from the whole index, and score every pair of persons again.",
        discussion: """
            Pairs in doubt come to the desk (/identity). What reviewers decided stands, and is learned from. The store of a data \
            folder must not be in use by a server.
            """)

    @Flag(help: "Score by the parameters that stand instead of learning new ones.")
    var keepParameters = false

    @OptionGroup var store: StoreChoice

    func run() async throws {
        let opened = try self.store.open(creating: false)
        defer { withExtendedLifetime(opened) {} }
        let store = try App.openStore(opened.location, try Definitions.r4())
        await store.settle()
        do {
            let report = try await Persons(store).rescore(learns: !keepParameters)
            Terminal.say(
                "\(report.records) records, \(report.decisions) decisions learned from, \(report.asked) pairs on the desk, "
                    + "\(report.dropped) no longer in doubt\n")
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}
