import Foundation

/// Code systems whose codes are described rather than listed.
enum CodeGrammars {
    static let standard: [String: TerminologyService.Grammar] = [
        "urn:ietf:bcp:47": isLanguage, "urn:ietf:bcp:13": isMediaType, "urn:iso:std:iso:4217": isCurrency,
    ]

    /// A language tag in its usual form: language, script, region, variants.
    static func isLanguage(_ code: String) -> Bool {
        let parts = code.split(separator: "-", omittingEmptySubsequences: false)
        guard let language = parts.first, (2...8).contains(language.count), language.allSatisfy(isLetter) else {
            return code == "*"
        }
        return parts.dropFirst().allSatisfy { part in
            (1...8).contains(part.count) && part.allSatisfy { isLetter($0) || ($0.isASCII && $0.isNumber) }
        }
    }

    /// A media type, parameters allowed: `text/plain; charset=utf-8`.
    static func isMediaType(_ code: String) -> Bool {
        let type = code.split(separator: ";", omittingEmptySubsequences: false).first ?? ""
        let parts = type.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.allSatisfy { $0.isASCII && (isLetter($0) || $0.isNumber || "!#$&-^_.+*".contains($0)) }
            }
    }

    private static let currencies = Set(Locale.commonISOCurrencyCodes + ["XXX", "XTS"])

    static func isCurrency(_ code: String) -> Bool { currencies.contains(code) }

    private static func isLetter(_ character: Character) -> Bool { character.isASCII && character.isLetter }
}
