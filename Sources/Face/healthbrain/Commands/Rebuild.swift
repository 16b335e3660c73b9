import ArgumentParser
import FHIR
import Foundation
import Records
import Views

/// `healthbrain rebuild`: makes a projection anew from the change feed.
struct Rebuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a projection's tables anew from the change feed.",
        discussion: "The store of a data folder must not be in use by a server.")

    @Argument(help: "The projection's name, as status shows it.")
    var projection: String

    @OptionGroup var store: StoreChoice

    func run() async throws {
        let opened = try self.store.open(creating: false)
        defer { withExtendedLifetime(opened) {} }
        let definitions = try Definitions.r4()
        let store = try App.openStore(opened.location, definitions)
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
