import AuditLog
public import Identity
public import JSON
public import Records
import SQL

/// What a reviewer decides.
public struct ReviewDecision: Sendable {
    /// Same, different or later.
    public var state: Review.State
    /// Why; needed for same and different.
    public var reason: String
    /// The account.
    public var author: String

    /// A decision.
    public init(_ state: Review.State, reason: String, author: String) {
        self.state = state
        self.reason = reason
        self.author = author
    }
}

/// A decision that is written in one transaction with what follows from it.
struct ReviewWriting: Sendable {
    /// Refuses it where it was decided meanwhile.
    let check: @Sendable (SQLConnection) throws -> Void
    let write: @Sendable (SQLConnection) throws -> Void
}

extension Persons {
    /// How many reviews wait, and how many were decided.
    public func reviewCounts() throws(RecordsError) -> [Review.State: Int] {
        try store.readSQL { db in
            let rows = try db.query("SELECT state, count(*) FROM person_review GROUP BY state") {
                ($0.int(0), Int($0.int(1)))
            }
            return Dictionary(
                uniqueKeysWithValues: rows.compactMap { state, count in
                    Review.State(rawValue: state).map { ($0, count) }
                })
        }
    }

    /// Reviews in a state, the likeliest first.
    ///
    /// - Parameters:
    ///   - state: the state.
    ///   - limit: at most this many.
    ///   - offset: how many are passed over.
    public func reviews(_ state: Review.State, limit: Int = 50, offset: Int = 0) throws(RecordsError) -> [Review] {
        try store.readSQL { db in
            try db.query(
                """
                SELECT \(ReviewTable.columns) FROM person_review WHERE state = ? ORDER BY weight DESC, id
                LIMIT ? OFFSET ?
                """, [.integer(state.rawValue), .int(limit), .int(offset)]
            ) { ReviewTable.read($0) }
        }
    }

    /// One review; nil where there is none of the number.
    public func review(_ id: Int64) throws(RecordsError) -> Review? {
        try store.readSQL { db in try ReviewTable.find(id, db) }
    }

    /// How two Patients compare, field by field.
    public func comparison(_ one: JSONDocument, _ other: JSONDocument) -> [FieldComparison] {
        FieldComparison.all(
            PatientFields.fields(of: one.root), PatientFields.fields(of: other.root), matcher.model)
    }

    /// Puts a pair of persons on the desk.
    public func askReview(_ one: String, _ other: String, weight: Double) async throws(RecordsError) {
        let now = store.now
        try await store.writeSQL { db in try ReviewTable.ask(one, other, weight, at: now, db) }
    }

    /// Decides a review. “Same” merges the two; whoever has fewer resources goes. “Different” stands against every later
    /// scoring.
    ///
    /// - Returns: the merge; nil where nothing was merged.
    /// - Throws: ``RecordsError`` of category `conflict` where it was decided already.
    public func decide(
        _ id: Int64, _ decision: ReviewDecision, trace: AccessTrace? = nil
    ) async throws(RecordsError) -> MergeOutcome? {
        guard let review = try review(id) else { throw RecordsError(.notFound, "There is no review \(id).") }
        guard review.state == .open || review.state == .later else {
            throw RecordsError(.conflict, "Review \(id) was decided already: \(review.state.word).")
        }
        guard decision.state != .open else { throw RecordsError(.invalid, "Decide same, different or later.") }
        if decision.state != .later, decision.reason.count < 2 {
            throw RecordsError(.unprocessable, "A decision needs a reason.")
        }
        let fields = try fields(of: review)
        let now = store.now
        let entry = (store.isNoted ? trace : nil)?.entry(
            .operation, at: now, reason: "identity review \(id): \(decision.state.word)",
            patients: [review.one, review.other], entities: [])
        let writing = ReviewWriting(
            check: { db in
                guard let now = try ReviewTable.find(id, db), now.state == .open || now.state == .later else {
                    throw RecordsError(.conflict, "Review \(id) was decided by somebody else just now.")
                }
            },
            write: { db in
                try db.execute(
                    """
                    UPDATE person_review SET state = ?, decided = ?, author = ?, reason = ?, one_fields = ?,
                    other_fields = ? WHERE id = ?
                    """, .integer(decision.state.rawValue), .integer(now), .text(decision.author),
                    .text(decision.reason), .text(fields.0), .text(fields.1), .integer(id))
                if let entry { try AuditTrail.append([entry], in: db) }
            })
        if decision.state == .same {
            // Who decides has looked at these two, and at nobody who stands for them since.
            for person in [review.one, review.other] where try survivorOrRefuse(person) != person {
                throw RecordsError(
                    .conflict, "Patient/\(person) was merged into another since the review was asked for.")
            }
            let (goes, stays) = try lighter(review.one, review.other)
            return try await merge(
                MergeRequest(
                    source: goes, target: stays, author: decision.author, reason: decision.reason, isReviewed: true),
                trace: trace, with: writing)
        }
        try await store.writeSQL { db in
            try writing.check(db)
            try writing.write(db)
        }
        return nil
    }

    /// What the two say now, kept with the decision so that the model can learn from it.
    private func fields(of review: Review) throws(RecordsError) -> (String, String) {
        func text(_ id: String) throws(RecordsError) -> String {
            let version = try store.read(Self.key(id))
            return try translated {
                FieldText.encode(PatientFields.fields(of: try version.plainDocument().root))
            }
        }
        return (try text(review.one), try text(review.other))
    }

    private func survivorOrRefuse(_ person: String) throws(RecordsError) -> String {
        try translated { try survivor(of: person) }
    }

    /// The one with fewer resources goes.
    private func lighter(_ one: String, _ other: String) throws(RecordsError) -> (goes: String, stays: String) {
        let limit = options.rewrittenMax + 1
        let first = try store.referrers(of: Self.key(one), limit: limit).count
        let second = try store.referrers(of: Self.key(other), limit: limit).count
        return first < second ? (one, other) : (other, one)
    }
}
