import API
import Access
import Accounts
import AuditLog
import FHIR
import Foundation
import Gate
import HTTPTypes
import HealthCode
import Highway
import Hummingbird
import HummingbirdTesting
import JSON
import Logging
import Mapping
import Pathways
import Persons
import Records
import SQL
import Synchronization
import Testing

/// The door of a house that asks who is there, with some people in it.
struct GuardedDoor: Sendable {
    let door: TestDoor
    let gate: Gate
    /// The token of the house's own programs.
    let house: String

    /// What signs somebody in.
    struct Pass: Sendable {
        let headers: HTTPFields
        /// With the form's token as well.
        let writing: HTTPFields
    }

    /// Signs in by the session door.
    func pass(_ person: HousePerson, purpose: String? = nil) async throws -> Pass {
        try await pass(login: person.rawValue, purpose: purpose)
    }

    func pass(login: String, purpose: String? = nil) async throws -> Pass {
        let body = #"{"login":"\#(login)","password":"\#(HousePerson.password)"}"#
        let answer = try await door.send(
            .post, "/session", [.contentType: "application/json"], Array(body.utf8))
        try #require(answer.status == 200, "\(answer.text)")
        let cookie = try #require(answer.headers[.setCookie]?.split(separator: ";").first.map(String.init))
        var headers: HTTPFields = [.cookie: cookie]
        if let purpose { headers[HTTPField.Name("X-Purpose-Of-Use")!] = purpose }
        var writing = headers
        writing[HTTPField.Name("X-Form-Token")!] = answer.json["formToken"]?.string ?? ""
        return Pass(headers: headers, writing: writing)
    }

    var program: HTTPFields { [.authorization: "Bearer \(house)"] }

    /// Every entry of the audit log, oldest first; what was handed on is in it.
    func log() throws -> [AuditEntry] {
        try gate.journal.drain()
        return try door.store.readSQL { db in try AuditTrail.entries(from: 0, count: 1_000_000, in: db).map(\.entry) }
    }
}

/// The people of the house.
enum HousePerson: String, CaseIterable, Sendable {
    case resident, parent, clinician, other, granted, epidemiologist, manager, everything, system, security, audit,
        nobody

    static let password = "kelp-Orbit 蓝鲸 47"

    var assignments: [RoleAssignment] {
        func staff(_ role: AccountRole, _ organization: String) -> RoleAssignment {
            RoleAssignment(
                role, person: "Practitioner/d1", practitionerRole: "PractitionerRole/r1",
                organization: "Organization/\(organization)", district: "330106")
        }
        return switch self {
        case .resident: [RoleAssignment(.resident, person: "Patient/p1")]
        case .parent: [RoleAssignment(.resident, person: "Patient/p3"), staff(.manager, "city")]
        case .clinician, .granted: [staff(.clinician, "h1-surgery")]
        case .other: [staff(.clinician, "h2")]
        case .epidemiologist: [staff(.epidemiologist, "cdc")]
        case .manager: [staff(.manager, "city")]
        case .everything: [RoleAssignment(.operator)]
        case .system: [RoleAssignment(.operator, duty: .system)]
        case .security: [RoleAssignment(.operator, duty: .security)]
        case .audit: [RoleAssignment(.operator, duty: .audit)]
        case .nobody: []
        }
    }
}

/// Runs a test with a guarded door of its own. The store has what ``HouseRecords`` tells.
func withGuardedDoor(
    reach: Reach = .direct, records: String = HouseRecords.bundle, verifier: (any TokenVerifier)? = nil,
    hasExports: Bool = false, hasHighway: Bool = false, pathways: [Pathway] = [],
    body: @escaping @Sendable (GuardedDoor) async throws -> Void
) async throws {
    let definitions = try Definitions.r4()
    let place = try testDatabase()
    var options = RecordStoreOptions(database: place)
    options.isSeenByRules = true
    let store = try RecordStore(options, definitions: definitions, projections: [PersonIndex()])
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    let journal = try AuditJournal(AuditJournal.Options(folder: folder), database: store.auditDatabase)
    var accountsOptions = AccountsOptions(now: { WallClock.milliseconds() })
    accountsOptions.argon2 = Argon2Parameters(memoryKiB: 64, passes: 1, lanes: 1)
    accountsOptions.recording = AccountAudit.recording(into: journal)
    // As a server does it: a file beside the records, or the same PostgreSQL database.
    let accountDatabase: any SQLDatabase =
        if case .postgreSQL(let address) = place { try PostgreSQLDatabase(address, readers: 2) } else {
            try SQLiteDatabase(path: nil)
        }
    let accounts = try Accounts(
        database: accountDatabase, key: try ServerKey(Array(0..<32)), options: accountsOptions)
    let token = HouseToken(bytes: Array(0..<32))
    let gate = try Gate(
        store: store, accounts: accounts, journal: journal, definitions: definitions, verifier: verifier,
        house: token)
    for person in HousePerson.allCases {
        let new = try await accounts.add(
            login: person.rawValue, displayName: "测试", assignments: person.assignments,
            password: .chosen(HousePerson.password))
        if person == .granted { try await accounts.setSensitivities(["hiv"], of: new.account.id) }
    }
    let router = Router(context: BasicRequestContext.self)
    router.get("/") { _, _ in "pages" }
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let highway = hasHighway ? try Highway(store, mapping: try Mapping.house(definitions)) : nil
    let working = Task { await highway?.run() }
    let application = serverApplication(
        store: store, definitions: definitions, pages: router.buildResponder(),
        address: try LoopbackAddress("127.0.0.1"), port: 0, gate: gate,
        exports: hasExports ? try testExports(store, definitions) : nil,
        highway: highway.map { HighwayService($0) { 0 } }, persons: try Persons(store),
        healthCodes: try testHealthCodes(), pathways: PathwayDesk(store, pathways), logger: logger)
    do {
        try await application.test(reach == .live ? .live : .router) { client in
            let door = GuardedDoor(
                door: TestDoor(client: client, store: store), gate: gate, house: token.text)
            let filled = try await door.door.send(.post, "/fhir", door.program, Array(records.utf8))
            try #require(filled.status == 200, "\(filled.text)")
            try await body(door)
        }
    } catch {
        await highway?.close()
        await store.close()
        throw error
    }
    await highway?.close()
    await working.value
    try journal.close()
    try accountDatabase.close()
    await store.close()
    try? FileManager.default.removeItem(atPath: folder)
}

