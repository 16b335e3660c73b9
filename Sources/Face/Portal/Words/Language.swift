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

    /// The language a browser prefers, read from `Accept-Language` in its order; Chinese when it says nothing we know.
    init(acceptLanguage header: String?) {
        for range in (header ?? "").split(separator: ",") {
            let tag = range.split(separator: ";").first.map { $0.drop { $0 == " " }.lowercased() } ?? ""
            if tag.hasPrefix("zh") { self = .zh; return }
            if tag.hasPrefix("en") { self = .en; return }
        }
        self = .zh
    }
}
