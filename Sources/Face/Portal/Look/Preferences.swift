/// What a reader chose: language and size of type. Kept in cookies, changed by `?lang=` and `?type=`.
///
/// Over TLS the names of the cookies begin with `__Host-`, so that a browser takes them from this very host alone and only
/// encrypted (RFC 6265bis, 4.1.3.2); over plain HTTP on this machine they can't.
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

    private static func languageCookie(_ isSecure: Bool) -> String { isSecure ? "__Host-hb_lang" : "hb_lang" }
    private static func typeCookie(_ isSecure: Bool) -> String { isSecure ? "__Host-hb_type" : "hb_type" }

    /// The language that a reader has chosen before; nil for none.
    static func keptLanguage(cookieHeader: String?, isSecure: Bool) -> Language? {
        cookies(cookieHeader)[languageCookie(isSecure)].flatMap(Language.init(rawValue:))
    }

    /// Reads the choices of a request: the address first, then cookies. Chinese comes first until English is chosen.
    /// - Parameter isSecure: whether clients reach the server by TLS.
    init(query: [(name: String, value: String)] = [], cookieHeader: String?, isSecure: Bool) {
        let (languageCookie, typeCookie) = (Self.languageCookie(isSecure), Self.typeCookie(isSecure))
        let kept = Self.cookies(cookieHeader)
        let asked = { (name: String) in query.last { $0.name == name }?.value }
        if let chosen = asked("lang").flatMap(Language.init(rawValue:)) {
            language = chosen
            cookies.append(Self.cookie(languageCookie, chosen.rawValue, isSecure))
        } else {
            language = kept[languageCookie].flatMap(Language.init(rawValue:)) ?? .zh
        }
        if let chosen = asked("type").flatMap(TypeSize.init(rawValue:)) {
            typeSize = chosen
            cookies.append(Self.cookie(typeCookie, chosen.rawValue, isSecure))
        } else {
            typeSize = kept[typeCookie].flatMap(TypeSize.init(rawValue:))
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
    private static func cookie(_ name: String, _ value: String, _ isSecure: Bool) -> String {
        "\(name)=\(value); Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly" + (isSecure ? "; Secure" : "")
    }
}
