public import Calendar

/// Since when programmes are followed, and where. What was due and over before that day is the past: nobody is asked for it.
public struct Following: Sendable, Hashable {
    /// A day from which on one is followed.
    public struct Start: Sendable, Hashable {
        /// The programme's id; empty for every one.
        public var programme: String
        /// The beginning of the GB/T 2260 code; empty: everywhere.
        public var area: String
        /// The first day.
        public var since: CivilDay

        /// A day.
        public init(programme: String, area: String = "", since: CivilDay) {
            self.programme = programme
            self.area = area
            self.since = since
        }
    }

    /// The days.
    public var starts: [Start]

    /// Days by programme and area.
    public init(_ starts: [Start]) { self.starts = starts }

    /// Every programme everywhere, since a day.
    public init(since: CivilDay) { self.init([Start(programme: "", since: since)]) }

    /// Since when a programme is followed for a person: the nearest area wins, and the programme's own day before one for all.
    ///
    /// - Parameter city: the GB/T 2260 code of the person's home.
    /// - Returns: nil where no day is set: the programme always was followed.
    public func since(_ programme: String, city: String) -> CivilDay? {
        starts.filter { ($0.programme == programme || $0.programme.isEmpty) && city.hasPrefix($0.area) }.max {
            ($0.area.utf8.count, $0.programme.utf8.count) < ($1.area.utf8.count, $1.programme.utf8.count)
        }?.since
    }
}
