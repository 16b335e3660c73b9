import API
import Export
import FHIR
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSON
import Logging
import NIOCore
import Pathways
import Records
import SQL

/// The door of an empty store in memory, with a client that knocks on it.
struct TestDoor: Sendable {
    let client: any TestClientProtocol
    let store: RecordStore

    func get(_ uri: String, _ headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.get, uri, headers, nil)
    }

    func head(_ uri: String, _ headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.head, uri, headers, nil)
    }

    func delete(_ uri: String, _ headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.delete, uri, headers, nil)
    }

    func put(_ uri: String, _ body: String, _ headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.put, uri, headers, Array(body.utf8))
    }

    func post(_ uri: String, _ body: String, _ headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.post, uri, headers, Array(body.utf8))
    }

    /// Sends a request; a body is labelled as FHIR JSON unless the headers say otherwise.
    func send(
        _ method: HTTPRequest.Method, _ uri: String, _ headers: HTTPFields = [:], _ body: [UInt8]? = nil
    ) async throws -> Answer {
        var headers = headers
        if body != nil, !headers.contains(.contentType) { headers[.contentType] = "application/fhir+json" }
        let response = try await client.execute(
            uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) })
        return Answer(
            status: response.status.code, headers: response.headers, body: Array(response.body.readableBytesView))
    }
}

/// What the door answered.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON; an empty object when it isn't.
    var json: Value { Value(node: (try? JSONDocument(parsing: body))?.root) }

    /// A node that may be absent, so that paths can be followed without asking at each step.
    struct Value {
        let node: JSONNode?

        subscript(_ key: JSONKey) -> JSONNode? { node?[key] }
    }

    /// The code of the first issue, if the body is an OperationOutcome.
    var issueCode: String? {
        guard json["resourceType"]?.equals("OperationOutcome") == true else { return nil }
        return json["issue"]?[0]?["code"]?.string
    }

    /// The words of the first issue.
    var diagnostics: String { json["issue"]?[0]?["diagnostics"]?.string ?? "" }

    /// The resources of a Bundle, as `Patient/1`.
    var references: [String] {
        json["entry"].map { entries in
            entries.elements.map { entry in
                let resource = entry["resource"]
                return "\(resource?["resourceType"]?.string ?? "-")/\(resource?["id"]?.string ?? "-")"
            }
        } ?? []
    }

    /// The address of a link, without scheme and host.
    func link(_ relation: String) -> String? {
        for link in json["link"].map({ Array($0.elements) }) ?? [] where link["relation"]?.equals(relation) == true {
            guard let url = link["url"]?.string, let path = url.range(of: "/fhir") else { return nil }
            return String(url[path.lowerBound...])
        }
        return nil
    }
}

/// A database in memory, or with `HEALTHBRAIN_TEST_STORES=postgres` a schema of its own in the PostgreSQL of
/// `Scripts/with-postgres`.
func testDatabase() throws -> RecordDatabase {
    let environment = ProcessInfo.processInfo.environment
    guard environment["HEALTHBRAIN_TEST_STORES"] == "postgres" else { return .sqlite(path: nil) }
    let whole = try PostgreSQLAddress(environment["HEALTHBRAIN_TEST_POSTGRES"] ?? "")
    return .postgreSQL(whole.with(schema: "test_" + UUID().uuidString.lowercased()))
}

/// How a test reaches the door.
enum Reach {
    /// By the responder alone.
    case direct
    /// By a socket.
    case live
}

/// Runs a test with a door of its own.
func withDoor(
    _ options: DoorOptions = DoorOptions(), reach: Reach = .direct, hasExports: Bool = false, pathways: [Pathway] = [],
    untilMayIndex: @escaping @Sendable () async -> Void = {},
    body: @escaping @Sendable (TestDoor) async throws -> Void
) async throws {
    let definitions = try Definitions.r4()
    var storeOptions = RecordStoreOptions(database: try testDatabase())
    storeOptions.untilMayIndex = untilMayIndex
    let store = try RecordStore(storeOptions, definitions: definitions, projections: [])
    let router = Router(context: BasicRequestContext.self)
    router.get("/") { _, _ in "pages" }
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let application = serverApplication(
        store: store, definitions: definitions, pages: router.buildResponder(),
        address: try LoopbackAddress("127.0.0.1"),
        port: 0, options: options, exports: hasExports ? try testExports(store, definitions) : nil,
        pathways: PathwayDesk(store, pathways), logger: logger)
    do {
        try await application.test(reach == .live ? .live : .router) { client in
            try await body(TestDoor(client: client, store: store))
        }
    } catch {
        await store.close()
        throw error
    }
    await store.close()
}

/// Exports in a folder of their own.
func testExports(_ store: RecordStore, _ definitions: Definitions) throws -> ExportDesk {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("exports-" + UUID().uuidString).path
    return try ExportDesk(store, definitions, ExportDesk.Options(folder: folder))
}

/// A small Patient.
func patient(_ id: String? = nil, family: String = "张", gender: String = "female", more: String = "") -> String {
    let id = id.map { "\"id\":\"\($0)\"," } ?? ""
    return "{\"resourceType\":\"Patient\",\(id)\"name\":[{\"family\":\"\(family)\"}],\"gender\":\"\(gender)\"\(more)}"
}
