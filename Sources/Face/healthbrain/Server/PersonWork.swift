import Logging
import Persons
import Records
import SQL
import ServiceLifecycle

/// Decides who is one person as Patients come, and learns anew as the index grows. Of several servers on a database one does.
struct PersonWork: Service {
    let persons: Persons
    let logger: Logger
    /// How often it looks when nothing came.
    private static let pause = Duration.milliseconds(250)
    private static let learningPause = Duration.seconds(600)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // It holds no thread that requests need, and learning takes a processor for a while.
            await withTaskExecutorPreference(persons.store.quietThreads) {
                await withTaskGroup(of: Void.self) { group in
                    let lock = persons.store.leaderLock("persons")
                    group.addTask {
                        await repeated(Self.pause) {
                            lock.hold() ? try await persons.linkGivingWay().patients > 0 : false
                        }
                    }
                    group.addTask {
                        await repeated(Self.learningPause) {
                            if lock.hold() { _ = try await persons.learnWhenGrown() }
                            return false
                        }
                    }
                    await group.waitForAll()
                    lock.release()
                }
            }
        }
    }

    /// Goes on at once while there is more, and later when there is not, or the store fails.
    private func repeated(_ pause: Duration, _ work: () async throws -> Bool) async {
        while !Task.isCancelled {
            do {
                if try await work() { continue }
            } catch {
                logger.error("persons are not linked now", metadata: ["reason": "\(error)"])
                try? await Task.sleep(for: .seconds(10))
            }
            try? await Task.sleep(for: pause)
        }
    }
}
