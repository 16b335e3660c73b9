import City

/// Sends a simulated city to a server through its public door, as institutions would.
struct CityFilling: Sendable {
    let simulation: CitySimulation
    let client: FHIRClient
    /// How many requests are in flight at once.
    let jobs: Int

    /// Sends every Bundle.
    /// - Returns: how many resources were sent, in how many seconds, and what no record tells about planted outbreaks.
    /// - Throws: ``Failure`` when the server refuses a Bundle: what the simulator makes must be valid.
    func run() async throws -> (resources: Int, seconds: Double, planted: OutbreakTruth) {
        var planted = OutbreakTruth(simulation)
        var bundles = simulation.bundles().makeIterator()
        var progress = Progress("city")
        var made = 0.0
        var sent = 0
        var ordinal = 0
        try await Conveyor(jobs: jobs).run(
            next: {
                try Task.checkCancellation()
                guard let bundle = bundles.next() else { return nil }
                made = bundle.progress
                planted.add(bundle.planted)
                defer { ordinal += 1 }
                // The first Bundle holds the institutions, to which the others refer.
                return Parcel(
                    bundle: bundle.json, resources: bundle.resources, isDependent: ordinal > 0,
                    origin: Parcel.Origin(file: 0, ordinal: ordinal, line: ordinal + 1))
            },
            send: { parcel in try await Delivery.send(parcel, client) },
            done: { parcel, delivery in
                if let refused = delivery.refused.first {
                    let words = refused.outcome.map(Delivery.words(of:)) ?? ""
                    throw Failure(
                        "\(client.server) refused Bundle \(parcel.origin.line) of the city (\(refused.status)). \(words)"
                    )
                }
                sent += delivery.accepted
                progress.update(resources: sent, fraction: made)
            })
        progress.update(resources: sent, fraction: 1)
        progress.finish()
        return (sent, progress.seconds, planted)
    }
}
