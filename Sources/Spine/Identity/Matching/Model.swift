import Foundation

/// Who two different records may be about.
enum Relation: Int, CaseIterable, Sendable {
    case samePerson
    /// Any two people.
    case strangers
    /// People who share a phone, a home or a guardian.
    case relatives
    /// Brothers and sisters born on one day.
    case twins
}

/// The probabilities of a Fellegi–Sunter model with four relations instead of two, and the weights made of them.
///
/// I. P. Fellegi, A. B. Sunter: "A theory for record linkage", JASA 64 (1969). The alternative to "same person" is not
/// only "strangers": who shares a home agrees on phone, address and surname without being one person, and twins agree on
/// the birth date as well.
struct Model: Sendable, Codable, Equatable {
    /// P(level | relation), by relation, slot and level.
    var probabilities: [[[Double]]]
    /// P(relation) of any two records.
    var priors: [Double]

    /// Log2 of P(relation) · Π P(level | relation), by relation.
    func logLikelihoods(_ pattern: UInt64) -> [Double] {
        Relation.allCases.map { relation in
            var sum = log2(priors[relation.rawValue])
            for slot in Slot.allCases {
                let level = slot.level(in: pattern)
                if level > 0 { sum += log2(probabilities[relation.rawValue][slot.rawValue][level]) }
            }
            return sum
        }
    }
}

/// Learns a model by expectation–maximisation (A. P. Dempster, N. M. Laird, D. B. Rubin, 1977) from counted patterns.
struct Learning {
    /// Patterns of candidate pairs and how many pairs each stands for.
    let patterns: [(pattern: UInt64, count: Double)]
    /// All pairs of the file.
    let pairs: Double
    /// Share of each level among random pairs.
    let random: [[Double]]
    let knowsHouseholds: Bool
    /// What reviewers have decided.
    var decided: [Decided] = []

    /// A pair that a reviewer has decided about.
    struct Decided: Sendable {
        let pattern: UInt64
        let isSame: Bool
    }

    /// How many pairs of the file one decided pair counts for: it lies where the model itself is in doubt. Ours.
    private static let decidedPairs = 20.0
    static let iterationsMax = 60
    /// Counts that the beginning's probabilities are worth, so that few data bend them and many override them.
    private static let inertia = 4.0

    func model() -> Model {
        var model = Self.beginning(random, knowsHouseholds: knowsHouseholds, pairs: pairs)
        let first = model
        for _ in 0..<Self.iterationsMax {
            let next = step(model, towards: first)
            let change = zip(model.priors, next.priors).map { abs(log2($0 / $1)) }.max() ?? 0
            let moved =
                zip(model.probabilities[0], next.probabilities[0]).map { a, b in
                    zip(a, b).map { abs($0 - $1) }.max() ?? 0
                }.max() ?? 0
            model = next
            if change < 1e-3, moved < 1e-4 { break }
        }
        return model
    }

    private func step(_ model: Model, towards first: Model) -> Model {
        let relations = Relation.allCases.count
        var counts = first.probabilities.map { $0.map { $0.map { $0 * Self.inertia } } }
        var totals = [Double](repeating: 0.5, count: relations)
        for (pattern, count) in patterns {
            let shares = Self.shares(model, pattern)
            for relation in 0..<relations where shares[relation] > 1e-9 {
                let share = shares[relation] * count
                totals[relation] += share
                for slot in Slot.allCases {
                    let level = slot.level(in: pattern)
                    if level > 0 { counts[relation][slot.rawValue][level] += share }
                }
            }
        }
        for pair in decided {
            for (relation, share) in Self.shares(model, pair).enumerated() {
                totals[relation] += share * Self.decidedPairs
                for slot in Slot.allCases {
                    let level = slot.level(in: pair.pattern)
                    if level > 0 { counts[relation][slot.rawValue][level] += share * Self.decidedPairs }
                }
            }
        }
        // Twins live like other relatives, with whom they share what is rarely written down. Name, sex, phone and home are their
        // own: all pairs of one birth date are looked at, of other relatives those alone who share a phone or a flat. Born on
        // one day, their birth dates differ by slips, as one person's do.
        counts[Relation.twins.rawValue][Slot.birth.rawValue] = counts[Relation.samePerson.rawValue][Slot.birth.rawValue]
        for slot in Slot.allCases where ![.name, .birth, .sex, .phone, .place].contains(slot) {
            let sum = zip(
                counts[Relation.relatives.rawValue][slot.rawValue], counts[Relation.twins.rawValue][slot.rawValue])
            let shared = sum.map { $0 + $1 }
            counts[Relation.relatives.rawValue][slot.rawValue] = shared
            counts[Relation.twins.rawValue][slot.rawValue] = shared
        }
        var next = model
        for relation in Relation.allCases where relation != .strangers {
            if model.priors[relation.rawValue] <= Self.never { continue }
            next.priors[relation.rawValue] = min(0.5, totals[relation.rawValue] / pairs)
            for slot in Slot.allCases {
                var shares = Self.normalised(counts[relation.rawValue][slot.rawValue])
                if relation != .samePerson { Self.limit(&shares, slot) }
                next.probabilities[relation.rawValue][slot.rawValue] = shares
            }
        }
        next.priors[Relation.strangers.rawValue] = 1
        next.probabilities[Relation.strangers.rawValue] = strangers(next)
        return next
    }

    /// Random pairs hold a few of the same person and of one household: these are taken off.
    private func strangers(_ model: Model) -> [[Double]] {
        Slot.allCases.map { slot in
            var shares = random[slot.rawValue]
            for level in 1..<shares.count {
                for relation in [Relation.samePerson, .relatives, .twins] {
                    shares[level] -=
                        model.priors[relation.rawValue] * model.probabilities[relation.rawValue][slot.rawValue][level]
                }
                shares[level] = max(shares[level], Self.floor(slot))
            }
            return Self.normalised(shares)
        }
    }

