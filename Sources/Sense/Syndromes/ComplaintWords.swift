import JSON

/// The words of chief complaints, and those that deny them: `Resources/findings.json`.
struct ComplaintWords: Sendable {
    struct Term: Sendable {
        let finding: String
        let words: [Character]
        let isEnglish: Bool
    }

    struct Negation: Sendable {
        /// Stand before what they deny.
        let before: [[Character]]
        /// Deny only what follows at once.
        let adjacent: [[Character]]
        /// Stand behind what they deny.
        let after: [[Character]]
        /// Look like negations and aren't.
        let apparent: [[Character]]
        /// Where the reach of a negation ends.
        let ends: [[Character]]
        /// Deny a whole list.
        let listing: [[Character]]
    }

    let ids: Set<String>
    let chinese: [Term]
    let english: [Term]
    let chineseNegation: Negation
    let englishNegation: Negation
    /// Phrases that aren't the patient's complaint, such as a vaccine's name.
    let masked: [[Character]]

    init(_ file: DefinitionFile) throws(DefinitionFault) {
        var (ids, chinese, english): (Set<String>, [Term], [Term]) = ([], [], [])
        for (index, finding) in file.root.list("findings").enumerated() {
            let path = "findings[\(index)]"
            let id = try file.required(finding, "id", path)
            guard ids.insert(id).inserted else {
                throw file.fault(path, "\(id) stands twice; give each finding one entry")
            }
            let (zh, en) = (finding.texts("zh"), finding.texts("en"))
            guard !zh.isEmpty || !en.isEmpty else { throw file.fault(path, "has no words; give zh or en") }
            chinese += zh.map { Term(finding: id, words: Array($0.lowercased()), isEnglish: false) }
            english += en.map { Term(finding: id, words: Array($0.lowercased()), isEnglish: true) }
        }
        self.ids = ids
        self.chinese = chinese
        self.english = english
        chineseNegation = Negation(file.root["negation"]?["zh"])
        englishNegation = Negation(file.root["negation"]?["en"])
        masked = Self.longestFirst(file.root.texts("masked"))
    }

    fileprivate static func longestFirst(_ texts: [String]) -> [[Character]] {
        texts.map { Array($0.lowercased()) }.sorted { $0.count > $1.count }
    }
}

extension ComplaintWords.Negation {
    fileprivate init(_ node: JSONNode?) {
        func words(_ key: JSONKey) -> [[Character]] { ComplaintWords.longestFirst(node?.texts(key) ?? []) }
        before = words("before")
        adjacent = words("adjacent")
        after = words("after")
        apparent = words("apparent")
        ends = words("ends")
        listing = words("listing")
    }
}
