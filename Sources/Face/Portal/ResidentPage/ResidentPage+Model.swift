import Calendar
import Records
import Timeline

/// A resident's page as plain data.
struct ResidentModel: Sendable {
    /// What the address asks for.
    struct Choice: Sendable, Equatable {
        /// The words of `?kind=` for each kind that can be asked for.
        static let kinds: [(word: String, kind: TimelineKind)] = [
            ("visit", .visit), ("diagnosis", .diagnosis), ("medicine", .medicine), ("vaccine", .vaccine),
            ("observation", .observation), ("report", .report), ("procedure", .procedure), ("allergy", .allergy),
        ]

        var kind: TimelineKind?
        var cursor: TimelineCursor?

        /// Reads `kind` and `before`; what is not understood is left out.
        init(query: [(name: String, value: String)] = []) {
            for (name, value) in query {
                switch name {
                case "kind": kind = Self.kinds.first { $0.word == value }?.kind
                case "before": cursor = TimelineCursor(value)
                default: break
                }
            }
        }

        /// The word of the chosen kind.
        var word: String? { Self.kinds.first { $0.kind == kind }?.word }
    }

    /// A group of facts: a visit, or what happened on a day outside any visit.
    struct VisitGroup: Sendable, Equatable {
        /// The visit's own document; nil for facts outside a visit.
        let visit: ClinicalFact?
        let placeName: String?
        let facts: [ClinicalFact]
    }

    /// One measured quantity over time.
    struct Trend: Sendable, Equatable {
        struct Point: Sendable, Equatable {
            let seconds: Int64
            let value: Double
            let number: String
        }
        let name: Concept
        let unit: String
        /// The latest reference range.
        let low: Double?
        let high: Double?
        /// Oldest first.
        var points: [Point]
        /// The latest source document.
        let latest: ResourceKey
    }

    let person: Person
    let choice: Choice
    let counts: [TimelineKind: Int]
    /// Whether the counts are known and may be told.
    let tellsCounts: Bool
    let groups: [VisitGroup]
    /// Where the next, older page begins; nil on the last one.
    let older: TimelineCursor?
    let trends: [Trend]
    let diagnoses: [ClinicalFact]
    let medicines: [ClinicalFact]
    let vaccines: [ClinicalFact]
    let allergies: [ClinicalFact]
    /// The latest visit; nil when there was none.
    let latestVisit: ClinicalFact?
    let latestPlaceName: String?
}

extension ResidentModel {
    /// Groups facts by visit. Groups and the facts outside visits keep the order of their first fact; within a
    /// visit, diagnoses come first and measurements last.
    /// - Parameters:
    ///   - facts: newest first.
    ///   - visit: the visit of a reference such as `Encounter/7`.
    static func groups(
        _ facts: [ClinicalFact], visit: (String) -> ClinicalFact?, placeName: (ClinicalFact) -> String?
    ) -> [VisitGroup] {
        var order: [String] = []
        var members: [String: [ClinicalFact]] = [:]
        var visits: [String: ClinicalFact] = [:]
        for fact in facts {
            let key: String
            if fact.kind == .visit {
                key = "Encounter/\(fact.id)"
                visits[key] = fact
            } else if let encounter = fact.encounter {
                key = encounter
                if visits[key] == nil { visits[key] = visit(encounter) }
            } else {
                key = "day \(CivilDay(milliseconds: fact.seconds * 1000).number)"
            }
            if members[key] == nil {
                order.append(key)
                members[key] = []
            }
            if fact.kind != .visit { members[key]?.append(fact) }
        }
        return order.map { key in
            let visit = visits[key]
            let facts = (members[key] ?? []).enumerated().sorted {
                (rank($0.element.kind), $0.offset) < (rank($1.element.kind), $1.offset)
            }
            return VisitGroup(visit: visit, placeName: visit.flatMap(placeName), facts: facts.map(\.element))
        }
    }

    /// The order of kinds within a visit.
    private static func rank(_ kind: TimelineKind) -> Int {
        switch kind {
        case .visit: 0
        case .allergy: 1
        case .diagnosis: 2
        case .procedure: 3
        case .medicine: 4
        case .vaccine: 5
        case .report: 6
        case .observation: 7
        }
    }

    /// Measured quantities with at least two values, those measured most often first, at most `limit`.
    /// - Parameter facts: observations, newest first.
    static func trends(_ facts: [ClinicalFact], limit: Int) -> [Trend] {
        struct Series: Hashable {
            let code: String
            let unit: String
        }
        var order: [Series] = []
        var found: [Series: Trend] = [:]
        for fact in facts where fact.seconds != 0 {
            for reading in fact.readings {
                let series = Series(code: reading.name.code ?? reading.name.text, unit: reading.unit)
                let point = Trend.Point(seconds: fact.seconds, value: reading.value, number: reading.number)
                if found[series] == nil {
                    order.append(series)
                    found[series] = Trend(
                        name: reading.name, unit: reading.unit, low: reading.low, high: reading.high, points: [point],
                        latest: ResourceKey(type: fact.type, id: fact.id))
                } else {
                    found[series]?.points.append(point)
                }
            }
        }
        let trends = order.enumerated().compactMap { place, series -> (place: Int, trend: Trend)? in
            guard var trend = found[series], trend.points.count > 1 else { return nil }
            trend.points.reverse()
            return (place, trend)
        }
        return trends.sorted { ($1.trend.points.count, $0.place) < ($0.trend.points.count, $1.place) }
            .prefix(limit).map(\.trend)
    }

    /// The latest of each thing, newest first: a medicine ordered ten times is one line.
    static func latestOfEach(_ facts: [ClinicalFact]) -> [ClinicalFact] {
        var seen: Set<Concept> = []
        return facts.filter { fact in fact.what.map { seen.insert($0).inserted } ?? true }
    }
}
