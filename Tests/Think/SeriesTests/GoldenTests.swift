import Calendar
import Foundation
import Series
import Testing

@Suite("The forecast of doses")
struct GoldenTests {
    /// A history and what it must give, worked out by hand.
    struct Case: Sendable, CustomTestStringConvertible {
        let columns: [String]
        var testDescription: String { "\(columns[0]) [\(columns[12])]" }

        func history(_ book: DoseBook) -> DoseHistory {
            var history = DoseHistory(birth: day(columns[1]), sex: columns[2])
            for (index, text) in words(4).enumerated() {
                let parts = text.split(separator: "@").map(String.init)
                let (first, last) = GoldenTests.days(parts[1])
                history.doses.append(
                    .init(reference: "Immunization/\(index)", codes: [book.code(parts[0])], first: first, last: last))
            }
            for text in words(3) {
                let parts = text.split(separator: "@").map(String.init)
                history.facts.append(.init(state: parts[0], since: parts.count > 1 ? day(parts[1]) : nil))
            }
            return history
        }

        private func words(_ column: Int) -> [String] {
            columns[column] == "-" ? [] : columns[column].split(separator: " ").map(String.init)
        }
    }

    /// A day, or the days of a month.
    private static func days(_ text: String) -> (CivilDay, CivilDay) {
        if let one = CivilDay(text) { return (one, one) }
        let first = day(text + "-01")
        return (first, first.later(months: 1).advanced(by: -1))
    }

    static let cases: [Case] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/cases.tsv")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").dropFirst().map { line in
            Case(columns: line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
        }
    }()

    @Test("has cases")
    func there() { #expect(Self.cases.count > 60) }

    @Test("is what was worked out by hand", arguments: cases)
    func holds(one: Case) throws {
        let book = try House.book.get()
        let forecast = book.forecast(one.history(book), on: day(one.columns[5]))
        let series = try #require(forecast.series(one.columns[6]))
        #expect(series.status.rawValue == one.columns[7])
        if one.columns[8] != "-" { #expect(series.next?.product.id == one.columns[8]) }
        if one.columns[9] != "-" { #expect(series.next?.earliest.isoText == one.columns[9]) }
        if one.columns[10] != "-" { #expect(series.next?.finish?.isoText == one.columns[10]) }
        if one.columns[11] != "-" { #expect(series.judged.count { $0.verdict == .valid } == Int(one.columns[11])) }
        // It says why, in both languages.
        if let next = series.next { #expect(!next.reasons.isEmpty && next.reasons.allSatisfy { !$0.words.en.isEmpty }) }
    }
}
