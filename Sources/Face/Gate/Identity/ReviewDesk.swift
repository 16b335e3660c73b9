public import Identity
public import JSON
public import Persons
public import Records

/// A pair on the desk, as one reviewer sees it.
public struct ReviewCase: Sendable {
    /// The pair and what was decided.
    public let review: Review
    /// The two Patients.
    public let one: JSONDocument
    /// The other one.
    public let other: JSONDocument
    /// How they compare, field by field.
    public let fields: [FieldComparison]
}

/// The pairs of persons that a reviewer may decide about.
public struct ReviewDesk: Sendable {
    /// At most this many are shown at once.
    public static let casesMax = 50
    /// At most this many are looked through for them.
    private static let reviewsMax = 1_000

    private let gate: Gate
    private let persons: Persons
    private let duty: IdentityDuty

    /// The desk of somebody with a duty.
    public init(gate: Gate, persons: Persons, duty: IdentityDuty) {
        self.gate = gate
        self.persons = persons
        self.duty = duty
    }

    /// Whether values are hidden from the reviewer.
    public var isMasked: Bool { duty == .masked }

    /// Pairs in a state, the likeliest first.
    ///
    /// - Parameter records: what the reviewer reaches.
    public func cases(_ state: Review.State, records: SeenRecords) throws(RecordsError) -> [ReviewCase] {
        var found: [ReviewCase] = []
        var offset = 0
        while found.count < Self.casesMax, offset < Self.reviewsMax {
            let reviews = try persons.reviews(state, limit: Self.casesMax, offset: offset)
            found += try cases(reviews, records)
            offset += reviews.count
            if reviews.count < Self.casesMax { break }
        }
        return Array(found.prefix(Self.casesMax))
    }

    /// One pair; nil where there is none that the reviewer may see.
    public func find(_ id: Int64, records: SeenRecords) throws(RecordsError) -> ReviewCase? {
        guard let review = try persons.review(id) else { return nil }
        return try cases([review], records).first
    }

    private func cases(_ reviews: [Review], _ records: SeenRecords) throws(RecordsError) -> [ReviewCase] {
        let ids = Set(reviews.flatMap { [$0.one, $0.other] }).sorted()
        var seen: [String: Version] = [:]
        switch duty {
        case .everybody, .masked:
            for id in ids { seen[id] = try? persons.store.read(ResourceKey(type: "Patient", id: id)) }
        case .inCare: seen = try gate.whole(ids, in: records)
        }
        return reviews.compactMap { review in
            guard let one = seen[review.one], let other = seen[review.other],
                let oneShown = shown(one), let otherShown = shown(other), let first = plain(one),
                let second = plain(other)
            else { return nil }
            // What is compared is what stands there; what is shown may be masked.
            return ReviewCase(
                review: review, one: oneShown, other: otherShown, fields: persons.comparison(first, second))
        }
    }

    private func plain(_ version: Version) -> JSONDocument? { try? JSONDocument(parsing: version.json()) }

    private func shown(_ version: Version) -> JSONDocument? {
        isMasked ? gate.masked(version) : plain(version)
    }
}
