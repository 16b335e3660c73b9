import Foundation

/// Scores pairs by a learned model.
final class Scoring {
    /// The weight of a pair that holds two valid resident numbers.
    static let twoPersons: Float = -100

    let comparison: Comparison
    let model: Model
    /// Shares of values among the records, for the adjustment of common and rare ones (term frequency).
    private let frequencies: Frequencies
    private var numbering = Numbering()
    private var likelihoods: [(same: Double, strangers: Double, kin: Double)] = []
    /// Log2 of what the chances of all relations but strangers are multiplied by.
    private let priorBits: Double

    /// - Parameter population: how many people a record may be about; nil: as many as the records that were learned from.
    init(_ comparison: Comparison, _ model: Model, _ frequencies: Frequencies, population: Double? = nil) {
        self.comparison = comparison
        self.model = model
        self.frequencies = frequencies
        let learned = model.priors[Relation.samePerson.rawValue]
        priorBits = population.map { min(0, log2(1 / $0) - log2(learned)) } ?? 0
    }

    /// Log2 of the odds that records `i` and `j` are about one person.
    func weight(_ i: Int, _ j: Int) -> Float { weight(i, j, comparison.pattern(i, j)) }

    /// The same for a pair whose pattern is known.
    func weight(_ i: Int, _ j: Int, _ pattern: UInt64) -> Float {
        let (number, isNew) = numbering.number(of: pattern)
        if isNew {
            let logs = model.logLikelihoods(pattern)
            let kin =
                exp2(logs[Relation.relatives.rawValue] + priorBits)
                + exp2(logs[Relation.twins.rawValue] + priorBits)
            likelihoods.append(
                (logs[Relation.samePerson.rawValue] + priorBits, logs[Relation.strangers.rawValue], kin))
        }
        if Slot.number.level(in: pattern) == Int(NumberLevel.twoPersons) { return Self.twoPersons }
        let parts = likelihoods[Int(number)]
        let adjusted = parts.strangers + frequencies.bits(i, j, pattern)
        return Float(parts.same - log2(exp2(adjusted) + parts.kin))
    }
}
