import Calendar
import Highway

/// Where a sender broke rules, line by line, as a table of CSV in the reader's language, for the institution to act on; values are hidden.
enum QualityTable {
    static func csv(_ findings: [HighwayReport.Finding], _ words: Words) -> String {
        let header = [
            "qualityDay", "qualityMessage", "qualityKind", "qualityRule", "deadPlace", "deadWhat", "deadHint",
        ]
        let rows = findings.map { finding in
            [
                CivilDay(number: Int(finding.day)).isoText,
                finding.control.isEmpty ? "#\(finding.message)" : finding.control, finding.kind, finding.rule,
                words.told(finding.place).text, words.told(Mask.quoted(finding.what)).text,
                words.told(finding.hint).text,
            ]
        }
        return SignalTable.text([header.map { words[$0] }] + rows)
    }
}
