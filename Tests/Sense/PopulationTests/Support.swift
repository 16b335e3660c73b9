import Calendar
import FHIR
import Foundation
import JSON
import Population
import Records
import SQL
import Signals
import Synchronization
import Syndromes

/// A clock that is set by hand, in milliseconds since 1970.
final class TestClock: Sendable {
    private let time: Mutex<Int64>
    init(_ day: String) { time = Mutex((CivilDay(day)?.startMilliseconds ?? 0) + 36_000_000) }
    var now: Int64 { time.withLock { $0 } }
    func set(_ day: String) { time.withLock { $0 = (CivilDay(day)?.startMilliseconds ?? 0) + 36_000_000 } }
}

/// A database in memory, or with `HEALTHBRAIN_TEST_STORES=postgres` a schema of its own in the PostgreSQL of
/// `Scripts/with-postgres`.
func testDatabase() throws -> RecordDatabase {
    let environment = ProcessInfo.processInfo.environment
    guard environment["HEALTHBRAIN_TEST_STORES"] == "postgres" else { return .sqlite(path: nil) }
    let whole = try PostgreSQLAddress(environment["HEALTHBRAIN_TEST_POSTGRES"] ?? "")
    return .postgreSQL(whole.with(schema: "test_" + UUID().uuidString.lowercased()))
}

/// A store that keeps the population.
func populationStore(_ clock: TestClock) throws -> RecordStore {
    try RecordStore(
        RecordStoreOptions(database: try testDatabase(), now: { clock.now }), definitions: try Definitions.r4(),
        projections: [PopulationProjection(), EventCountsProjection(try WatchList())])
}

extension RecordStore {
    /// Puts a resource whose type and id stand in its text.
    func put(_ body: String) async throws {
        let document = try JSONDocument(parsing: Array(body.utf8))
        _ = try await update(
            ResourceKey(type: document.root["resourceType"]?.string ?? "", id: document.root["id"]?.string ?? ""),
            document)
    }
}

/// Small resources for tests.
enum Sample {
    static func home(_ division: Int, use: String = "home", from: String? = nil, until: String? = nil) -> String {
        let period = [from.map { #""start":"\#($0)""# }, until.map { #""end":"\#($0)""# }].compactMap { $0 }
        return #"{"use":"\#(use)","extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/division","#
            + #""valueCode":"\#(division)"}]"#
            + (period.isEmpty ? "" : #","period":{\#(period.joined(separator: ","))}"#)
            + "}"
    }

    static func patient(
        _ id: String, born: String? = "1990-03-09", sex: String = "female", died: String? = nil,
        homes: [String] = [home(330_106)], more: String = ""
    ) -> String {
        #"{"resourceType":"Patient","id":"\#(id)","gender":"\#(sex)""# + (born.map { #","birthDate":"\#($0)""# } ?? "")
            + (died.map { #","deceasedDateTime":"\#($0)""# } ?? "")
            + (homes.isEmpty ? "" : #","address":[\#(homes.joined(separator: ","))]"#) + more + "}"
    }

    static func register(_ id: String, by office: String, month: String, marriages: Int, status: String = "complete")
        -> String
    {
        """
        {"resourceType":"MeasureReport","id":"\(id)","status":"\(status)","type":"summary",\
        "measure":"https://healthbrain.dev/fhir/Measure/population-register","reporter":{"reference":"\(office)"},\
        "period":{"start":"\(month)-01","end":"\(month)-28"},"group":[{"code":{"coding":[{"system":\
        "\(RegisterKind.system)","code":"marriages"}]},"population":[{"count":\(marriages)}]}]}
        """
    }
}
