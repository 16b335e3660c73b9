import Records

extension Persons {
    /// So many Patients are looked at together before fresh work is let pass.
    static let slice = 16
    /// While the store is busy, linking rests for so many times as long as a slice took.
    static let restFactor = 1.0
    /// Between two looks whether the store still is.
    private static let look = Duration.milliseconds(5)

    /// Links a slice of those that wait (``link(limit:)``), then rests while the store has fresh work: at most as long as the
    /// slice took, so that a store that is never quiet is linked too.
    ///
    /// - Returns: what came of it; 0 Patients when none waited.
    public func linkGivingWay() async throws -> LinkReport {
        let start = ContinuousClock.now
        let report = try await link(limit: Self.slice)
        let end = ContinuousClock.now + (ContinuousClock.now - start) * Self.restFactor
        while report.patients > 0, store.isBusy, ContinuousClock.now < end { try await Task.sleep(for: Self.look) }
        return report
    }
}
