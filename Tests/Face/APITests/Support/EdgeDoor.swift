import API
import Edge
import FHIR
import Hummingbird
import HummingbirdTesting
import Logging
import Records
import SQL

/// Runs a test with a server of its own on a port, by the options of the edge.
func withEdge(
    _ edge: EdgeOptions, options: DoorOptions = DoorOptions(),
    body: @escaping @Sendable (_ port: Int, _ door: TestDoor) async throws -> Void
) async throws {
    let definitions = try Definitions.r4()
    let store = try RecordStore(
        RecordStoreOptions(database: try testDatabase()), definitions: definitions, projections: [])
    let router = Router(context: BasicRequestContext.self)
    router.get("/") { _, _ in "pages" }
    router.get("/failing") { _, _ -> String in throw TestFailure() }
    router.get("/large") { _, _ in String(repeating: "x", count: 16 << 20) }
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    var edge = edge
    edge.port = 0
    let application = serverApplication(
        store: store, definitions: definitions, pages: router.buildResponder(), edge: edge, options: options,
        logger: logger)
    do {
        try await application.test(.live) { client in
            try await body(client.port ?? 0, TestDoor(client: client, store: store))
        }
    } catch {
        await store.close()
        throw error
    }
    await store.close()
}

/// An error that says something that no client may read.
struct TestFailure: Error, CustomStringConvertible {
    let description = "the secret reason"
}
