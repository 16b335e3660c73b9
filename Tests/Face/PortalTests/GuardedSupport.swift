import Access
import Accounts
import AuditLog
import Calendar
import DailyCounts
import FHIR
import Foundation
import Gate
import HTTPTypes
import Hazards
import HealthCode
import Highway
import Hummingbird
import HummingbirdTesting
import Laboratories
import Mapping
import NIOCore
import Pathways
import Persons
import Population
import Portal
import Records
import Reporting
import SQL
import SignIn
import Signals
import Synchronization
import Syndromes
import Testing
import Timeline

/// A password that keeps the rules.
let goodPassword = "kelp-Orbit 蓝鲸 47"
let otherPassword = "violin/Harbour 山茶 93"

/// A house with people in it, whose clock tests set.
final class TestHouse: Sendable {
    let store: RecordStore
    let accounts: Accounts
    let gate: Gate
    let journal: AuditJournal
    let portal: Portal
    let signIn: SignIn
    /// What institutions send, where the house was made with it.
    let highway: Highway?
    /// Which Patients are one person, and the codes that say who somebody is, where the house was made with them.
    let persons: Persons?
    let healthCodes: HealthCodeDesk?
    /// Report cards, where the house was made with them.
    let reports: ReportDesk?
    /// Results of hazards, where the house looks for signals.
    let hazards: HazardDesk?
    /// The pathways that are followed, where the house was made with some.
    let pathways: PathwayDesk?
    private let folder: URL
    private let database: any SQLDatabase
    private let time = Mutex(testNow)

    var now: Int64 { time.withLock { $0 } }
    func advance(seconds: Int) { time.withLock { $0 += Int64(seconds) * 1_000 } }

    init(
        faults: [String] = [], isSecure: Bool = false, demoAccounts: [DemoAccount]? = nil, hasHighway: Bool = false,
        hasIdentity: Bool = false, hasSignals: Bool = false, hasReports: Bool = false, pathways: [Pathway] = []
    ) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let clock = Mutex<(@Sendable () -> Int64)?>(nil)
        let now: @Sendable () -> Int64 = { clock.withLock { $0 }?() ?? testNow }
        let definitions = try Definitions.r4()
        let place = try testDatabase()
        let watchList = hasSignals ? try WatchList() : nil
        store = try guardedStore(place, definitions, watchList, now: now)
        journal = try AuditJournal(
            AuditJournal.Options(folder: folder.appendingPathComponent("journal").path), database: store.auditDatabase)
        // As a server does it: a file beside the records, or the same PostgreSQL database.
        database =
            if case .postgreSQL(let address) = place { try PostgreSQLDatabase(address, readers: 2) } else {
                try SQLiteDatabase(path: folder.appendingPathComponent("accounts.db").path, cacheBytes: 1 << 20)
            }
        var options = AccountsOptions(now: now)
        options.argon2 = Argon2Parameters(memoryKiB: 64, passes: 1, lanes: 1)
        options.recording = AccountAudit.recording(into: journal)
        let key = try ServerKey(Array(0..<32))
        accounts = try Accounts(database: database, key: key, options: options)
        var gateOptions = Gate.Options()
        gateOptions.now = now
        gateOptions.isSecure = isSecure
        gate = try Gate(
            store: store, accounts: accounts, journal: journal, definitions: definitions, options: gateOptions)
        signIn = try SignIn(
            database: database, key: key, accounts: accounts, directory: OwnRecordDirectory(),
            labels: LabelReader(definitions),
            providers: [
                ProviderConfiguration(
                    name: "city-id", title: "城市通行证", issuer: "https://id.example", clientID: "healthbrain")
            ], outbound: NoOutbound(), pages: .house(demo: true, isSecure: isSecure),
            options: SignInOptions(origin: isSecure ? "https://city.example" : "http://127.0.0.1:8080"))
        var listed: (@Sendable () -> [DemoAccount])?
        if let demoAccounts { listed = { demoAccounts } }
        highway = hasHighway ? try Highway(store, mapping: try Mapping.house(definitions)) : nil
        persons = hasIdentity ? try Persons(store) : nil
        healthCodes =
            hasIdentity
            ? HealthCodeDesk(key: key, options: HealthCodeDesk.Options(issuer: "https://city.example")) : nil
        let signals = SignalDesk(store, try WatchList())
        reports =
            hasReports ? ReportDesk(store, try ReportForm(), try UnitClusters(signals.list), signals) : nil
        let watch = watchList.map { [store] in SignalDesk(store, $0) }
        hazards = try watch.map { [store] in HazardDesk(store, try HazardList($0.list), $0) }
        self.pathways = pathways.isEmpty ? nil : PathwayDesk(store, pathways)
        portal = try Portal(
            store: store, demo: true, cityCode: 330_100, gate: gate, signIn: signIn, demoAccounts: listed,
            auditFaults: { faults }, persons: persons, healthCodes: healthCodes, highway: highway,
            signals: watch, reports: reports, hazards: hazards, pathways: self.pathways,
            population: try watch.map { try PopulationDesk($0, cityCode: 330_100) },
            laboratories: watch == nil ? nil : LaboratoryDesk(store, try LaboratoryRules()), now: now)
        clock.withLock { $0 = { [weak self] in self?.now ?? testNow } }
    }

    func end() async {
        try? journal.close()
        await store.close()
        try? database.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Adds an account with a password of its own.
    @discardableResult
    func add(_ login: String, _ name: String, _ assignments: RoleAssignment...) async throws -> Account {
        try await accounts.add(
            login: login, displayName: name, assignments: assignments, password: .chosen(goodPassword)
        ).account
    }

    /// What the audit log holds, after everything that was told is in it.
    func log() throws -> [AuditEntry] {
        try journal.drain()
        return try store.readSQL { db in
            try AuditTrail.entries(from: 0, count: 10_000, in: db).map(\.entry)
        }
    }
}