/// What makes and resolves the health codes of a guarded door.
func testHealthCodes() throws -> HealthCodeDesk {
    HealthCodeDesk(key: try ServerKey(Array(0..<32)), options: HealthCodeDesk.Options(issuer: "https://city.example"))
}

/// What the store of a guarded door has: two hospitals, patients of each, a child, and a case of measles.
enum HouseRecords {
    static let bundle: String = {
        let today = Date().ISO8601Format().prefix(10)
        func address(_ code: String) -> String {
            """
            "address":[{"line":["文三路1号"],"extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/division",\
            "valueCode":"\(code)"}]}]
            """
        }
        let act = #""class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"}"#
        func condition(_ id: String, _ patient: String, _ code: String, _ hospital: String) -> (String, String) {
            (
                "Condition/\(id)",
                """
                "subject":{"reference":"Patient/\(patient)"},"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10",\
                "code":"\(code)"}]},"encounter":{"reference":"Encounter/e-\(patient)"}
                """
            )
        }
        func visit(_ patient: String, _ hospital: String) -> (String, String) {
            (
                "Encounter/e-\(patient)",
                """
                "status":"finished",\(act),"subject":{"reference":"Patient/\(patient)"},"serviceProvider":{"reference":\
                "Organization/\(hospital)"},"period":{"start":"\(today)T01:00:00+08:00","end":"\(today)T02:00:00+08:00"}
                """
            )
        }
        func observation(_ id: String, _ patient: String) -> (String, String) {
            (
                "Observation/\(id)",
                #""status":"final","code":{"text":"血压"},"subject":{"reference":"Patient/\#(patient)"}"#
            )
        }
        let resources: [(String, String)] = [
            ("Organization/city", #""name":"卫健委""#),
            ("Organization/h1", #""name":"一院","partOf":{"reference":"Organization/city"}"#),
            (
                "Organization/h1-surgery",
                #""name":"一院外科","type":[{"coding":[{"code":"department"}]}],"partOf":{"reference":"Organization/h1"}"#
            ),
            ("Organization/h2", #""name":"二院","partOf":{"reference":"Organization/city"}"#),
            ("Organization/cdc", #""name":"疾控","partOf":{"reference":"Organization/city"}"#),
            (
                "Practitioner/d1",
                #""name":[{"family":"李","given":["医"]}],"telecom":[{"system":"phone","value":"13812345678"}]"#
            ),
            (
                "PractitionerRole/r1",
                #""practitioner":{"reference":"Practitioner/d1"},"organization":{"reference":"Organization/h1-surgery"}"#
            ),
            ("Patient/p1", #""name":[{"family":"张","given":["三"]}],"birthDate":"1980-01-01",\#(address("330106"))"#),
            ("Patient/p2", #""name":[{"family":"王","given":["五"]}],"birthDate":"1970-01-01",\#(address("330102"))"#),
            (
                "Patient/p3",
                #""name":[{"family":"赵","given":["六"]}],"birthDate":"1990-01-01","link":[{"other":{"reference":"RelatedPerson/g4"},"type":"seealso"}]"#
            ),
            ("Patient/p4", #""name":[{"family":"赵","given":["小"]}],"birthDate":"2020-01-01""#),
            (
                "RelatedPerson/g4",
                #""patient":{"reference":"Patient/p4"},"relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"PRN"}]}]"#
            ),
            visit("p1", "h1"), visit("p2", "h2"), visit("p4", "h2"),
            observation("o1", "p1"), observation("o2", "p2"), observation("o4", "p4"),
            condition("hiv1", "p1", "B24", "h1"), condition("flu2", "p2", "J06.9", "h2"),
            condition("measles1", "p1", "B05.9", "h1"), condition("measles2", "p2", "B05.9", "h2"),
        ]
        let entries = resources.map { key, members in
            let parts = key.split(separator: "/")
            return """
                {"resource":{"resourceType":"\(parts[0])","id":"\(parts[1])",\(members)},\
                "request":{"method":"PUT","url":"\(key)"}}
                """
        }
        return #"{"resourceType":"Bundle","type":"transaction","entry":[\#(entries.joined(separator: ","))]}"#
    }()
}
