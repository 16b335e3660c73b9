import Foundation

/// Links the records of one file to persons, learning from the file alone.
public struct Linking: Sendable {
    /// What was decided about one record.
    public struct Decision: Sendable, Equatable {
        /// The id that the file gives the record.
        public var recordID: String
        /// p1, p2 … by first record.
        public var personID: String
        /// The probability that the record is put right: with its person, or alone.
        public var certainty: Double
    }

    /// One a record, in the order of the file.
    public private(set) var decisions: [Decision] = []
    /// How many persons the records are about.
    public private(set) var personCount = 0

    /// - Parameters:
    ///   - csv: the file, in UTF-8.
    ///   - mapping: text of a columns file, see ``Columns``.
    public init(csv: [UInt8], mapping: String = "") throws(Columns.Fault) {
        var ids: [String] = []
        var roster = Roster()
        var fault: Columns.Fault?
        csv.withUnsafeBufferPointer { bytes in
            var rows = Rows(bytes)
            let header = rows.next() ? rows.fields.indices.map { rows.text($0) } : []
            let columns: Columns
            do throws(Columns.Fault) { columns = try Columns(header: header, mapping: mapping) } catch {
                fault = error
                return
            }
            while rows.next() {
                ids.append(rows.text(columns.positions[.recordID]))
                roster.append { role, body in rows.with(columns.positions[role], body) }
            }
        }
        if let fault { throw fault }
        decide(ids, roster)
    }

    private mutating func decide(_ ids: [String], _ roster: Roster) {
        let comparison = Comparison(roster)
        var blocking = Blocking(comparison)
        let model = Training(comparison, &blocking).model
        let scoring = Scoring(comparison, model, Frequencies(comparison))
        var twins = Twins(comparison)
        var links: [Persons.Link] = []
        blocking.forEachPair { i, j in
            let pattern = comparison.pattern(i, j)
            twins.learn(i, j, pattern)
            let weight = scoring.weight(i, j, pattern)
            if weight > -6 { links.append(Persons.Link(i: Int32(i), j: Int32(j), weight: weight)) }
        }
        links.sort { ($1.weight, $0.i, $0.j) < ($0.weight, $1.i, $1.j) }
        var persons = Persons(scoring, twins: twins)
        // Who a newborn grew up to be is asked when those who have names stand.
        let isNewborn = { (link: Persons.Link) in
            comparison.features[Int(link.i)].isNewborn || comparison.features[Int(link.j)].isNewborn
        }
        persons.join(links.filter { !isNewborn($0) })
        persons.join(links.filter(isNewborn))
        let numbers = persons.numbered()
        personCount = numbers.max() ?? 0
        decisions = ids.indices.map { at in
            Decision(
                recordID: ids[at], personID: "p\(numbers[at])",
                certainty: Double(1 / (1 + exp2(-persons.certaintyBits[at]))))
        }
    }

    /// The decisions as CSV: `record_id,person_id,certainty`.
    public var csv: String {
        var out = "record_id,person_id,certainty\n"
        out.reserveCapacity(decisions.count * 32)
        for decision in decisions {
            let id = decision.recordID
            let isPlain = !id.utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
            out += isPlain ? id : "\"" + id.replacing("\"", with: "\"\"") + "\""
            let thousandths = min(1000, Int((decision.certainty * 1000).rounded()))
            let digits = String(thousandths % 1000 + 1000).dropFirst()
            out += ",\(decision.personID),\(thousandths / 1000).\(digits)\n"
        }
        return out
    }
}

/// Counts patterns and learns the model of a file.
struct Training {
    let model: Model

    private static let randomPairs = 200_000
    private static let sampledPairs = 1_500_000.0

    init(_ comparison: Comparison, _ blocking: inout Blocking, decided: [Learning.Decided] = []) {
        let count = comparison.features.count
        let pairs = Double(count) * Double(max(count - 1, 1)) / 2
        var candidates = 0
        blocking.forEachPair { _, _ in candidates += 1 }
        let rate = min(1, Self.sampledPairs / Double(max(candidates, 1)))
        let threshold = UInt64(rate * Double(UInt32.max))
        var numbering = Numbering()
        blocking.forEachPair { i, j in
            if rate < 1, Hash.mixed(UInt64(i) << 32 | UInt64(j)) >> 32 > threshold { return }
            _ = numbering.number(of: comparison.pattern(i, j))
        }
        let learning = Learning(
            patterns: zip(numbering.keys, numbering.counts).map { ($0, Double($1) / rate) }, pairs: pairs,
            random: Self.random(comparison, pairs: pairs),
            knowsHouseholds: comparison.features.contains { $0.phone > 0 || $0.flat > 0 }, decided: decided)
        model = learning.model()
    }

    /// Shares of the levels among random pairs; all pairs of a small file.
    private static func random(_ comparison: Comparison, pairs: Double) -> [[Double]] {
        var shares = Slot.allCases.map { slot in slot.usual.map { $0 * Slot.usualPairs } }
        func count(_ i: Int, _ j: Int) {
            let pattern = comparison.pattern(i, j)
            for slot in Slot.allCases { shares[slot.rawValue][slot.level(in: pattern)] += 1 }
        }
        let records = comparison.features.count
        if pairs <= Double(randomPairs) {
            for j in 0..<records { for i in 0..<j { count(i, j) } }
        } else {
            var state: UInt64 = 20_251_122
            for _ in 0..<randomPairs {
                state = Hash.mixed(state)
                let i = Int(state >> 32) % records
                let j = Int(state & 0xFFFF_FFFF) % records
                if i != j { count(i, j) }
            }
        }
        return Slot.allCases.map { slot in
            var levels = shares[slot.rawValue]
            levels[0] = 0
            let sum = levels.reduce(0, +)
            levels = levels.map { $0 / sum }
            // Chance agreement on a value is rare, and known exactly.
            if let chance = Frequencies.chance(slot, comparison) { levels[slot.sameLevel] = chance }
            return levels
        }
    }
}
