/// The best of what several sources say about one person (survivorship): of each field the value that survives, and where
/// it came from. A pure function of the records, so that a link that is taken back takes back its values as well.
public struct GoldenRecord: Sendable, Equatable {
    /// A record as one source gave it.
    public struct Source: Sendable {
        /// The record's own id.
        public var recordID: String
        /// Trust in the source: 1 is the best. A register of residents comes before a clinic's reception.
        public var rank: Int
        /// When the record was written, as ISO 8601 text (compared as text).
        public var recordedAt: String
        /// What it says, as text.
        public var fields: [ColumnRole: String]

        /// A record of a source.
        public init(recordID: String, rank: Int, recordedAt: String, fields: [ColumnRole: String]) {
            self.recordID = recordID
            self.rank = rank
            self.recordedAt = recordedAt
            self.fields = fields
        }
    }

    /// A value that survived.
    public struct Value: Sendable, Equatable {
        /// As the source wrote it.
        public var text: String
        /// Where it came from.
        public var recordID: String
        /// Other values that sources gave, best first.
        public var others: [String]

        /// A value with where it came from.
        public init(text: String, recordID: String, others: [String]) {
            self.text = text
            self.recordID = recordID
            self.others = others
        }
    }

    /// What survived, field by field.
    public private(set) var values: [ColumnRole: Value] = [:]

    /// Fields of a record rather than of a person.
    private static let ofRecord: Set<ColumnRole> = [.recordID, .source, .registeredAt, .card]

    /// The best of the records' values.
    public init(_ sources: [Source]) {
        for role in ColumnRole.allCases where !Self.ofRecord.contains(role) {
            let given = sources.filter { $0.fields[role]?.isEmpty == false }
            let sorted = given.sorted { Self.precedes($0, $1, role) }
            guard let best = sorted.first, let text = best.fields[role] else { continue }
            var others: [String] = []
            for source in sorted.dropFirst() {
                if let other = source.fields[role], other != text, !others.contains(other) { others.append(other) }
            }
            values[role] = Value(text: text, recordID: best.recordID, others: others)
        }
    }

    /// Quality of the value, then rank of the source, then recency, then the record's id.
    private static func precedes(_ a: Source, _ b: Source, _ role: ColumnRole) -> Bool {
        let (x, y) = (quality(a, role), quality(b, role))
        if x != y { return x > y }
        if a.rank != b.rank { return a.rank < b.rank }
        if a.recordedAt != b.recordedAt { return a.recordedAt > b.recordedAt }
        return a.recordID < b.recordID
    }

    /// How good a value is in itself: 2 proven, 1 plausible, 0 a makeshift.
    private static func quality(_ source: Source, _ role: ColumnRole) -> Int {
        var roster = Roster()
        roster.append(source.fields)
        let record = roster.features[0]
        switch role {
        case .name: return record.isNewborn || record.name < 0 ? 0 : 1
        case .idNumber, .idType:
            return record.number.kind == .resident ? 2 : record.number.kind == .other ? 1 : 0
        case .birthDate:
            return record.number.kind == .resident && record.number.birth == record.birth
                ? 2 : BirthDate.isReal(record.birth) ? 1 : 0
        case .sex: return record.sex > 0 ? 1 : 0
        case .phone: return record.phone > 0 ? 1 : 0
        case .address: return record.flat > 0 ? 2 : 1
        default: return 1
        }
    }
}