/// A store that rules look at, in memory or in a schema of its own, as ``memoryStore()``.
private func guardedStore(
    _ place: RecordDatabase, _ definitions: Definitions, _ watchList: WatchList?, now: @escaping @Sendable () -> Int64
) throws -> RecordStore {
    var options = RecordStoreOptions(database: place, now: now)
    options.isSeenByRules = true
    var projections: [any Projection] = [
        TimelineProjection(), DailyCountsProjection(), PersonIndex(),
        ReportCasesProjection(try WatchList(), try ReportForm()), PathwayTables(definitions), WorkTables(),
    ]
    if let watchList {
        projections += [
            EventCountsProjection(watchList), HazardResultsProjection(try HazardList(watchList)),
            PopulationProjection(),
        ]
    }
    return try RecordStore(options, definitions: definitions, projections: projections)
}

/// Runs a test in a house with residents, a hospital, and an account of each face.
/// - Parameters:
///   - isSecure: whether people reach the house by TLS.
///   - demoAccounts: what the sign-in page lists.
///   - hasHighway: whether institutions send to it.
///   - hasIdentity: whether it keeps an index of persons and makes health codes.
///   - hasSignals: whether it looks for signals of surveillance, and watches the population.
///   - hasReports: whether it keeps report cards.
///   - pathways: the pathways that it follows.
func withHouse(
    isSecure: Bool = false, demoAccounts: [DemoAccount]? = nil, hasHighway: Bool = false,
    hasIdentity: Bool = false, hasSignals: Bool = false, hasReports: Bool = false, pathways: [Pathway] = [],
    _ body: @Sendable @escaping (TestHouse, @escaping @Sendable () -> TestBrowser) async throws -> Void
) async throws {
    let house = try TestHouse(
        isSecure: isSecure, demoAccounts: demoAccounts, hasHighway: hasHighway, hasIdentity: hasIdentity,
        hasSignals: hasSignals, hasReports: hasReports, pathways: pathways)
    try await house.furnish()
    let router = Router(context: BasicRequestContext.self)
    house.signIn.addRoutes(to: router)
    house.portal.addRoutes(to: router)
    let application = Application(responder: router.buildResponder())
    do {
        try await application.test(.router) { client in
            try await body(house) { TestBrowser(client) }
        }
    } catch {
        await house.end()
        throw error
    }
    await house.end()
}

/// People choose themselves alone.
struct OwnRecordDirectory: SignInDirectory {
    func patients(
        of account: Account, as assignment: RoleAssignment, matching text: String, limit: Int
    ) async throws -> [PatientChoice] {
        let own = assignment.person.flatMap { $0.hasPrefix("Patient/") ? String($0.dropFirst(8)) : nil }
        return own.map { [PatientChoice(id: $0, name: account.displayName, detail: "1954")] } ?? []
    }

