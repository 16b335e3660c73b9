import Pathways

/// The language of cards: Chinese unless the client asks for English first.
enum AdviceLanguage {
    case chinese, english

    /// - Parameter accepted: the `Accept-Language` header.
    init(_ accepted: String?) {
        let first = accepted?.split(separator: ",").first?.lowercased() ?? ""
        self = first.hasPrefix("en") ? .english : .chinese
    }

    func text(_ zh: String, _ en: String) -> String { self == .english ? en : zh }
    func text(_ words: Words) -> String { text(words.zh, words.en) }
}
