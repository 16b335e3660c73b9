import Foundation

/// A table of the resources: tab-separated, the first line names the columns, lines that begin with # are remarks.
struct LifeTable: Sendable {
    let rows: [[String: String]]

    /// - Throws: ``LifeFault`` where the file isn't there or a line has another number of columns.
    init(_ name: String) throws {
        let url = Bundle.module.bundleURL.appendingPathComponent("Resources").appendingPathComponent("\(name).tsv")
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw LifeFault("\(name).tsv is missing")
        }
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let names = lines.first?.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) ?? []
        rows = try lines.dropFirst().map { line in
            let values = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard values.count == names.count else {
                throw LifeFault("\(name).tsv: “\(line)” has \(values.count) columns")
            }
            return Dictionary(uniqueKeysWithValues: zip(names, values))
        }
    }
}

/// Why a life can't be lived.
public struct LifeFault: Error, Sendable, CustomStringConvertible {
    /// What is wrong.
    public let description: String
    init(_ description: String) { self.description = description }
}

extension [String: String] {
    func text(_ name: String) -> String { self[name] ?? "" }
    func number(_ name: String) -> Double { Double(text(name)) ?? 0 }
}
