// Measures how fast the shipped programmes are followed, on a simulated city in a store of its own.
//
//     pathways-rate PROGRAMMES STORE [RESIDENTS [DAYS [EVENTS]]]
//     pathways-rate PROGRAMMES long [READINGS …]
//
// STORE is a file. Where it isn't there yet it is filled and everybody is looked at; where it is, as an earlier run of the same kind left
// it, only the rest is measured. With `long`, what one person's plans cost who has so many readings (80 and 500).

import Calendar
import City
import FHIR
import Foundation
import JSON
import Pathways
import Programmes
import Records
import SQL

let arguments = CommandLine.arguments
guard arguments.count > 2 else {
    print("pathways-rate PROGRAMMES STORE [RESIDENTS [DAYS [EVENTS]]]")
    exit(2)
}
func number(_ place: Int, _ usual: Int) -> Int { arguments.count > place ? Int(arguments[place]) ?? usual : usual }
let (residents, days) = (number(3, 2000), number(4, 365))
let events = number(5, residents / 5)
let lastDay = "2026-06-30"

func say(_ text: String) {
    print(text)
    fflush(nil)
}

/// Processor time of this process: what others do on the machine meanwhile doesn't count.
func processorSeconds() -> Double {
    let (own, system) = processorShares()
    return own + system
}

/// Processor time of this process: its own, and that of the system on its behalf.
func processorShares() -> (own: Double, system: Double) {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return (seconds(usage.ru_utime), seconds(usage.ru_stime))
}

func noon(_ day: CivilDay) -> Int64 { day.startMilliseconds + 12 * 3_600_000 }
func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }

let definitions = try Definitions.r4()
let programmes = try ProgrammeFolder.all(below: URL(fileURLWithPath: arguments[1])).map {
    try Programme.load(try ProgrammeFolder(reading: $0), ProgrammeChecker(definitions: definitions))
}
let pathways = try programmes.flatMap { try Pathway.all($0, definitions) }

if arguments[2] == "long" {
    say("\(programmes.count) programmes, \(pathways.count) pathways")
    let sizes = arguments.dropFirst(3).compactMap { Int($0) }
    try LongHistory.measure(
        pathways, sizes.isEmpty ? [80, 500] : sizes, before: CivilDay(lastDay)!, Pathway.membership(programmes))
    exit(0)
}
say("\(programmes.count) programmes, \(pathways.count) pathways, \(residents) residents, \(days) days of records")
let place = arguments[2]
let isNew = !FileManager.default.fileExists(atPath: place)
let today = CivilDay(lastDay)!.advanced(by: 1)
let start = noon(today)
let store = try RecordStore(
    RecordStoreOptions(path: place, now: { start }), definitions: definitions,
    projections: [PathwayTables(definitions, looked: Pathway.types(pathways))])
let clock = ContinuousClock()

if isNew {
    let start = clock.now
    let city = try CitySimulation(
        CityOptions(residents: residents, days: days, endDate: lastDay, plantsOutbreaks: false))
    var bundles = city.bundles()
    var count = 0
    // Many bundles in flight share the store's transactions.
    try await withThrowingTaskGroup(of: Void.self) { group in
        var inFlight = 0
        var isFirst = true
        while let bundle = bundles.next() {
            count += bundle.resources
            let document = try JSONDocument(parsing: bundle.json)
            if isFirst {
                _ = try await store.process(bundle: document)
                isFirst = false
                continue
            }
            if inFlight == 16 {
                try await group.next()
                inFlight -= 1
            }
            group.addTask { _ = try await store.process(bundle: document) }
            inFlight += 1
        }
        try await group.waitForAll()
    }
    await store.settle()
    say("filled with \(count) resources in \(Int(seconds(clock.now - start))) s")
}

let desk = PathwayDesk(store, pathways, memberOf: Pathway.membership(programmes))
// Followed since today: what was over before is asked of nobody.
try await desk.adopt()

/// - Returns: how long it took, in seconds.
@MainActor
@discardableResult
func run(_ what: String, now: Int64) async throws -> Double {
    let (start, before) = (clock.now, processorShares())
    let report = try await desk.run(now: now)
    let (time, after) = (seconds(clock.now - start), processorShares())
    let each = 1000 / Double(max(report.persons, 1))
    say(
        what
            + String(
                format: ": %d looks in %.1f s, %.2f ms each; of a processor %.2f and of the system %.2f ms each; "
                    + "%d resources written, %d postponed",
                report.persons, time, time * each, (after.own - before.own) * each,
                (after.system - before.system) * each, report.written, report.postponed))
    for fault in report.faults.sorted().prefix(5) { say("  fault: \(fault)") }
    await store.settle()
    return time
}

if isNew {
    try await run("first look at everybody", now: noon(today))
    try await run("again at those whom that concerns", now: noon(today))
}
if events == 0 {
    await store.close()
    exit(0)
}

// A step for one person who has an event: read, plan, compare.
let everybody = try store.readSQL { db in
    try db.query("SELECT person FROM pathway_looks ORDER BY person") { $0.text(0) }
}
let open = try store.readSQL { db in
    try db.query("SELECT SUM(open), SUM(overdue), COUNT(*) FROM pathway_states WHERE ended IS NULL") {
        "\($0.int(2)) enrolments, \($0.int(0)) open and \($0.int(1)) overdue tasks"
    }
}
say(open.first ?? "")

struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
var dice = Dice(state: 7)

