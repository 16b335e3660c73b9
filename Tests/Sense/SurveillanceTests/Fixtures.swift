import Foundation
import Surveillance
import Testing

/// A folder of cases with what R gave for each.
struct Fixture: Sendable, CustomTestStringConvertible {
    let name: String
    let root: URL
    /// Where the expected files stand below the root.
    let expected: String

    var testDescription: String { name }

    private static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    private static let shared = folder.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/fixtures")

    /// In the repository.
    static let golden = [
        Fixture(name: "surveillance", root: folder.appending(path: "Golden/surveillance"), expected: "out"),
        Fixture(name: "epiestim", root: folder.appending(path: "Golden/epiestim"), expected: "out"),
        Fixture(name: "nowcast_knox", root: folder.appending(path: "Golden/nowcast_knox"), expected: "."),
    ]

    /// Beside the repository.
    static let beside = [
        Fixture(name: "surveillance", root: shared.appending(path: "surveillance"), expected: "out"),
        Fixture(name: "nssp", root: shared.appending(path: "nssp"), expected: "out"),
    ]

    static func scans(_ name: String) -> Fixture {
        Fixture(name: name, root: shared.appending(path: name), expected: ".")
    }

    var isHere: Bool { FileManager.default.fileExists(atPath: root.appending(path: "cases.json").path) }

    func text(_ path: String) throws -> String { try String(contentsOf: root.appending(path: path), encoding: .utf8) }

    func run() async throws -> (files: [String: String], faults: [CaseFault]) {
        var files: [String: String] = [:]
        var faults: [CaseFault] = []
        try await CaseRun(CaseInputs(folder: root)).run { result in
            switch result {
            case .success(let outputs): for output in outputs { files[output.name] = output.text }
            case .failure(let fault): faults.append(fault)
            }
        }
        return (files, faults)
    }

    /// The ids of the cases that give a table.
    var ids: [String] {
        guard let data = try? Data(contentsOf: root.appending(path: "cases.json")),
            let cases = try? JSONSerialization.jsonObject(with: data) as? [[String: Any]]
        else { return [] }
        return cases.compactMap { $0["id"] as? String }.filter {
            FileManager.default.fileExists(atPath: root.appending(path: "\(expected)/\($0).csv").path)
        }
    }

    /// Where a table differs from the expected one; empty when it is equal.
    func differences(_ id: String, _ text: String) throws -> [String] {
        let exact: Set<String> = [
            "alarm", "trend", "alert", "detector", "split", "time_term", "epidemic_period", "reported",
        ]
        let expected = try Table(csv: try self.text("\(expected)/\(id).csv"))
        let found = try Table(csv: text)
        guard expected.columns == found.columns, expected.rows.count == found.rows.count else {
            return [
                "\(found.rows.count) rows of \(found.columns), expected \(expected.rows.count) of \(expected.columns)"
            ]
        }
        var differences: [String] = []
        for (row, pair) in zip(expected.rows, found.rows).enumerated() {
            for (column, cells) in zip(expected.columns, zip(pair.0, pair.1)) {
                let (wanted, given) = (cells.0 == "NA" || cells.0 == "NaN" ? "" : cells.0, cells.1)
                if wanted == given { continue }
                if let a = Double(wanted), let b = Double(given), !exact.contains(column) || a == b,
                    abs(a - b) <= max(1e-6 * abs(a), 1e-12)
                {
                    continue
                }
                differences.append("row \(row + 1), \(column): \(given), expected \(wanted)")
            }
        }
        return differences
    }
}

extension JSONDecoder {
    /// Reads `p_value` as `pValue`.
    static var underscored: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
