import Calendar
import FHIR
import JSON
import Pathways
import Records
import Synchronization

/// Goes through bulk jobs in the background, each through the eyes of who asked for it, so that the rules decide about every task.
final class BulkRunner: Sendable {
    /// Tasks between two looks at whether it is to stop.
    private static let batch = 10

    private let desk: PathwayDesk
    private let now: @Sendable () -> Int64
    private let running = Mutex<Set<String>>([])

    init(_ desk: PathwayDesk, now: @escaping @Sendable () -> Int64) {
        self.desk = desk
        self.now = now
    }

    /// Whether a job moves in this process.
    func isRunning(_ id: String) -> Bool { running.withLock { $0.contains(id) } }

    /// Lets a job go on in the background; nothing where it does already.
    /// - Parameter open: what its asker reaches of the records, and what hands it to the audit log.
    func start(
        _ id: String, isInvitation: @escaping @Sendable (CareTask) -> Bool,
        open: @escaping @Sendable () throws -> SeenPage
    ) {
        guard running.withLock({ $0.insert(id).inserted }) else { return }
        let threads = desk.store.readingThreads
        Task {
            await withTaskExecutorPreference(threads) {
                // What has failed stands in the job; one that can't be written at all stays where it is, and its page offers to
                // go on.
                _ = try? await self.run(id, isInvitation, open)
                _ = self.running.withLock { $0.remove(id) }
            }
        }
    }

    private func run(_ id: String, _ isInvitation: (CareTask) -> Bool, _ open: () throws -> SeenPage) async throws {
        let key = ResourceKey(type: "Task", id: id)
        while true {
            let page = try open()
            defer { try? page.finish() }
            guard var job = try BulkJob(page.read(key)), job.state.moves else { return }
            let part = job.waiting.prefix(Self.batch)
            var results: [String: (BulkJob.Result, String)] = [:]
            for task in part {
                do { results[task] = try await step(task, job, page, isInvitation) } catch {
                    results[task] = (.failed, "\((error as? RecordsError).map { "\($0.category)" } ?? "error")")
                }
            }
            // Somebody may have stopped it meanwhile: then what was done is noted, and it stops.
            for attempt in 0..<5 {
                for (task, result) in results { job.results[task] = result }
                if job.state.moves, job.waiting.isEmpty { job.state = job.state == .running ? .done : .undone }
                do {
                    _ = try await page.records.update(key, try job.document(), ifMatch: job.version)
                    break
                } catch let error as RecordsError where error.category == .preconditionFailed && attempt < 4 {
                    guard let anew = try BulkJob(page.read(key)) else { return }
                    job = anew
                }
            }
            if !job.state.moves { return }
        }
    }

    private func step(
        _ id: String, _ job: BulkJob, _ page: SeenPage, _ isInvitation: (CareTask) -> Bool
    ) async throws -> (BulkJob.Result, String) {
        let key = ResourceKey(type: "Task", id: id)
        guard let task = try CareTask(page.read(key)) else { return (.skipped, "") }
        switch (job.kind, job.state) {
        case (.invite, .running):
            guard isInvitation(task), task.isOpen(at: now()) else { return (.skipped, "") }
            let message = try message(job, task, status: "completed")
            _ = try await page.records.update(
                ResourceKey(type: "Communication", id: job.message(of: id)), message)
            if task.status != "in-progress" {
                _ = try await page.records.update(
                    key, try TaskAnswer.begun(task.root, status: "in-progress", at: now()), ifMatch: task.version)
            }
            return (.done, "")
        case (.putOff, .running):
            guard task.isOpen(at: now()), let until = CivilDay(job.until.prefix(10)) else { return (.skipped, "") }
            let document = try TaskAnswer.deferred(
                task.root, until: until.startMilliseconds, note: job.text, by: job.author, at: now())
            _ = try await page.records.update(key, document, ifMatch: task.version)
            return (.done, "")
        case (.invite, _):
            let message = try message(job, task, status: "entered-in-error")
            _ = try await page.records.update(
                ResourceKey(type: "Communication", id: job.message(of: id)), message)
            guard task.status == "in-progress" else { return (.kept, "") }
            _ = try await page.records.update(
                key, try TaskAnswer.begun(task.root, status: "requested", at: now()), ifMatch: task.version)
            return (.undone, "")
        case (.putOff, _):
            guard task.isAlive, task.deferred > 0 else { return (.kept, "") }
            let document = try TaskAnswer.deferred(
                task.root, until: nil, note: "↩ " + job.text, by: job.author, at: now())
            _ = try await page.records.update(key, document, ifMatch: task.version)
            return (.undone, "")
        }
    }

    private func message(_ job: BulkJob, _ task: CareTask, status: String) throws -> JSONDocument {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Communication")
        writer.member("id", string: job.message(of: task.id))
        writer.member("status", string: status)
        writer.reference("subject", "Patient/\(task.person)")
        writer.references("about", "Task/\(task.id)")
        writer.member("sent", string: job.authored)
        writer.references("recipient", "Patient/\(task.person)")
        writer.reference("sender", job.author?.reference ?? job.owner, display: job.author?.name)
        writer.single("payload") { $0.member("contentString", string: job.text) }
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }
}