    func patient(_ id: String, for account: Account, as assignment: RoleAssignment) async throws -> PatientChoice? {
        if assignment.role == .clinician { return PatientChoice(id: id, name: id) }
        return try await patients(of: account, as: assignment, matching: "", limit: 1).first { $0.id == id }
    }

    func name(ofOrganization reference: String) async -> String? { nil }
}

/// No other server answers.
struct NoOutbound: Outbound {
    struct Silence: Error {}

    func get(_ address: String, bytesMax: Int) async throws -> OutboundAnswer { OutboundAnswer(status: 404, body: []) }
    func post(
        _ form: String, to address: String, authorization: String?, bytesMax: Int
    ) async throws -> OutboundAnswer { throw Silence() }
}

extension TestHouse {
    /// Two residents with visits at a hospital, a child of one of them, and one who was never there.
    func furnish() async throws {
        try await store.put(Sample.organization("o1", division: 330_106))
        try await store.put(Sample.organization("o2", division: 330_102))
        try await store.put(
            #"{"resourceType":"Practitioner","id":"d1","name":[{"text":"李明医生"}]}"#)
        try await store.put(Sample.patient("p1"))
        try await store.put(Sample.patient("p2", name: "李雷", born: "1990-11-18", division: 330_102))
        try await store.put(Sample.patient("p3", name: "王小宝", born: "2020-05-01"))
        try await store.put(
            """
            {"resourceType":"RelatedPerson","id":"r1","active":true,"patient":{"reference":"Patient/p3"},\
            "relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"MTH"}]}]}
            """)
        try await store.put(
            String(Sample.patient("p1").dropLast())
                + #","link":[{"type":"seealso","other":{"reference":"RelatedPerson/r1"}}]}"#)
        for (number, day) in ["2026-11-20", "2026-11-19"].enumerated() {
            try await store.put(
                Sample.encounter("e\(number)", patient: "p1", organization: "o1", start: day + "T08:30:00+08:00"))
        }
        try await store.put(
            Sample.condition("c1", patient: "p1", code: "I10.x00", day: "2026-11-20", display: "原发性高血压"))
        try await store.put(Sample.glucose("g1", patient: "p1", value: "5.10", at: "2026-10-20T08:30:00+08:00"))
        await store.settle()
        try await add("grandma", "王秀英", RoleAssignment(.resident, person: "Patient/p1"))
        try await add("lilei", "李雷", RoleAssignment(.resident, person: "Patient/p2"))
        func staff(_ role: AccountRole, _ organization: String, district: String? = nil) -> RoleAssignment {
            RoleAssignment(
                role, person: "Practitioner/d1", practitionerRole: "PractitionerRole/x1",
                organization: "Organization/\(organization)", level: .institution, district: district)
        }
        try await add("doctor", "李明", staff(.clinician, "o1"))
        try await add("stranger", "赵医生", staff(.clinician, "o2"))
        try await add("manager", "钱主任", staff(.manager, "o1"))
        try await add("cdc", "孙流调", staff(.epidemiologist, "o2", district: "330106"))
        try await add("root", "运维", RoleAssignment(.operator))
        try await add("auditor", "审计员", RoleAssignment(.operator, duty: .audit))
        try await add(
            "both", "周全", RoleAssignment(.resident, person: "Patient/p2"), staff(.clinician, "o1"))
    }
}

/// A browser without script: it keeps cookies and sends the forms of the page that it shows.
final class TestBrowser: Sendable {
    struct Shown: Sendable {
        var answer: Answer
        var uri: String
        var status: HTTPResponse.Status { answer.status }
        var text: String { answer.text }
        var location: String? { answer.headers[.location] }
    }

    private let client: any TestClientProtocol
    private let cookies = Mutex<[String: String]>([:])
    private let shown = Mutex<Shown?>(nil)

    init(_ client: any TestClientProtocol) { self.client = client }

    var jar: [String: String] {
        get { cookies.withLock { $0 } }
        set { cookies.withLock { $0 = newValue } }
    }

    /// The page that is shown now.
    var page: Shown {
        get throws { try #require(shown.withLock { $0 }) }
    }

    /// Opens a page, and follows where it leads.
    @discardableResult
    func open(_ uri: String, following: Bool = true) async throws -> Shown {
        var page = try await send(.get, uri, nil as ByteBuffer?, [:])
        for _ in 0..<5 where following && page.status == .seeOther {
            page = try await send(.get, try #require(page.location), nil as ByteBuffer?, [:])
        }
        return page
    }

    /// Sends a form, with the hidden fields of the page's form for the same address, and follows where it leads.
    @discardableResult
    func post(
        _ uri: String, _ fields: [String: String] = [:], headers: HTTPFields = [:], hidden: Bool = true,
        following: Bool = true
    ) async throws -> Shown {
        var all = hidden ? try hiddenFields(uri) : [:]
        all.merge(fields) { $1 }
        let page = try await send(.post, uri, all, headers)
        guard following, page.status == .seeOther else { return page }
        return try await open(try #require(page.location))
    }

    /// Sends a form that carries a file, with the hidden fields of the page's form for the same address, and follows where it leads.
    @discardableResult
    func post(
        _ uri: String, _ fields: [String: String], file: (field: String, name: String, type: String, bytes: [UInt8])
    ) async throws -> Shown {
        var all = try hiddenFields(uri)
        all.merge(fields) { $1 }
        let edge = "----edge7MA4"
        var body = ByteBuffer()
        for (name, value) in all {
            body.writeString("--\(edge)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n")
        }
        body.writeString(
            "--\(edge)\r\nContent-Disposition: form-data; name=\"\(file.field)\"; filename=\"\(file.name)\"\r\n"
                + "Content-Type: \(file.type)\r\n\r\n")
        body.writeBytes(file.bytes)
        body.writeString("\r\n--\(edge)--\r\n")
        let page = try await send(.post, uri, body, [.contentType: "multipart/form-data; boundary=\(edge)"])
        guard page.status == .seeOther else { return page }
        return try await open(try #require(page.location))
    }

    /// Signs in by the pages.
    @discardableResult
    func signIn(_ login: String, _ password: String = goodPassword) async throws -> Shown {
        try await open("/sign-in")
        return try await post("/sign-in", ["login": login, "password": password])
    }

    private func hiddenFields(_ uri: String) throws -> [String: String] {
        let text = try page.text
        let action = uri.split(separator: "?").first.map(String.init) ?? uri
        guard let start = text.range(of: "action=\"\(action)\" method=\"post\"") else { return [:] }
        let form = text[start.upperBound...].prefix(4_000)
        let whole = form.range(of: "</form>").map { form[..<$0.lowerBound] } ?? form
        var fields: [String: String] = [:]
        for match in whole.matches(of: /<input type="hidden" name="([^"]+)" value="([^"]*)">/) {
            fields[String(match.output.1)] = String(match.output.2).replacingOccurrences(of: "&amp;", with: "&")
        }
        return fields
    }

    private func send(
        _ method: HTTPRequest.Method, _ uri: String, _ form: [String: String]?, _ more: HTTPFields
    ) async throws -> Shown {
        guard let form else { return try await send(method, uri, nil as ByteBuffer?, more) }
        var headers = more
        headers[.contentType] = "application/x-www-form-urlencoded"
        let text = form.map { "\(Self.encoded($0))=\(Self.encoded($1))" }.joined(separator: "&")
        return try await send(method, uri, ByteBuffer(string: text), headers)
    }

    private func send(
        _ method: HTTPRequest.Method, _ uri: String, _ body: ByteBuffer?, _ more: HTTPFields
    ) async throws -> Shown {
        var headers = more
        let jar = jar
        if !jar.isEmpty { headers[.cookie] = jar.map { "\($0)=\($1)" }.sorted().joined(separator: "; ") }
        let path = uri.split(separator: "#").first.map(String.init) ?? uri
        let answer = try await client.execute(uri: path, method: method, headers: headers, body: body) { response in
            Answer(status: response.status, headers: response.headers, text: String(buffer: response.body))
        }
        for line in answer.headers[values: .setCookie] {
            let pair = line.split(separator: ";")[0].split(separator: "=", maxSplits: 1)
            let value = pair.count > 1 ? String(pair[1]) : ""
            cookies.withLock { $0[String(pair[0])] = line.contains("Max-Age=0") ? nil : value }
        }
        let page = Shown(answer: answer, uri: uri)
        shown.withLock { $0 = page }
        return page
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
