/// What the change feed and its projections are doing, as plain data.
struct Pulse: Sendable, Equatable {
    /// One projection.
    struct Faculty: Sendable, Equatable {
        let name: String
        /// Changes applied, as the place in the feed.
        let position: Int64
        let lagSeconds: Double
        /// Failures in a row.
        let failures: Int
        let isRebuilding: Bool

        func state(head: Int64) -> State {
            if failures > 0 { return .failing }
            if isRebuilding { return .rebuilding }
            return position < head && lagSeconds >= 5 ? .behind : .upToDate
        }
    }

    /// How a projection does.
    enum State: String, Sendable {
        case upToDate
        case behind
        case rebuilding
        case failing
    }

    /// When it was read, in milliseconds since 1970 UTC.
    let at: Int64
    /// The last place in the feed: the number of versions ever written.
    let head: Int64
    let databaseBytes: Int
    let faculties: [Faculty]
}
