/// Which laboratory gets which sample. Pure.
public struct SampleRouting: Sendable {
    /// A laboratory and what it can still take today.
    public struct Place: Sendable {
        /// The laboratory.
        public let laboratory: Laboratory
        /// Samples that it can take, by test.
        public var free: [String: Int]

        /// A laboratory with so much left.
        public init(_ laboratory: Laboratory, free: [String: Int]) {
            self.laboratory = laboratory
            self.free = free
        }
    }

    /// A sample that waits.
    public struct Sample: Sendable, Hashable {
        /// What tells it from others.
        public let id: String
        /// The test's key.
        public let test: String
        /// GB/T 2260 code of who asks; 0 when unknown.
        public let district: Int
        /// Until when the result is to be there, in milliseconds since 1970 UTC.
        public let due: Int64

        /// A sample.
        public init(id: String, test: String, district: Int, due: Int64) {
            self.id = id
            self.test = test
            self.district = district
            self.due = due
        }
    }

    /// The laboratory of each sample that finds one: the most pressing first, in its own district where one has room, else where the largest share of the day is
    /// free.
    ///
    /// - Parameter places: those that may test, with what is free.
    public static func assign(_ samples: [Sample], _ places: [Place]) -> [String: String] {
        var places = places.sorted { $0.laboratory.id < $1.laboratory.id }
        var found: [String: String] = [:]
        for sample in samples.sorted(by: { ($0.due, $0.id) < ($1.due, $1.id) }) {
            func rank(_ place: Place) -> (Int, Double) {
                let own = sample.district != 0 && place.laboratory.district == sample.district
                let whole = Double(max(place.laboratory.capacity[sample.test] ?? 0, 1))
                return (own ? 1 : 0, Double(place.free[sample.test] ?? 0) / whole)
            }
            let open = places.indices.filter { (places[$0].free[sample.test] ?? 0) > 0 }
            guard let best = open.max(by: { rank(places[$0]) < rank(places[$1]) }) else { continue }
            places[best].free[sample.test, default: 0] -= 1
            found[sample.id] = places[best].laboratory.id
        }
        return found
    }
}
