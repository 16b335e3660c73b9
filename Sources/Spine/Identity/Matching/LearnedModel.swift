/// What was learned from an index: the probabilities, and how common the common values are.
public struct LearnedModel: Sendable, Codable, Equatable {
    var model: Model
    var known: KnownValues

    /// Learns from records, without labels.
    public init(learningFrom records: some Sequence<[ColumnRole: String]>) {
        var roster = Roster()
        for fields in records { roster.append(fields) }
        self.init(Comparison(roster))
    }

    /// What is assumed of any city before its records were looked at: errors are rare, and all values are as common as the
    /// average one.
    ///
    /// - Parameter records: how many records the city has.
    public init(assumingRecords records: Int) {
        let pairs = Double(records) * Double(max(records - 1, 1)) / 2
        model = Learning.assumed(pairs: pairs)
        known = KnownValues()
    }

    init(_ comparison: Comparison, decided: [Learning.Decided] = []) {
        var blocking = Blocking(comparison)
        model = Training(comparison, &blocking, decided: decided).model
        known = KnownValues(comparison)
    }
}
