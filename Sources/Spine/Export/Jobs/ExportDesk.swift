public import FHIR
import Foundation
public import Records
import Synchronization

/// Takes exports, does them one after the other in the background, and keeps their files until they expire.
///
/// What was under way when the server ended is told to be given up at the next start, and what is done stays.
public final class ExportDesk: Sendable {
    /// What may be chosen.
    public struct Options: Sendable {
        /// The folder of all exports, for the server's user alone; made when it is missing.
        public var folder: String
        /// The bounds.
        public var limits = ExportLimits()
        /// The time, in milliseconds since 1970 UTC.
        public var now: @Sendable () -> Int64 = { WallClock.milliseconds() }
        /// Makes names and secrets.
        public var randomBytes: @Sendable (Int) -> [UInt8] = { count in
            var generator = SystemRandomNumberGenerator()
            return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }

        /// - Parameter folder: the folder of all exports.
        public init(folder: String) { self.folder = folder }
    }

    /// What an export needs beside what it is.
    public struct Errand: Sendable {
        /// What is to be exported.
        public var request: ExportRequest
        /// Who asked; nil in an open house.
        public var owner: ExportJob.Owner?
        /// What the one who asked reaches now.
        public var view: @Sendable () throws(RecordsError) -> SeenRecords
        /// Told how it ended: whether it is complete, and in words. When it throws, the export is given up.
        public var whenOver: @Sendable (_ isComplete: Bool, _ words: String) throws -> Void

        /// Describes an errand.
        public init(
            request: ExportRequest, owner: ExportJob.Owner?,
            view: @escaping @Sendable () throws(RecordsError) -> SeenRecords,
            whenOver: @escaping @Sendable (_ isComplete: Bool, _ words: String) throws -> Void
        ) {
            self.request = request
            self.owner = owner
            self.view = view
            self.whenOver = whenOver
        }
    }

    private struct State {
        var jobs: [String: ExportJob] = [:]
        var errands: [String: Errand] = [:]
        var waiting: [String] = []
    }

