import FHIR
import Foundation
import JSON
import Persons
import Records
import SQL
import Synchronization

/// Where stores of tests are made: in memory, and with `HEALTHBRAIN_TEST_POSTGRES` in a PostgreSQL, each in a schema of its own.
enum TestStore: String, CaseIterable, CustomStringConvertible {
    case sqlite, postgres

    static let all: [TestStore] =
        ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_POSTGRES"] == nil ? [.sqlite] : allCases

    var description: String { rawValue }

    private var database: RecordDatabase {
        get throws {
            guard self == .postgres else { return .sqlite(path: nil) }
            let whole = try PostgreSQLAddress(
                ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_POSTGRES"] ?? "")
            return .postgreSQL(whole.with(schema: "test_" + UUID().uuidString.lowercased()))
        }
    }

    /// A database that a store can be opened on again and again, given to `body`.
    func withDatabase(_ body: (RecordDatabase) async throws -> Void) async throws {
        guard self == .sqlite else { return try await body(try database) }
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(.sqlite(path: folder.appending(path: "store.db").path))
    }

    /// A store with the index of persons, given to `body` and closed.
    func with(_ body: (RecordStore, Persons) async throws -> Void) async throws {
        let clock = Mutex<Int64>(1_767_225_600_000)
        let options = RecordStoreOptions(
            database: try database,
            now: {
                clock.withLock {
                    $0 += 1000
                    return $0
                }
            })
        let store = try RecordStore(options, definitions: try Definitions.r4(), projections: [PersonIndex()])
        do { try await body(store, try Persons(store)) } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}

/// A seeded generator (SplitMix64), so that a failing run can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

func json(_ text: String) throws -> JSONDocument { try JSONDocument(parsing: Array(text.utf8)) }

/// A Patient as text.
struct TestPatient {
    var id = ""
    var name = "欧阳晚晴"
    var number: String? = "330106198003072525"
    var card: (system: String, value: String)?
    var gender = "female"
    var born = "1980-03-07"
    var phone: String? = "13957112233"
    var address = "杭州市西湖区文三路100号3幢2单元501室"
    /// Whose message it is; nil for a Patient that came by another door.
    var sender: String?

    var text: String {
        var identifiers: [String] = []
        if let number { identifiers.append(#"{"system":"urn:oid:2.16.156.10011.1.3","value":"\#(number)"}"#) }
        if let card {
            identifiers.append(
                #"{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"#
                    + #""system":"\#(card.system)","value":"\#(card.value)"}"#)
        }
        var text = #"{"resourceType":"Patient""#
        if !id.isEmpty { text += #","id":"\#(id)""# }
        if let sender { text += #","meta":{"source":"https://healthbrain.dev/highway/\#(sender)#1"}"# }
        if !identifiers.isEmpty { text += #","identifier":[\#(identifiers.joined(separator: ","))]"# }
        text += #","active":true,"name":[{"use":"official","text":"\#(name)"}]"#
        if let phone { text += #","telecom":[{"system":"phone","value":"\#(phone)","use":"mobile"}]"# }
        text += #","gender":"\#(gender)","birthDate":"\#(born)""#
        if !address.isEmpty { text += #","address":[{"use":"home","text":"\#(address)"}]"# }
        text += "}"
        return text
    }
}

extension RecordStore {
    /// Puts a resource whose id stands in its text.
    @discardableResult
    func put(_ text: String) async throws -> WriteOutcome {
        let document = try json(text)
        let key = ResourceKey(
            type: document.root["resourceType"]?.string ?? "", id: document.root["id"]?.string ?? "")
        return try await update(key, document)
    }

    /// A resource's text without its version.
    func plain(_ reference: String) throws -> String {
        guard let key = ResourceKey(reference: reference) else { return "" }
        let document = try JSONDocument(parsing: try read(key).json())
        var edits = JSONEdits()
        if let meta = document.root["meta"] {
            if meta.count == 2 {
                edits.removeMember("meta", of: document.root)
            } else {
                edits.removeMember("versionId", of: meta)
                edits.removeMember("lastUpdated", of: meta)
            }
        }
        return String(decoding: edits.applied(to: document), as: UTF8.self)
    }

    func ids(_ type: String, _ name: String, _ value: String) throws -> [String] {
        try search(type: type, parameters: [(name, value), ("_count", "500")]).entries.map(\.version.key.id).sorted()
    }
}

extension Persons {
    /// Decides about all that has come.
    @discardableResult
    func linkAll() async throws -> (merged: Int, parted: Int) {
        await store.settle()
        var sum = (merged: 0, parted: 0)
        while true {
            let report = try await link()
            sum.merged += report.merged
            sum.parted += report.parted
            await store.settle()
            if report.patients == 0 { return sum }
        }
    }
}
