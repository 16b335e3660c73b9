import JSON

/// A card of CDS Hooks: <https://cds-hooks.hl7.org/2.0/#cds-service-response>
struct AdviceCard {
    /// How much it matters.
    enum Indicator: String, Comparable {
        case critical, warning, info

        private var rank: Int { self == .critical ? 0 : self == .warning ? 1 : 2 }
        static func < (one: Indicator, other: Indicator) -> Bool { one.rank < other.rank }
    }

    /// Something to write if the reader agrees.
    struct Suggestion {
        let label: String
        let resource: [UInt8]
    }

    /// Where to read on.
    struct Link {
        let label: String
        let url: String
    }

    /// A summary's most characters.
    static let summaryMax = 140

    let uuid: String
    let summary: String
    let detail: String
    let indicator: Indicator
    /// Whose rule it is.
    let source: String
    var suggestions: [Suggestion] = []
    var links: [Link] = []

    /// - Parameter name: 32 hexadecimal digits that name what the card is about: the same matter always has the same card.
    init(
        name: String, summary: String, detail: String, _ indicator: Indicator, source: String,
        suggestions: [Suggestion] = [], links: [Link] = []
    ) {
        uuid = Self.uuid(name)
        self.summary = summary.count <= Self.summaryMax ? summary : summary.prefix(Self.summaryMax - 1) + "…"
        self.detail = detail
        self.indicator = indicator
        self.source = source
        self.suggestions = suggestions
        self.links = links
    }

    private static func uuid(_ name: String) -> String {
        var text = ""
        for (place, digit) in name.enumerated() {
            if [8, 12, 16, 20].contains(place) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    /// The answer of a service.
    static func response(_ cards: [AdviceCard], _ language: AdviceLanguage) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("cards")
        writer.beginArray()
        for card in cards { card.write(&writer, language) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static let reasons = [
        ("done-elsewhere", "已在别处完成", "done elsewhere"), ("declined", "居民拒绝", "the resident declines"),
        ("contraindicated", "不适合该居民", "not right for this person"), ("later", "以后再办", "later"),
    ]

    private func write(_ writer: inout JSONWriter, _ language: AdviceLanguage) {
        writer.beginObject()
        writer.member("uuid", string: uuid)
        writer.member("summary", string: summary)
        writer.member("detail", string: detail)
        writer.member("indicator", string: indicator.rawValue)
        writer.key("source")
        writer.beginObject()
        writer.member("label", string: source)
        writer.endObject()
        if !suggestions.isEmpty {
            writer.key("suggestions")
            writer.beginArray()
            for (place, suggestion) in suggestions.enumerated() {
                writer.beginObject()
                writer.member("label", string: suggestion.label)
                writer.member("uuid", string: "\(uuid)-\(place + 1)")
                writer.key("actions")
                writer.beginArray()
                writer.beginObject()
                writer.member("type", string: "create")
                writer.member("description", string: suggestion.label)
                writer.member("resource", raw: suggestion.resource)
                writer.endObject()
                writer.endArray()
                writer.endObject()
            }
            writer.endArray()
            writer.member("selectionBehavior", string: "any")
        }
        if indicator != .info {
            writer.key("overrideReasons")
            writer.beginArray()
            for (code, zh, en) in Self.reasons {
                writer.beginObject()
                writer.member("code", string: code)
                writer.member("system", string: "https://healthbrain.dev/fhir/CodeSystem/advice-override")
                writer.member("display", string: language.text(zh, en))
                writer.endObject()
            }
            writer.endArray()
        }
        if !links.isEmpty {
            writer.key("links")
            writer.beginArray()
            for link in links {
                writer.beginObject()
                writer.member("label", string: link.label)
                writer.member("url", string: link.url)
                writer.member("type", string: "absolute")
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
    }
}