func percentiles(_ what: String, _ times: [Double]) {
    let sorted = times.sorted()
    guard let most = sorted.last else { return }
    func at(_ share: Double) -> Double { sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] * 1000 }
    say(
        what
            + String(
                format: ": mean %.2f, p50 %.2f, p90 %.2f, p99 %.2f, most %.2f ms (%d persons)",
                sorted.reduce(0, +) * 1000 / Double(sorted.count), at(0.5), at(0.9), at(0.99), most * 1000, sorted.count
            ))
}

@MainActor
func measure(_ what: String, _ persons: [String]) throws {
    var times: [Double] = []
    for person in persons {
        let start = processorSeconds()
        _ = try desk.look(person, now: noon(today))
        times.append(processorSeconds() - start)
    }
    percentiles(what, times)
}
let sample = Array(everybody.shuffled(using: &dice).prefix(2000))
try measure("a step, of any resident", sample)
let enrolled = try store.readSQL { db in
    try db.query("SELECT DISTINCT person FROM pathway_states WHERE ended IS NULL ORDER BY person") { $0.text(0) }
}
try measure("a step, of residents on a pathway", Array(enrolled.shuffled(using: &dice).prefix(1000)))

let quiet = Array(everybody.shuffled(using: &dice).prefix(1000))
let before = processorSeconds()
_ = try await desk.step(quiet, now: noon(today))
say(
    String(
        format: "a step with the comparing of what stands: %.2f ms each",
        (processorSeconds() - before) * 1000 / Double(quiet.count)))

// A day's events: what institutions send of residents.
@MainActor
func event(_ number: Int, _ person: String, _ at: Int64) throws -> JSONDocument {
    let instant = Moment(milliseconds: at).instantText
    let text: String
    switch number % 10 {
    case 0...2:
        let (high, low) = (Int.random(in: 105...170, using: &dice), Int.random(in: 60...100, using: &dice))
        func part(_ code: String, _ value: Int) -> String {
            """
            {"code":{"coding":[{"system":"http://loinc.org","code":"\(code)"}]},"valueQuantity":{"value":\(value),\
            "unit":"mm[Hg]","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}
            """
        }
        text = """
            {"resourceType":"Observation","id":"event-\(number)","status":"final","code":{"coding":[{"system":\
            "http://loinc.org","code":"85354-9"}]},"subject":{"reference":"Patient/\(person)"},"effectiveDateTime":\
            "\(instant)","component":[\(part("8480-6", high)),\(part("8462-4", low))]}
            """
    case 3, 4:
        let value = Double(Int.random(in: 42...110, using: &dice)) / 10
        text = """
            {"resourceType":"Observation","id":"event-\(number)","status":"final","code":{"coding":[{"system":\
            "http://loinc.org","code":"1558-6"}]},"subject":{"reference":"Patient/\(person)"},"effectiveDateTime":\
            "\(instant)","valueQuantity":{"value":\(value),"unit":"mmol/L","system":"http://unitsofmeasure.org",\
            "code":"mmol/L"}}
            """
    case 5...8:
        text = """
            {"resourceType":"Encounter","id":"event-\(number)","status":"finished","class":{"system":\
            "http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/\(person)"},\
            "period":{"start":"\(instant)"}}
            """
    default:
        let code = ["J06.9", "I10", "E11.9", "K21.9", "M54.5"].randomElement(using: &dice) ?? "J06.9"
        text = """
            {"resourceType":"Condition","id":"event-\(number)","clinicalStatus":{"coding":[{"system":\
            "http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"code":{"coding":[{"system":\
            "http://hl7.org/fhir/sid/icd-10","code":"\(code)"}]},"subject":{"reference":"Patient/\(person)"},\
            "recordedDate":"\(instant)"}
            """
    }
    return try JSONDocument(parsing: Array(text.utf8))
}

let base = try store.status().sequence
let written = clock.now
try await withThrowingTaskGroup(of: Void.self) { group in
    var inFlight = 0
    for index in 0..<events {
        guard let person = everybody.randomElement(using: &dice) else { break }
        let number = Int(base) * 10 + index
        let document = try event(number, person, noon(today) + Int64(index))
        if inFlight == 256 {
            try await group.next()
            inFlight -= 1
        }
        let key = ResourceKey(type: document.root["resourceType"]?.string ?? "", id: "event-\(number)")
        group.addTask { _ = try await store.update(key, document) }
        inFlight += 1
    }
    try await group.waitForAll()
}
await store.settle()
say(String(format: "%d events written in %.1f s", events, seconds(clock.now - written)))
var eventSeconds = try await run("the day's events", now: noon(today) + 3_600_000)
eventSeconds += try await run("again at those whom that concerns", now: noon(today) + 3_600_000)
let midnight = today.advanced(by: 1).startMilliseconds
let due = try store.readSQL { db in
    try db.first("SELECT COUNT(*) FROM pathway_looks WHERE at <= ?", [.integer(midnight)]) { $0.int(0) } ?? 0
}
say("\(due) of \(everybody.count) are looked at at midnight")
let midnightSeconds = try await run("midnight", now: midnight)
let perResident = 1_000_000 / Double(max(everybody.count, 1))
say(
    String(
        format: "if a million residents are like these: 200,000 events in %.1f minutes, midnight in %.0f s",
        eventSeconds / Double(max(events, 1)) * 200_000 / 60, midnightSeconds * perResident))
await store.close()
