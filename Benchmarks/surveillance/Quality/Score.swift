import Foundation

/// How a method does at one false-positive rate.
struct Score {
    var falsePositiveRate = 0.0
    var detection = 0.0
    var firstWeek = 0.0
    var sensitivity = 0.0
    var precision = 0.0
    var f1: Double { sensitivity + precision > 0 ? 2 * sensitivity * precision / (sensitivity + precision) : 0 }
    var delayWeeks = 0.0
}

/// The marks that a method gives every watched week of every series, with the current outbreak and without; larger is more
/// unusual.
struct Marks {
    var name: String
    var with: [[Double]]
    var without: [[Double]]

    static let weeks = 576...624

    /// The mark that so large a share of the quiet weeks exceeds.
    func threshold(_ rate: Double, _ chosen: [Int]) -> Double {
        let all = chosen.flatMap { without[$0] }.sorted(by: >)
        return all[min(Int(rate * Double(all.count)), all.count - 1)]
    }

    func score(_ rate: Double, _ simulation: Simulation, _ chosen: [Int]) -> Score {
        let limit = threshold(rate, chosen)
        var score = Score()
        var outbreaks = 0.0
        var (hits, alarms, outbreakWeeks, quietAlarms, quietWeeks) = (0.0, 0.0, 0.0, 0.0, 0.0)
        var detected = 0.0
        for index in chosen {
            quietAlarms += Double(without[index].filter { $0 > limit }.count)
            quietWeeks += Double(without[index].count)
            let outbreak = simulation.items[index].outbreak
            guard let first = outbreak.keys.min(), let last = outbreak.keys.max() else {
                alarms += Double(with[index].filter { $0 > limit }.count)
                continue
            }
            outbreaks += 1
            var firstAlarm: Int?
            for (offset, mark) in with[index].enumerated() {
                let week = Self.weeks.lowerBound + offset
                let isAlarm = mark > limit
                let isOutbreak = (outbreak[week] ?? 0) > 0
                if isAlarm { alarms += 1 }
                if isOutbreak { outbreakWeeks += 1 }
                if isAlarm && isOutbreak { hits += 1 }
                if isAlarm, (first...last).contains(week), firstAlarm == nil { firstAlarm = week }
            }
            if let firstAlarm {
                detected += 1
                score.delayWeeks += Double(firstAlarm - first)
                if firstAlarm == first { score.firstWeek += 1 }
            }
        }
        score.falsePositiveRate = quietAlarms / quietWeeks
        score.detection = detected / outbreaks
        score.firstWeek /= outbreaks
        score.delayWeeks /= max(detected, 1)
        score.sensitivity = hits / outbreakWeeks
        score.precision = alarms > 0 ? hits / alarms : 0
        return score
    }
}
