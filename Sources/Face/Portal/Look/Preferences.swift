/// What a reader chose: language and size of type. Kept in cookies, changed by `?lang=` and `?type=`.
struct Preferences: Sendable, Equatable {
    /// The size of type.
    enum TypeSize: String, Sendable {
        case normal
        case large
    }

    /// The language of the page.
    var language: Language
    /// The size of type; nil until the reader has chosen, so that the large one can be offered.
    var typeSize: TypeSize?
    /// Cookies to set with this answer, because the address asked for a change.
    var cookies: [String] = []

    static let languageCookie = "hb_lang"
    static let typeCookie = "hb_type"

    /// Reads the choices of a request: the address first, then cookies. Chinese comes first until English is chosen.
    init(query: [(name: String, value: String)], cookieHeader: String?) {
        let kept = Self.cookies(cookieHeader)
        let asked = { (name: String) in query.last { $0.name == name }?.value }
        if let chosen = asked("lang").flatMap(Language.init(rawValue:)) {
            language = chosen
            cookies.append(Self.cookie(Self.languageCookie, chosen.rawValue))
        } else {
            language = kept[Self.languageCookie].flatMap(Language.init(rawValue:)) ?? .zh
        }
        if let chosen = asked("type").flatMap(TypeSize.init(rawValue:)) {
            typeSize = chosen
            cookies.append(Self.cookie(Self.typeCookie, chosen.rawValue))
        } else {
            typeSize = kept[Self.typeCookie].flatMap(TypeSize.init(rawValue:))
        }
    }

    /// The name and value pairs of a `Cookie` header.
    static func cookies(_ header: String?) -> [String: String] {
        var result: [String: String] = [:]
        for pair in (header ?? "").split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            result[String(parts[0].drop { $0 == " " })] = String(parts[1])
        }
        return result
    }

    /// A cookie for a year, sent to this site only; it holds a preference and nothing about a person.
    private static func cookie(_ name: String, _ value: String) -> String {
        "\(name)=\(value); Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"
    }
}
