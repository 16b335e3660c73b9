/// A language of the pages. Simplified Chinese comes first.
public enum Language: String, Sendable, CaseIterable {
    case zh
    case en

    /// The BCP 47 tag, for `lang` attributes and `Content-Language`.
    var tag: String {
        switch self {
        case .zh: "zh-CN"
        case .en: "en"
        }
    }
}
