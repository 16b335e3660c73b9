import Foundation

/// Threads for work that waits for another process, so that the few threads of Swift's own pool never stand still.
///
/// A thread is made when work comes and no thread is idle, up to a bound; one that was idle for a while ends. Use it as
/// the preferred executor of a task: `withTaskExecutorPreference(threads) { … }`.
///
/// `@unchecked Sendable`: all state is guarded by the condition's lock.
final class WaitingThreads: TaskExecutor, @unchecked Sendable {
    private static let idleSecondsMax = 20.0

    private let name: String
    private let threadsMax: Int
    /// By how much others go before: 0 to 19, as `nice` counts.
    private let niceness: Int32
    private let condition = NSCondition()
    private var waiting: [UnownedJob] = []
    /// The place of the first job of `waiting` that nobody has taken.
    private var first = 0
    private var threads = 0
    private var idle = 0
    private var isClosed = false

    init(name: String, threadsMax: Int, niceness: Int32 = 0) {
        self.name = name
        self.niceness = niceness
        self.threadsMax = max(1, threadsMax)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        condition.lock()
        waiting.append(UnownedJob(job))
        let needsThread = waiting.count - first > idle && threads < threadsMax
        if needsThread { threads += 1 } else { condition.signal() }
        condition.unlock()
        guard needsThread else { return }
        let thread = Thread { self.work() }
        thread.name = name
        // Parsing and planning are not deep, and a nested document is bounded; this is what the main thread has.
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Idle threads end; jobs that still come are done, by threads that do not stay.
    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    private func work() {
        // On Linux both are about the calling thread alone. Niceness counts nothing at real-time priority, which threads inherit.
        if niceness > 0 {
            var usual = sched_param(sched_priority: 0)
            _ = sched_setscheduler(0, SCHED_OTHER, &usual)
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
        }
        while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Waits for a job; nil when the thread has to end.
    private func next() -> UnownedJob? {
        condition.lock()
        defer { condition.unlock() }
        let end = Date(timeIntervalSinceNow: Self.idleSecondsMax)
        while first == waiting.count {
            if isClosed { break }
            idle += 1
            let isWoken = condition.wait(until: end)
            idle -= 1
            if !isWoken { break }
        }
        guard first < waiting.count else {
            threads -= 1
            return nil
        }
        let job = waiting[first]
        first += 1
        if first == waiting.count || first >= 1024 {
            waiting.removeFirst(first)
            first = 0
        }
        return job
    }
}
