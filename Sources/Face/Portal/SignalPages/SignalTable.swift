import Calendar
import Containment
import Signals
import Syndromes

/// Signals and line lists as tables of CSV (RFC 4180), with a byte order mark, by which spreadsheets know UTF-8.
enum SignalTable {
    static func csv(_ signals: [Signal], place: CityPlace, words: Words) -> String {
        let header = [
            "id", "condition", "name", "district", "place", "age", "from", "until", "persons", "expected", "upper", "p",
            "rule", "source", "stage", "assignee", "detected", "due", "ended", "with",
        ]
        let rows = signals.map { signal in
            [
                signal.id, signal.condition.id, words.condition(signal.condition), "\(signal.district)",
                signal.district == 0 ? place.cityName(words) : place.name(signal.district, words),
                words.age(signal.age), signal.window.lowerBound.isoText, signal.window.upperBound.isoText,
                "\(signal.count)", "\(signal.expected)", "\(signal.upper)", "\(signal.p)", signal.isRuled ? "1" : "0",
                signal.source.name, signal.stage.rawValue, signal.assignee,
                words.dateTime(milliseconds: signal.detectedAt),
                signal.due.map { words.dateTime(milliseconds: $0) } ?? "",
                signal.endedAt.map { words.dateTime(milliseconds: $0) } ?? "",
                signal.parts.map { "\(words.condition($0.condition)) \($0.count)" }.joined(separator: "; "),
            ]
        }
        return text([header] + rows)
    }

    /// A line list: what was counted, then contacts who became cases and aren't counted yet.
    static func csv(_ lines: [SignalLine], converted: [Contact], words: Words) -> String {
        let rows = lines.map { item in
            [
                item.line.day.isoText, item.line.age.name, item.line.source.name,
                item.reference ?? words["signalLineHidden"], item.name ?? "",
            ]
        }
        let more = converted.map { contact in
            [contact.onset?.isoText ?? "", "", "contact", "Task/\(contact.id)", contact.name]
        }
        return text([["day", "age", "source", "record", "name"]] + rows + more)
    }

    static func text(_ rows: [[String]]) -> String {
        "\u{FEFF}" + rows.map { $0.map(cell).joined(separator: ",") + "\r\n" }.joined()
    }

    /// A cell; one that a spreadsheet would take for a formula gets an apostrophe before it.
    private static func cell(_ text: String) -> String {
        var text = text
        if let first = text.first, "=+-@\t\r".contains(first), Double(text) == nil { text = "'" + text }
        guard text.contains(where: { ",\"\r\n".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