    /// The chance of agreement that is assumed at least, so that no single field proves identity.
    private static func floor(_ slot: Slot) -> Double {
        switch slot {
        case .number, .identifier, .socialCard, .card: 1e-7
        case .phone, .place: 1e-6
        default: 1e-5
        }
    }

    /// Relatives do not bear one name, and a valid number with its birth date has one owner: agreement of this kind that
    /// learning finds among them is the same person's, wrongly put.
    private static func limit(_ shares: inout [Double], _ slot: Slot) {
        switch slot {
        case .name:
            shares[1] = min(shares[1], 0.001)
            shares[2] = min(shares[2], 0.004)
        case .number:
            shares[1] = min(shares[1], 0.0001)
            shares[3] = min(shares[3], 0.001)
        default: break
        }
    }

    static let never = 1e-30

    /// P(relation | pattern); two valid resident numbers are never one person.
    static func shares(_ model: Model, _ pattern: UInt64) -> [Double] {
        var logs = model.logLikelihoods(pattern)
        if Slot.number.level(in: pattern) == Int(NumberLevel.twoPersons) { logs[Relation.samePerson.rawValue] = -1000 }
        let top = logs.max() ?? 0
        let parts = logs.map { exp2($0 - top) }
        let sum = parts.reduce(0, +)
        return parts.map { $0 / sum }
    }

    /// The same of a pair that a reviewer has decided about: the same person for sure, or for sure not.
    private static func shares(_ model: Model, _ pair: Decided) -> [Double] {
        let same = Relation.samePerson.rawValue
        var shares = Self.shares(model, pair.pattern)
        if pair.isSame { return shares.indices.map { $0 == same ? 1 : 0 } }
        shares[same] = 0
        let sum = shares.reduce(0, +)
        guard sum > 1e-9 else { return shares.indices.map { $0 == Relation.relatives.rawValue ? 1 : 0 } }
        return shares.map { $0 / sum }
    }

    /// What is assumed before anything was seen.
    static func assumed(pairs: Double) -> Model {
        beginning(Slot.allCases.map(\.usual), knowsHouseholds: true, pairs: max(pairs, 1))
    }

    private static func normalised(_ counts: [Double]) -> [Double] {
        let sum = counts.dropFirst().reduce(0, +)
        return [0] + counts.dropFirst().map { $0 / sum }
    }

    /// What is assumed before anything was seen: errors are rare, relatives share homes, twins share birth dates.
    private static func beginning(_ random: [[Double]], knowsHouseholds: Bool, pairs: Double) -> Model {
        func spread(_ shares: [Double], _ slot: Slot) -> [Double] {
            var shares = shares
            while shares.count < slot.levels { shares.append(0.01) }
            return normalised([0] + shares)
        }
        let same = Slot.allCases.map { slot -> [Double] in
            switch slot {
            case .name: spread([0.92, 0.04, 0.02, 0.005, 0.01, 0.005], slot)
            case .given, .surname: spread([0.8, 0.1, 0.03, 0.04, 0.03], slot)
            case .birth: spread([0.9, 0.01, 0.03, 0.01, 0.01, 0.01, 0.01, 0.005, 0.005], slot)
            case .number: spread([0.93, 0.01, 0.04, 0.00001, 0.01], slot)
            case .identifier: spread([0.85, 0.1, 0.05], slot)
            case .phone: spread([0.7, 0.02, 0.28], slot)
            case .place: spread([0.6, 0.05, 0.1, 0.25], slot)
            case .guardian: spread([0.1, 0.6, 0.3], slot)
            case .card, .socialCard: spread([0.8, 0.2], slot)
            case .sex, .ethnicity: spread([0.98, 0.02], slot)
            case .streetNumber: spread([0.8, 0.2], slot)
            case .address1, .address2, .suburb, .postcode: spread([0.75, 0.1, 0.05, 0.1], slot)
            }
        }
        var relatives = random.map(normalised)
        relatives[Slot.name.rawValue] = spread([0.005, 0.005, 0.04, 0.01, 0.5, 0.44], .name)
        relatives[Slot.birth.rawValue] = spread([0.005, 0.001, 0.01, 0.01, 0.01, 0.005, 0.02, 0.34, 0.6], .birth)
        relatives[Slot.number.rawValue] = spread([0.005, 0.001, 0.005, 0.9, 0.089], .number)
        relatives[Slot.phone.rawValue] = spread([0.5, 0.01, 0.49], .phone)
        relatives[Slot.place.rawValue] = spread([0.6, 0.02, 0.1, 0.28], .place)
        relatives[Slot.guardian.rawValue] = spread([0.1, 0.3, 0.6], .guardian)
        relatives[Slot.socialCard.rawValue] = spread([0.02, 0.98], .socialCard)
        relatives[Slot.card.rawValue] = spread([0.01, 0.99], .card)
        var twins = relatives
        twins[Slot.name.rawValue] = spread([0.001, 0.01, 0.3, 0.01, 0.67, 0.01], .name)
        twins[Slot.birth.rawValue] = spread([0.98, 0.005, 0.005], .birth)
        twins[Slot.sex.rawValue] = spread([0.65, 0.35], .sex)
        let records = (2 * pairs).squareRoot()
        let perRecord = min(0.1, records / pairs)
        return Model(
            probabilities: [same, random.map(normalised), relatives, twins],
            priors: [
                perRecord, 1, knowsHouseholds ? 2 * perRecord : never,
                knowsHouseholds ? 0.01 * perRecord : never,
            ])
    }
}