    /// What was chosen.
    public let options: Options
    private let store: RecordStore
    private let definitions: Definitions
    private let state: Mutex<State>
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    /// Opens the folder: what was under way is given up, what has expired is removed.
    /// - Throws: ``ExportFault`` when it can't be used.
    public init(_ store: RecordStore, _ definitions: Definitions, _ options: Options) throws(ExportFault) {
        self.store = store
        self.definitions = definitions
        self.options = options
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        try ExportFolder(path: options.folder).make()
        var jobs: [String: ExportJob] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: options.folder)) ?? [] {
            let folder = ExportFolder(path: "\(options.folder)/\(name)")
            guard Self.isName(name), var job = folder.job(), job.id == name else { continue }
            if !job.state.isOver {
                job.state = .failed
                job.fault = "The server was started again before the export was done; export again."
                job.expires = options.now() + options.limits.keptSeconds * 1000
                folder.removeFiles()
                try? folder.keep(job)
            }
            jobs[name] = job
        }
        state = Mutex(State(jobs: jobs))
        sweep()
    }

    /// Whether a text has the form of a job's name.
    private static func isName(_ text: String) -> Bool {
        text.utf8.count == 32 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private func folder(_ id: String) -> ExportFolder { ExportFolder(path: "\(options.folder)/\(id)") }

    // MARK: Asking

    /// Takes an export.
    /// - Throws: ``ExportFault/busy(perOwner:)``, ``ExportFault/folder(_:)``.
    public func accept(_ errand: Errand) throws -> ExportJob {
        let now = options.now()
        let id = options.randomBytes(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let request = errand.request
        let job = ExportJob(
            id: id, owner: errand.owner, address: request.address, purpose: request.purpose,
            approval: request.study?.approval, types: request.types, accepted: now,
            expires: now + options.limits.keptSeconds * 1000)
        try state.withLock { state in
            let open = state.jobs.values.filter { !$0.state.isOver }
            if open.count >= options.limits.openMax { throw ExportFault.busy(perOwner: false) }
            if open.count(where: { $0.owner == errand.owner }) >= options.limits.openPerOwnerMax {
                throw ExportFault.busy(perOwner: true)
            }
            try folder(id).make()
            try folder(id).keep(job)
            state.jobs[id] = job
            state.errands[id] = errand
            state.waiting.append(id)
        }
        ring.yield()
        return job
    }

    /// An export as its owner sees it; nil when it is not there, or somebody else's.
    public func job(_ id: String, of owner: ExportJob.Owner?) -> ExportJob? {
        let now = options.now()
        return state.withLock { $0.jobs[id] }.flatMap { job in
            job.owner == owner && (job.expires > now || !job.state.isOver) ? job : nil
        }
    }

    /// The path of a file of an export that is done; nil when there is none of that name.
    public func path(of name: String, in job: ExportJob) -> String? {
        guard job.state == .complete, job.files.contains(where: { $0.name == name }) else { return nil }
        return folder(job.id).path(of: name)
    }

    /// Whose records are in a file; empty for copies for research, which tell nobody.
    public func persons(of name: String, in job: ExportJob) -> [String] {
        guard let data = FileManager.default.contents(atPath: folder(job.id).path(of: name + LineFiles.personsEnding))
        else { return [] }
        return data.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Ends an export, and removes what it wrote.
    public func remove(_ job: ExportJob) {
        state.withLock { state in
            state.jobs[job.id] = nil
            state.errands[job.id] = nil
            state.waiting.removeAll { $0 == job.id }
        }
        folder(job.id).remove()
    }

    /// Removes what has expired.
    public func sweep() {
        let now = options.now()
        let over = state.withLock { $0.jobs.values.filter { $0.state.isOver && $0.expires <= now } }
        for job in over { remove(job) }
    }

    // MARK: Working

    /// Does the exports, one after the other, until it is cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(30))
                    self.sweep()
                }
            }
            await work()
            group.cancelAll()
        }
    }

    private func work() async {
        for await _ in bell {
            while !Task.isCancelled, let (id, errand) = next() { await perform(id, errand) }
        }
    }

    private func next() -> (String, Errand)? {
        state.withLock { state in
            while !state.waiting.isEmpty {
                let id = state.waiting.removeFirst()
                if let errand = state.errands[id] { return (id, errand) }
            }
            return nil
        }
    }

    private func perform(_ id: String, _ errand: Errand) async {
        change(id) { job in (job.state, job.progress) = (.running, "begun") }
        do {
            let outcome = try await outcome(of: id, errand)
            guard isThere(id) else { throw ExportFault.cancelled }
            try errand.whenOver(true, outcome.summary)
            change(id) { job in
                (job.state, job.progress) = (.complete, "complete")
                job.moment = outcome.moment.milliseconds
                job.files = outcome.files
            }
        } catch {
            folder(id).removeFiles()
            let words = Self.words(error)
            change(id) { job in (job.state, job.fault) = (.failed, words) }
            // What was taken back meanwhile leaves nothing behind.
            if !isThere(id) { folder(id).remove() }
            try? errand.whenOver(false, words)
        }
        state.withLock { $0.errands[id] = nil }
    }

    private func outcome(of id: String, _ errand: Errand) async throws -> ExportOutcome {
        let moment = try await store.moment()
        let walk = ExportWalk(view: errand.view, moment: moment, rest: options.limits.rest) {
            if !self.isThere(id) { throw ExportFault.cancelled }
        }
        let tell: @Sendable (String) -> Void = { words in
            self.state.withLock { $0.jobs[id]?.progress = words }
        }
        guard let study = errand.request.study else {
            return try await ExportRun(
                request: errand.request, walk: walk, store: store, definitions: definitions, folder: folder(id),
                limits: options.limits, tell: tell
            ).run()
        }
        return try await ResearchRun(
            request: errand.request, study: study, walk: walk, store: store, definitions: definitions,
            folder: folder(id), limits: options.limits, tell: tell
        ).run()
    }

    private func isThere(_ id: String) -> Bool { state.withLock { $0.jobs[id] != nil } }

    private func change(_ id: String, _ body: (inout ExportJob) -> Void) {
        let changed = state.withLock { state -> ExportJob? in
            guard var job = state.jobs[id] else { return nil }
            body(&job)
            if job.state.isOver { job.expires = options.now() + options.limits.keptSeconds * 1000 }
            state.jobs[id] = job
            return job
        }
        if let changed { try? folder(id).keep(changed) }
    }

    /// Why an export was given up, in words that its owner may read.
    private static func words(_ error: any Error) -> String {
        switch error {
        case let fault as ExportFault: fault.description
        case let error as RecordsError where error.category != .internal:
            error.issues.first?.diagnostics ?? "The records can't be read."
        case is CancellationError: "The server ended before the export was done; export again."
        default: "The export failed. The log has the reason."
        }
    }
}
