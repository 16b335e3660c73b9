import FHIR
import SQL

/// `:text` on tokens: the rows of texts name the resources that may have it, and the document decides.
extension ConditionSQL {
    /// Up to so many texts are named one by one: their rows come in the order of resources.
    private static let namedMax = 8

    /// Rows that every resource of the type has whose concept has a text that begins so.
    ///
    /// Identifiers, tags and texts without a letter stand in no text index: for these every resource is looked at.
    func conceptText(_ wanted: String, _ parameter: IndexedParameter) throws -> [RowSource] {
        let type = parameter.definition.resource
        let normal = FullText.normalised(wanted)
        guard let word = normal.split(separator: " ").first, normal.utf8.count < FullText.pieceBytesMax / 2,
            let content = parts.indexer.parameter("_content", of: type),
            !parameter.isCustom, parameter.paths.allSatisfy({ $0.type == "CodeableConcept" })
        else {
            guard let number = parts.types.number(of: type) else { return [] }
            return [
                RowSource(
                    table: "resource", condition: Fragment("§.type = ? AND §.alive = 1", [.integer(number)]),
                    isSeekable: true, isDistinct: true, isBroad: true, rank: 9)
            ]
        }
        let first = stem(word)
        let texts = Fragment(
            """
            SELECT DISTINCT w.text FROM fulltext_word w JOIN fulltext t ON t.id = w.text
            WHERE w.word >= ? AND w.word < ? AND t.value >= ? AND t.value < ?
            """, [.text(first), .text(after(first)), .text(normal), .text(after(normal))])
        let named = try db.query("\(texts.sql) LIMIT \(Self.namedMax + 1)", texts.values) { $0.int(0) }
        guard named.count > Self.namedMax else {
            // One that no row has, so that nothing stored comes out as nothing found.
            return (named.isEmpty ? [0] : named).map { text in
                RowSource(
                    table: IndexTable.text.name,
                    condition: Fragment("§.param = ? AND §.text = ?", [.integer(content.id), .integer(text)]),
                    isSeekable: true, isOrdered: true, isDistinct: true, rank: 2)
            }
        }
        return [
            RowSource(
                table: IndexTable.text.name,
                condition: Fragment("§.param = ? AND §.text IN (", [.integer(content.id)]) + texts + Fragment(")"),
                isSeekable: false, rank: 4)
        ]
    }

    /// What some indexed term of a text begins with when the text has this word: of Han characters two at the most, of
    /// others no more than the index keeps of a long word.
    private func stem(_ word: Substring) -> String {
        let isHan = word.unicodeScalars.first.map(FullText.isHan) ?? false
        var view = String.UnicodeScalarView()
        view.append(contentsOf: word.unicodeScalars.prefix(isHan ? 2 : FullText.wordBytesMax / 4))
        return String(view)
    }
}
