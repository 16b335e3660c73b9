import ServiceLifecycle

/// Fills a store with a simulated city while the server already answers, and says when it is there.
struct DemoCity: Service {
    /// What to fill it with; nil when the city is there already.
    let note: CityNote?
    let folder: String
    /// How the server is spoken to, `http` or `https`.
    let scheme: String
    /// What it signs in with; nil for an open house.
    let token: String?
    /// Gives the port on which the server listens.
    let port: @Sendable () async -> Int?
    /// Called when the city is complete.
    let whenComplete: @Sendable () async throws -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown {
            do {
                try await fill()
            } catch is CancellationError {
                Terminal.complain("The city is not complete yet; the next start with --demo goes on.")
            } catch {
                if Task.isCancelled {
                    Terminal.complain("The city is not complete yet; the next start with --demo goes on.")
                } else {
                    Terminal.complain("The city could not be filled: \(error)")
                }
            }
        }
    }

    private func fill() async throws {
        guard let port = await port() else { return }
        guard let note else { return try await whenComplete() }
        try note.write(folder)
        let client = FHIRClient(
            ServerAddress(loopbackPort: port, scheme: scheme), token: token, isOwnServer: true)
        let filled = try await CityFilling(simulation: note.simulation(), client: client, jobs: 4).run()
        try filled.planted.write("\(folder)/outbreaks.json")
        var complete = note
        complete.isComplete = true
        try complete.write(folder)
        try await whenComplete()
    }
}
