import AuditLog
import Foundation
import SQL

// How fast events are handed to the journal, and how fast they come into the log and are verified.
//
//     audit-rate FOLDER [EVENTS] [THREADS]

let folder = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : NSTemporaryDirectory()
let events = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 0 : 1_000_000
let threads = CommandLine.arguments.count > 3 ? Int(CommandLine.arguments[3]) ?? 0 : 1
let home = "\(folder)/audit-rate-\(getpid())"
try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(atPath: home) }

func entry(_ number: Int) -> AuditEntry {
    AuditEntry(
        at: 1_760_000_000_000 + Int64(number), action: .read,
        agent: AuditAgent(
            account: "0198c0de-0000-7000-8000-\(100_000_000_000 + number % 500)",
            person: "Practitioner/0198c0de-1111-7000-8000-\(100_000_000_000 + number % 500)", role: "clinician",
            organization: "0198c0de-2222-7000-8000-000000000001", client: ""),
        network: "10.1.2.3", session: "c2Vzc2lvbg", purpose: "TREAT", request: "0198c0de-\(number)",
        patients: ["Patient/0198c0de-3333-7000-8000-\(100_000_000_000 + number * 7919 % 20_000)"],
        entities: [.resource("Observation/0198c0de-4444-7000-8000-\(100_000_000_000 + number)", version: "1")])
}

/// The processor seconds of all threads of this process.
func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}

func measure(_ name: String, _ count: Int, _ body: () throws -> Void) rethrows {
    let (start, processor) = (ContinuousClock.now, processorSeconds())
    try body()
    let seconds = Double(start.duration(to: .now) / .nanoseconds(1)) / 1e9
    let used = processorSeconds() - processor
    print(
        "\(name): \(Int(Double(count) / seconds)) a second, \(Int(used / Double(count) * 1e9)) ns of processor an event"
    )
}

let database = try SQLiteDatabase(path: "\(home)/log.db")
try database.write { db in try AuditTrail.create(in: db) }
let made = (0..<min(events, 100_000)).map(entry)
measure("encode", made.count) { for entry in made where entry.encoded.isEmpty { print("?") } }
var options = AuditJournal.Options(folder: "\(home)/journal")
options.segmentBytesMax = 64 << 20
let journal = try AuditJournal(options, database: database)
try measure("hand, one at a time, \(threads) threads", events) {
    if threads == 1 {
        for number in 0..<events { try journal.hand(made[number % made.count]) }
    } else {
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for number in stride(from: thread, to: events, by: threads) {
                do { try journal.hand(made[number % made.count]) } catch { print(error) }
            }
        }
    }
}
try measure("hand, 16 at a time", events) {
    for start in stride(from: 0, to: events, by: 16) {
        let from = start % (made.count - 16)
        try journal.hand(Array(made[from..<from + 16]))
    }
}
let handed = 2 * events
try measure("move into the log", handed) { try journal.drain() }
try measure("write alone, one transaction an event", 2000) {
    for number in 0..<2000 { try database.write { db in _ = try AuditTrail.append([made[number]], in: db) } }
}
try measure("a page of 20 of a patient's", 2000) {
    for number in 0..<2000 {
        let patient = made[number].patients[0]
        _ = try database.read { db in try AuditTrail.entries(ofPatient: patient, count: 20, in: db) }
    }
}
try measure("inclusion proof", 2000) {
    try database.read { db in
        let size = try AuditTrail.state(in: db).size
        for number in 0..<2000 {
            _ = try AuditTrail.inclusionProof(of: Int64(number) * 7919 % size, size: size, in: db)
        }
    }
}
try measure("verify", handed) {
    let report = try AuditVerification.run(on: database)
    print("\(report.size) events, \(report.findings.count) findings, \(database.bytes() / Int(report.size)) bytes each")
}
try journal.close()
try database.close()
