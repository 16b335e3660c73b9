import ArgumentParser
import FHIR
import Foundation
import Records
import Views

/// `healthbrain rebuild`: makes a projection anew from the change feed.
struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a projection's tables anew from the change feed.",
        discussion: "The store must not be in use by a server.")

    @Argument(help: "The projection's name, as status shows it.")
    var projection: String

    @Option(help: ArgumentHelp("The folder of the store.", valueName: "folder"))
    var data: String

    func run() async throws {
        guard DataFolder.holdsStore(data) else { throw Misuse("There is no store in \(data).") }
        let folder = try DataFolder(data, creating: false)
        defer { withExtendedLifetime(folder) {} }
        let definitions = try Definitions.r4()
        let store = try App.openStore(folder.database, definitions)
        let names = try store.status().projections.map(\.name)
        guard names.contains(projection) else {
            await store.close()
            throw Misuse("There is no projection \(projection). There are: \(names.joined(separator: ", ")).")
        }
        try await store.rebuild(projection: projection)
        await store.settle()
        try await ViewFilling(store, ViewTables(definitions: definitions)).finish()
        await store.close()
        Terminal.say("\(projection) is rebuilt\n")
    }
}
