public import JSON

/// A text for people, in Chinese and English; where a questionnaire has one language, both are the same.
public struct FormText: Sendable, Hashable {
    /// Simplified Chinese.
    public let zh: String
    /// English.
    public let en: String

    /// - Parameters:
    ///   - zh: Simplified Chinese.
    ///   - en: English; nil where there is none: then the Chinese one stands for it.
    public init(_ zh: String, _ en: String? = nil) {
        self.zh = zh
        self.en = en ?? zh
    }

    /// A text of a resource with its translations, such as a Questionnaire's `title`; nil where there is none.
    public init?(named name: String, of resource: JSONNode) { self.init(resource, name) }

    /// A member with the translations in its extension (`_text.extension`, StructureDefinition/translation); nil where there
    /// is no such member, or an empty one.
    init?(_ holder: JSONNode, _ name: String) {
        guard let text = holder[JSONKey(name)]?.string, !text.isEmpty else { return nil }
        var translations: [String: String] = [:]
        for found in holder[JSONKey("_" + name)]?.extensions(FormURL.translation) ?? [] {
            let parts = found["extension"].map { Array($0.elements) } ?? []
            let lang = parts.first { $0["url"]?.equals("lang") == true }?["valueCode"]?.string
            let content = parts.first { $0["url"]?.equals("content") == true }
            guard let lang, let words = (content?["valueString"] ?? content?["valueMarkdown"])?.string else { continue }
            translations[String(lang.prefix(2))] = words
        }
        self.init(translations["zh"] ?? text, translations["en"] ?? text)
    }
}

/// The addresses of the extensions that a form reads.
enum FormURL {
    private static let core = "http://hl7.org/fhir/StructureDefinition/"
    private static let sdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"

    static let translation = core + "translation"
    static let ordinalValue = core + "ordinalValue"
    static let itemWeight = core + "itemWeight"
    static let hidden = core + "questionnaire-hidden"
    static let unit = core + "questionnaire-unit"
    static let unitOption = core + "questionnaire-unitOption"
    static let itemControl = core + "questionnaire-itemControl"
    static let choiceOrientation = core + "questionnaire-choiceOrientation"
    static let optionExclusive = core + "questionnaire-optionExclusive"
    static let minOccurs = core + "questionnaire-minOccurs"
    static let maxOccurs = core + "questionnaire-maxOccurs"
    static let constraint = core + "questionnaire-constraint"
    static let targetConstraint = core + "targetConstraint"
    static let minValue = core + "minValue"
    static let maxValue = core + "maxValue"
    static let minQuantity = sdc + "minQuantity"
    static let maxQuantity = sdc + "maxQuantity"
    static let minLength = core + "minLength"
    static let maxDecimalPlaces = core + "maxDecimalPlaces"
    static let regex = core + "regex"
    static let entryFormat = core + "entryFormat"
    static let variable = core + "variable"
    static let initialExpression = sdc + "initialExpression"
    static let calculatedExpression = sdc + "calculatedExpression"
    static let enableWhenExpression = sdc + "enableWhenExpression"
    static let launchContext = sdc + "launchContext"
    static let itemPopulationContext = sdc + "itemPopulationContext"
    static let observationLinkPeriod = sdc + "observationLinkPeriod"
    static let observationExtract = sdc + "observationExtract"
    static let observationExtractCategory = sdc + "observation-extract-category"
    static let itemExtractionContext = sdc + "itemExtractionContext"
    /// What SDC has, and this engine has not: said at compiling, so that nobody waits for it.
    static let unsupported = [
        sdc + "answerExpression", sdc + "candidateExpression", sdc + "contextExpression", sdc + "sourceQueries",
        sdc + "sourceStructureMap", sdc + "targetStructureMap", sdc + "cqfLibrary",
        "http://hl7.org/fhir/StructureDefinition/cqf-library",
    ]
}

extension JSONNode {
    /// The extensions with an address, in order.
    func extensions(_ url: String) -> [JSONNode] {
        self["extension"]?.elements.filter { $0["url"]?.equals(url) == true } ?? []
    }

    /// The value of the first extension with an address.
    func extended(_ url: String) -> JSONNode? { extensions(url).first?.choice("value")?.node }

    /// The member of a choice such as `value[x]`, with the name of its type: `valueCoding` is `Coding`.
    func choice(_ name: String) -> (type: String, node: JSONNode)? {
        for member in members {
            guard let key = member.key.string, key.hasPrefix(name), key.count > name.count else { continue }
            let type = String(key.dropFirst(name.count))
            if type.first?.isUppercase == true { return (type, member.value) }
        }
        return nil
    }
}
