import Export
import FHIR
import Foundation
import JSON
import Records
import Testing

@Suite("exports in the background")
struct ExportDeskTests {
    static let town = Town(seed: 1, patients: 60).bundles

    @Test("hold every resource once, a line each, in files of bounded length for the server's user alone")
    func lines() async throws {
        var limits = ExportLimits()
        limits.fileLinesMax = 25
        try await withDesk(Self.town, limits: limits) { desk async throws in
            let job = try await desk.ended(try desk.accept(["Patient", "Encounter", "Flag"]))
            #expect(job.state == .complete)
            let patients = job.files.filter { $0.type == "Patient" }
            #expect(patients.map(\.count) == [25, 25, 10])
            #expect(job.files.filter { $0.type == "Flag" }.map(\.count).reduce(0, +) == 120)
            var ids: Set<String> = []
            for (name, text) in try desk.files(of: job) {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(desk.folder)/\(job.id)/\(name)")
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
                for line in text.split(separator: "\n") {
                    let root = try JSONDocument(parsing: Array(line.utf8)).root
                    let type = try #require(root["resourceType"]?.string)
                    #expect(name.hasPrefix(type + "."))
                    let isNew = ids.insert("\(type)/\(root["id"]?.string ?? "")").inserted
                    #expect(isNew)
                }
            }
            #expect(ids.count == 60 + 60 + 120)
            let folder = try FileManager.default.attributesOfItem(atPath: "\(desk.folder)/\(job.id)")
            #expect((folder[.posixPermissions] as? NSNumber)?.intValue == 0o700)
        }
    }

    @Test("hold what is about some patients, what was changed since, and the elements that were asked for")
    func narrowed() async throws {
        try await withDesk(Self.town) { desk async throws in
            let few = try await desk.ended(
                try desk.accept(["Patient", "Condition", "Organization"], level: .group, patients: ["person-7", "x"]))
            #expect(few.files.map(\.type) == ["Patient", "Condition"])
            #expect(few.files.map(\.count) == [1, 1])
            #expect(desk.desk.persons(of: "Condition.1.ndjson", in: few) == ["person-7"])
            let none = try await desk.ended(try desk.accept(["Patient"], since: .max - 1))
            #expect(none.state == .complete && none.files.isEmpty)
            let part = try await desk.ended(try desk.accept(["Patient"], elements: ["Patient.gender"]))
            let text = try #require(try desk.files(of: part)["Patient.1.ndjson"])
            #expect(text.contains("gender") && !text.contains("birthDate") && text.contains("SUBSETTED"))
        }
    }

    @Test("hold what was there at their moment, whatever is written meanwhile")
    func moment() async throws {
        try await withDesk(Self.town, isIdle: true) { desk async throws in
            let records = desk.store.seen(by: nil, trace: .init(.init()))
            let moment = try await desk.store.moment()
            let changed = #"""
                {"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient","id":"person-3",
                "gender":"other"},"request":{"method":"PUT","url":"Patient/person-3"}},{"resource":{"resourceType":"Patient",
                "id":"later"},"request":{"method":"PUT","url":"Patient/later"}},
                {"request":{"method":"DELETE","url":"Flag/u-5"}}]}
                """#
            _ = try await desk.store.process(bundle: try JSONDocument(parsing: Array(changed.utf8)))
            let page = try records.take(type: "Patient", after: 0, limit: 1000, asOf: moment)
            #expect(page.resources.count == 60 && page.next == nil)
            let third = page.resources.first { $0.key.id == "person-3" }
            #expect(third?.document.root["gender"]?.string != "other")
            #expect(!page.resources.contains { $0.key.id == "later" })
        }
    }

    @Test("are their owner's alone")
    func owner() async throws {
        try await withDesk(Self.town) { desk async throws in
            let own = ExportJob.Owner(account: "a", client: "c")
            let job = try await desk.ended(try desk.accept(["Flag"], owner: own))
            for other in [nil, ExportJob.Owner(account: "a", client: ""), .init(account: "b", client: "c")] {
                #expect(desk.desk.job(job.id, of: other) == nil)
            }
            #expect(desk.desk.job(String(repeating: "0", count: 32), of: own) == nil)
            #expect(desk.desk.job("../../etc", of: own) == nil)
            #expect(desk.desk.path(of: "job.json", in: job) == nil)
        }
    }

    @Test("are removed when they expire, and when their owner says so")
    func removal() async throws {
        try await withDesk(Self.town) { desk async throws in
            let first = try await desk.ended(try desk.accept(["Flag"]))
            let second = try await desk.ended(try desk.accept(["Flag"]))
            desk.desk.remove(first)
            #expect(desk.desk.job(first.id, of: nil) == nil)
            #expect(!FileManager.default.fileExists(atPath: "\(desk.folder)/\(first.id)"))
            desk.clock.forward(seconds: 23 * 3600)
            desk.desk.sweep()
            #expect(desk.desk.job(second.id, of: nil) != nil)
            desk.clock.forward(seconds: 3601)
            #expect(desk.desk.job(second.id, of: nil) == nil)
            desk.desk.sweep()
            #expect(!FileManager.default.fileExists(atPath: "\(desk.folder)/\(second.id)"))
        }
    }

    @Test("stay through a restart when they are done, and are told to be given up when they were not")
    func restart() async throws {
        try await withDesk(Self.town) { desk async throws in
            let done = try await desk.ended(try desk.accept(["Flag"]))
            let other = try openDesk(desk.store, desk.folder, desk.clock)
            let waiting = try other.accept(
                .init(
                    request: .init(address: "", level: .system, types: ["Flag"]), owner: nil,
                    view: { desk.store.seen(by: nil, trace: .init(.init())) }, whenOver: { _, _ in }))
            let again = try openDesk(desk.store, desk.folder, desk.clock)
            let kept = try #require(again.job(done.id, of: nil))
            #expect(kept.state == .complete && kept.files == done.files)
            #expect(again.path(of: "Flag.1.ndjson", in: kept) != nil)
            let lost = try #require(again.job(waiting.id, of: nil))
            #expect(lost.state == .failed && lost.fault?.contains("started again") == true && lost.files.isEmpty)
        }
    }

    @Test("wait in a line of bounded length")
    func line() async throws {
        try await withDesk(isIdle: true) { desk async throws in
            let own = ExportJob.Owner(account: "a", client: "")
            _ = try desk.accept(["Flag"], owner: own)
            _ = try desk.accept(["Flag"], owner: own)
            #expect(throws: ExportFault.self) { try desk.accept(["Flag"], owner: own) }
            for place in 0..<30 { _ = try desk.accept(["Flag"], owner: .init(account: "\(place)", client: "")) }
            #expect(throws: ExportFault.self) { try desk.accept(["Flag"], owner: .init(account: "z", client: "")) }
        }
    }

    @Test("end with words that tell nothing when the records can't be had any more")
    func failure() async throws {
        try await withDesk(Self.town) { desk async throws in
            let job = try desk.desk.accept(
                .init(
                    request: .init(address: "", level: .system, types: ["Flag"]), owner: nil,
                    view: { () throws(RecordsError) in throw RecordsError(.internal, "SELECT secret") },
                    whenOver: { _, _ in }))
            let ended = try await desk.ended(job)
            #expect(ended.state == .failed && ended.fault == "The export failed. The log has the reason.")
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(desk.folder)/\(job.id)") == ["job.json"])
        }
    }
}
