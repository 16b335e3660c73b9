import Access
import Export
import FHIR
import Foundation
import JSON
import Records
import SQL
import Synchronization
import Testing

/// A store with a desk for exports, and a clock that the test moves.
struct Desk: Sendable {
    let store: RecordStore
    let desk: ExportDesk
    let folder: String
    let clock: Clock

    /// Milliseconds since 1970.
    final class Clock: Sendable {
        private let time = Mutex<Int64>(1_780_000_000_000)
        var now: Int64 { time.withLock { $0 } }
        func forward(seconds: Int64) { time.withLock { $0 += seconds * 1000 } }
    }

    func accept(
        _ types: [String], level: ExportRequest.Level = .system, patients: Set<String>? = nil, since: Int64? = nil,
        elements: [String] = [], owner: ExportJob.Owner? = nil, study: ResearchStudy? = nil
    ) throws -> ExportJob {
        let records = store.seen(by: nil, trace: AccessTrace(AccessTrace.Who()))
        return try desk.accept(
            ExportDesk.Errand(
                request: ExportRequest(
                    address: "/fhir/$export", level: level, types: types, since: since, elements: elements,
                    patients: patients, study: study),
                owner: owner, view: { () throws(RecordsError) in records }, whenOver: { _, _ in }))
    }

    /// The export once it is over.
    func ended(_ job: ExportJob) async throws -> ExportJob {
        while true {
            let found = try #require(desk.job(job.id, of: job.owner))
            if found.state.isOver { return found }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// The files of an export by name.
    func files(of job: ExportJob) throws -> [String: String] {
        var found: [String: String] = [:]
        for file in job.files {
            let path = try #require(desk.path(of: file.name, in: job))
            found[file.name] = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        }
        return found
    }

    func study(k: Int = 5, secret: UInt8 = 1, profile: ResearchProfile? = nil) throws -> ResearchStudy {
        ResearchStudy(
            approval: "a1", title: "测试", dataOwner: "owner", securityOfficer: "officer", k: k, population: 10_000,
            secret: Array(repeating: secret, count: 32), profile: try profile ?? .city())
    }
}

/// Runs a test with a store that has some Bundles, and a desk that works unless it is told to be idle.
func withDesk(
    _ bundles: [String] = [], limits: ExportLimits = ExportLimits(), isIdle: Bool = false,
    _ body: @escaping @Sendable (Desk) async throws -> Void
) async throws {
    let definitions = try Definitions.r4()
    let store = try RecordStore(
        RecordStoreOptions(database: .sqlite(path: nil)), definitions: definitions, projections: [])
    for bundle in bundles { _ = try await store.process(bundle: try JSONDocument(parsing: Array(bundle.utf8))) }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    let clock = Desk.Clock()
    var limits = limits
    limits.rest = 0
    let desk = try openDesk(store, folder, clock, limits)
    try await withThrowingTaskGroup(of: Void.self) { group in
        if !isIdle { group.addTask { await desk.run() } }
        try await body(Desk(store: store, desk: desk, folder: folder, clock: clock))
        group.cancelAll()
    }
    await store.close()
    try? FileManager.default.removeItem(atPath: folder)
}

func openDesk(
    _ store: RecordStore, _ folder: String, _ clock: Desk.Clock, _ limits: ExportLimits = ExportLimits()
) throws -> ExportDesk {
    var options = ExportDesk.Options(folder: folder)
    options.limits = limits
    options.now = { clock.now }
    return try ExportDesk(store, try Definitions.r4(), options)
}
