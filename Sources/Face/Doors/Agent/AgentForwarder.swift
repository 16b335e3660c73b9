import Foundation

/// Sends what waits of one source, in order: what comes later waits until what came earlier is answered.
struct AgentForwarder: Sendable {
    /// Items that are sent before their answers are written down, so that many share a commit. After `kill -9` these
    /// may be sent again, and the platform knows them.
    private static let windowMax = 32
    private static let windowBytesMax = 16 << 20

    let queue: AgentQueue
    let route: any AgentRoute
    let source: String
    /// The longest pause between two attempts, in seconds.
    let pauseSecondsMax: Double
    /// A number from 0 to 1, so that agents that lost the same server don't all come back at once.
    let random: @Sendable () -> Double

    /// Works until the task is cancelled.
    func run() async {
        var failures = 0
        for await _ in queue.wakes(source) {
            while !Task.isCancelled {
                guard let pause = await round(&failures) else { break }
                try? await Task.sleep(for: .seconds(pause))
            }
        }
    }

    /// Sends what waits.
    /// - Returns: how long to wait before the next round, in seconds; nil when nothing waits.
    private func round(_ failures: inout Int) async -> Double? {
        do {
            let items = try queue.first(source, max: Self.windowMax, bytesMax: Self.windowBytesMax)
            guard !items.isEmpty else { return nil }
            var answered: [(item: AgentQueue.Item, refusal: String?)] = []
            var trouble: (reason: String, afterSeconds: Double?)?
            for item in items {
                switch await route.send(item) {
                case .taken: answered.append((item, nil))
                case .refused(let reason): answered.append((item, reason))
                // An attempt that the end of the agent has cut off is no trouble; it is made again at the next start.
                case .later(let reason, let seconds): if !Task.isCancelled { trouble = (reason, seconds) }
                }
                if trouble != nil || Task.isCancelled { break }
            }
            if !answered.isEmpty {
                failures = 0
                try await queue.settle(answered)
            }
            guard let trouble else { return 0 }
            failures += 1
            await queue.trouble(source, trouble.reason)
            return pause(failures, atLeast: trouble.afterSeconds)
        } catch {
            failures += 1
            return pause(failures, atLeast: nil)
        }
    }

    /// 1, 2, 4 … seconds, a part of it by chance.
    private func pause(_ failures: Int, atLeast seconds: Double?) -> Double {
        let longest = min(pauseSecondsMax, pow(2, Double(min(failures - 1, 30))))
        if let seconds { return max(seconds, 0) + random() * min(longest, 5) }
        return longest * (0.5 + random() / 2)
    }
}
