import Foundation
import Synchronization

/// The thread that moves a journal on, and its memory of the last mark.
final class JournalLoop: Sendable {
    private struct State {
        var isStopped = false
        var isRunning = false
        var marked: (segment: Int64, length: Int64)?
        var markedAt: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Calls the body again and again until ``stop()``, or until it answers false.
    func start(every interval: Duration, _ body: @escaping @Sendable () -> Bool) {
        let isFirst = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning && !state.isStopped
        }
        guard isFirst else { return }
        let seconds = Double(interval.components.seconds) + Double(interval.components.attoseconds) / 1e18
        let thread = Thread { [self] in
            while wake.wait(timeout: .now() + seconds) == .timedOut, body() {}
            ended.signal()
        }
        thread.name = "audit-journal"
        thread.start()
    }

    /// Returns when the thread has ended.
    func stop() {
        let wasRunning = state.withLock { state in
            defer { state.isStopped = true }
            return state.isRunning && !state.isStopped
        }
        guard wasRunning else { return }
        wake.signal()
        ended.wait()
    }

    /// Whether something was written since the last mark, or the mark is old.
    func needsMark(at end: (segment: Int64, length: Int64), every interval: Duration) -> Bool {
        state.withLock { state in
            guard let marked = state.marked, let at = state.markedAt else { return true }
            return marked != end || at.duration(to: .now) >= interval
        }
    }

    func noteMark(at end: (segment: Int64, length: Int64)) {
        state.withLock { state in
            state.marked = end
            state.markedAt = .now
        }
    }
}
