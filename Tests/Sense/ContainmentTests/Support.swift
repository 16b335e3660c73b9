import Calendar
import Containment
import FHIR
import Foundation
import JSON
import Records
import SQL
import Signals
import Syndromes

/// Noon in Shanghai on 2026-11-21.
let start: Int64 = 1_795_233_600_000
let hour: Int64 = 3_600_000
let watchList = Result { try WatchList() }
let contactRules = Result { try ContactRules() }

/// A day of November 2026.
func november(_ day: Int) -> CivilDay { CivilDay("2026-11-01")!.advanced(by: day - 1) }

/// Noon on a day of November 2026.
func noon(_ day: Int) -> Int64 { november(day).startMilliseconds + 12 * hour }

/// A database in memory, or with `HEALTHBRAIN_TEST_STORES=postgres` a schema of its own in the PostgreSQL of
/// `Scripts/with-postgres`.
func testDatabase() throws -> RecordDatabase {
    let environment = ProcessInfo.processInfo.environment
    guard environment["HEALTHBRAIN_TEST_STORES"] == "postgres" else { return .sqlite(path: nil) }
    let whole = try PostgreSQLAddress(environment["HEALTHBRAIN_TEST_POSTGRES"] ?? "")
    return .postgreSQL(whole.with(schema: "test_" + UUID().uuidString.lowercased()))
}

/// A store with a measles signal in 西湖区.
func signalStore(_ now: Int64 = start) async throws -> (SignalDesk, Signal) {
    let list = try watchList.get()
    let store = try RecordStore(
        RecordStoreOptions(database: try testDatabase(), now: { now }), definitions: try Definitions.r4(),
        projections: [EventCountsProjection(list)])
    let desk = SignalDesk(store, list)
    let signal = try await desk.raise(
        .unit("文一街小学"), list["NID-B-007"]!, district: 330_106, window: november(14)...november(21), count: 12, now: now)
    return (desk, signal!)
}

/// A contact of a signal, listed on the 21st at noon, exposed on the 18th and 20th.
func contact(
    of signal: Signal, _ name: String = "周明", exposedTo: String? = "Patient/p1", days: Int = 21, tests: Int = 0
) -> Contact {
    Contact(
        of: signal, name: name, phone: "13800000000", district: 330_106, kind: "household", exposedTo: exposedTo,
        exposedToName: "王小宝", exposure: november(18)...november(20), days: days, testsNeeded: tests,
        owner: "Organization/xihu", by: "孙流调", text: "同住的祖母", now: start)
}

extension Contact {
    /// A follow-up.
    mutating func follow(_ outcome: ContactOutcome, at time: Int64, temperature: Double? = nil) throws {
        var action = Action(.follow, by: "孙流调")
        (action.outcome, action.at, action.temperature) = (outcome, time, temperature)
        try take(action, now: time)
    }

    /// A step with a day or a reason.
    mutating func take(_ what: ContactAction, day: CivilDay? = nil, text: String = "", at now: Int64) throws {
        var action = Action(what, by: "孙流调")
        (action.day, action.text) = (day, text)
        try take(action, now: now)
    }
}
