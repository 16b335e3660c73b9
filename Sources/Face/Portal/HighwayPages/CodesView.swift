import Highway

/// The work list of codes that no table knows, as the template reads it.
struct CodesView {
    struct Row {
        let count: String
        let code: String
        let text: String
        let system: String
        let sender: String
        let place: String
        let last: String
    }

    /// Codes on the page, the most frequent first.
    static let rowsMax = 500

    let tabs: [HighwayTab]
    let answer: String
    let senders: [HighwayOption]
    let rows: [Row]
    let hasRows: Bool
    let isCut: Bool

    init(_ codes: [HighwayReport.UnmappedCode], sender: String?, senders: [HighwayReport.Sender], words: Words) {
        tabs = HighwayTab.all(.codes, words)
        self.senders = HighwayOption.senders(senders.map(\.name), chosen: sender, words)
        rows = codes.map { code in
            Row(
                count: words.number(Int(code.count)), code: code.code, text: code.text, system: code.system,
                sender: code.sender, place: code.place, last: words.dateTime(milliseconds: code.lastAt))
        }
        hasRows = !rows.isEmpty
        isCut = codes.count == Self.rowsMax
        answer = codes.isEmpty ? words["codesNone"] : words.counted("codesAnswer", codes.count)
    }
}
