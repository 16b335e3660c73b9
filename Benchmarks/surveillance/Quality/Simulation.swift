import Foundation
import Surveillance

/// The simulated series of the 42 scenarios, and the truth about them.
struct Simulation {
    struct Item {
        var scenario: Int
        var counts: [Double]
        /// Cases of the current outbreak by week, from 1.
        var outbreak: [Int: Double]
        var size: Int

        /// The same series without the current outbreak.
        var quiet: [Double] {
            var counts = counts
            for (week, cases) in outbreak { counts[week - 1] -= cases }
            return counts
        }
    }

    var items: [Item] = []

    init(series: String, outbreaks: String) throws {
        var truth: [String: ([Int: Double], Int)] = [:]
        for line in outbreaks.split(separator: "\n").dropFirst() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard cells[2] == "current" else { continue }
            var weeks: [Int: Double] = [:]
            for part in cells[7].split(separator: "|") {
                let pair = part.split(separator: ":")
                weeks[Int(pair[0])!] = Double(pair[1])!
            }
            truth["\(cells[0]),\(cells[1])"] = (weeks, Int(cells[3])!)
        }
        for line in series.split(separator: "\n").dropFirst() {
            let cells = line.split(separator: ",")
            guard let (weeks, size) = truth["\(cells[0]),\(cells[1])"] else { continue }
            items.append(
                Item(
                    scenario: Int(cells[0])!, counts: cells.dropFirst(2).map { Double($0)! }, outbreak: weeks,
                    size: size))
        }
    }
}
