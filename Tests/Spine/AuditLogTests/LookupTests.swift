import AuditLog
import SQL
import Testing

@Suite("Looking entries up")
struct LookupTests {
    @Test("by patient, account and time gives what a filter gives, page by page", arguments: TestDatabase.available)
    func pages(kind: TestDatabase) throws {
        try kind.with { database throws in
            var entries = Entries.day(1500, seed: 3)
            // Some were handed on late.
            for place in stride(from: 100, to: 1500, by: 97) { entries[place].at -= 7_200_000 }
            var start = 0
            while start < entries.count {
                let batch = Array(entries[start..<min(entries.count, start + 1 + start % 300)])
                _ = try database.write { db in try AuditTrail.append(batch, in: db) }
                start += batch.count
            }
            let all = entries.enumerated().map { AuditTrail.Placed(index: Int64($0.offset), entry: $0.element) }
            try database.read { db throws in
                for patient in ["Patient/0", "Patient/7", "Patient/none"] {
                    var (found, cursor): ([AuditTrail.Placed], Int64?) = ([], nil)
                    repeat {
                        let page = try AuditTrail.entries(ofPatient: patient, below: cursor, count: 13, in: db)
                        #expect(page.entries.count == 13 || page.next == nil)
                        found += page.entries
                        cursor = page.next
                    } while cursor != nil
                    #expect(found == all.reversed().filter { $0.entry.patients.contains(patient) })
                }
                for account in ["a-2", "nobody"] {
                    var (found, cursor): ([AuditTrail.Placed], Int64?) = ([], nil)
                    repeat {
                        let page = try AuditTrail.entries(ofAccount: account, below: cursor, count: 50, in: db)
                        found += page.entries
                        cursor = page.next
                    } while cursor != nil
                    #expect(found == all.reversed().filter { $0.entry.agent.account == account })
                }
                let first = entries[0].at
                for time in [
                    first..<first + 3_000_000, first - 9_000_000..<first, 0..<Int64.max, first + 50..<first + 51,
                ] {
                    var (found, cursor): ([AuditTrail.Placed], AuditTrail.TimeCursor?) = ([], nil)
                    repeat {
                        let page = try AuditTrail.entries(during: time, after: cursor, count: 40, in: db)
                        found += page.entries
                        cursor = page.next
                    } while cursor != nil
                    #expect(found.sorted { $0.index < $1.index } == all.filter { time.contains($0.entry.at) })
                }
            }
        }
    }

    @Test("an append that is undone leaves nothing", arguments: TestDatabase.available)
    func undone(kind: TestDatabase) throws {
        struct Stop: Error {}
        try kind.with { database throws in
            _ = try database.write { db in try AuditTrail.append(Entries.day(300, seed: 4), in: db) }
            let before = try database.read { db in try AuditTrail.state(in: db) }
            #expect(throws: Stop.self) {
                try database.write { db in
                    try AuditTrail.append(Entries.day(300, seed: 5), in: db)
                    throw Stop()
                }
            }
            #expect(try database.read { db in try AuditTrail.state(in: db) } == before)
            #expect(try AuditVerification.run(on: database).isClean)
        }
    }
}
