import ChildPrograms
import Foundation
import Identity
import Testing

/// Quality on sets with known answers beside the repository, scored on persons: pairs of records put together, against
/// pairs that belong together. Small sizes; `Benchmarks/identity` measures large ones.
@Suite("Quality")
struct QualityTests {
    private static let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/fixtures/identity")
    private static let isThere = FileManager.default.fileExists(atPath: folder.appending(path: "febrl3.csv").path)

    struct Score {
        var precision: Double
        var recall: Double
        var f1: Double { 2 * precision * recall / (precision + recall) }

        init(_ linking: Linking, truth: [String: String]) {
            func pairs(_ groups: [some Hashable: Int]) -> Double {
                groups.values.reduce(0) { $0 + Double($1 * ($1 - 1)) / 2 }
            }
            var both: [[String]: Int] = [:]
            var found: [String: Int] = [:]
            var real: [String: Int] = [:]
            for decision in linking.decisions {
                let person = truth[decision.recordID] ?? ""
                both[[decision.personID, person], default: 0] += 1
                found[decision.personID, default: 0] += 1
                real[person, default: 0] += 1
            }
            precision = pairs(both) / max(pairs(found), 1)
            recall = pairs(both) / max(pairs(real), 1)
        }
    }

    @Test(
        "FEBRL 3, with and without the identifier", .enabled(if: isThere, "shared/fixtures/identity is not there"),
        arguments: [("", 0.995), ("soc_sec_id", 0.98)])
    func febrl(_ without: String, f1: Double) throws {
        let text = try String(contentsOf: Self.folder.appending(path: "febrl3.csv"), encoding: .utf8)
        let linking = try Linking(csv: Array(text.utf8), mapping: without.isEmpty ? "" : "identifier =")
        let truth = Dictionary(
            uniqueKeysWithValues: linking.decisions.map { ($0.recordID, String($0.recordID.split(separator: "-")[1])) })
        let score = Score(linking, truth: truth)
        #expect(score.f1 >= f1)
        #expect(score.precision >= 0.999)
    }

    @Test(
        "residents of seeds that nobody tuned to", .enabled(if: isThere, "shared/fixtures/identity is not there"),
        arguments: [20_261_122, 5_150])
    func residents(seed: Int) throws {
        let (records, answers) = try Self.made(persons: 800, seed: seed)
        let linking = try Linking(csv: records)
        var truth: [String: String] = [:]
        var newborns: Set<String> = []
        for line in String(decoding: answers, as: UTF8.self).split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            truth[fields[0]] = fields[1]
            if fields[3].contains("newborn") { newborns.insert(fields[0]) }
        }
        let score = Score(linking, truth: truth)
        #expect(score.f1 >= 0.985)
        #expect(score.precision >= 0.995)
        #expect(Self.newbornRecall(linking, truth, newborns) >= 0.85)
    }

    private static func made(persons: Int, seed: Int) throws -> (records: [UInt8], truth: [UInt8]) {
        let out = FileManager.default.temporaryDirectory.appending(path: "identity-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: out) }
        _ = try ChildProgram.run(
            "python3",
            [
                folder.appending(path: "make_cn.py").path, "--persons", "\(persons)", "--seed", "\(seed)", "--out",
                out.path,
            ])
        return (
            [UInt8](try Data(contentsOf: out.appending(path: "records.csv"))),
            [UInt8](try Data(contentsOf: out.appending(path: "truth.csv")))
        )
    }

    /// Of the pairs of a newborn's record and a later one of the same child, the share that was put together.
    private static func newbornRecall(_ linking: Linking, _ truth: [String: String], _ newborns: Set<String>) -> Double
    {
        let personOf = Dictionary(uniqueKeysWithValues: linking.decisions.map { ($0.recordID, $0.personID) })
        var found = 0.0
        var all = 0.0
        for records in Dictionary(grouping: truth.keys, by: { truth[$0] ?? "" }).values {
            for newborn in records where newborns.contains(newborn) {
                for later in records where !newborns.contains(later) {
                    all += 1
                    if personOf[newborn] == personOf[later] { found += 1 }
                }
            }
        }
        return found / max(all, 1)
    }
}
