/// A text for people, in Chinese and in English.
public struct ProgrammeText: Sendable, Hashable {
    /// The languages in which a programme speaks.
    public enum Language: String, Sendable, CaseIterable {
        /// Simplified Chinese.
        case zh
        /// English.
        case en
    }

    /// Simplified Chinese; comes first.
    public let zh: String
    /// English.
    public let en: String

    /// - Parameters:
    ///   - zh: Simplified Chinese.
    ///   - en: English.
    public init(zh: String, en: String) {
        self.zh = zh
        self.en = en
    }

    /// The text in a language.
    public subscript(_ language: Language) -> String { language == .zh ? zh : en }
}
