import Foundation

/// The name an account signs in with, in the one form in which it is compared.
///
/// Compatibility forms are one (NFKC, Unicode Standard Annex 15) and case does not matter: `ＺｈａｎｇＳａｎ` is `zhangsan`.
/// Letters of every script and digits are allowed, and `. _ - @ + ·` between them. A mobile number of the mainland may be
/// written with +86, blanks and hyphens.
public struct LoginName: Sendable, Hashable, CustomStringConvertible {
    /// How many characters a name has.
    public static let lengths = 2...64
    /// More than this is not even looked at.
    private static let bytesMax = 1_024

    /// The name in the form that is compared.
    public let description: String

    /// Reads a name.
    ///
    /// - Throws: ``AccountsError/invalid(field:rule:)``.
    public init(_ text: String) throws(AccountsError) {
        guard text.utf8.count <= Self.bytesMax else { throw Self.fault }
        let folded = Self.folded(text.trimmingCharacters(in: .whitespaces))
        if let mobile = Self.mobileNumber(folded) {
            description = mobile
            return
        }
        let scalars = folded.unicodeScalars
        guard Self.lengths.contains(scalars.count), scalars.allSatisfy(Self.isAllowed),
            let first = scalars.first, let last = scalars.last, Self.isWordy(first), Self.isWordy(last)
        else { throw Self.fault }
        description = folded
    }

    /// A name that was checked when it was kept.
    init(stored text: String) { description = text }

    private static let fault = AccountsError.invalid(
        field: "login",
        rule: "A login name has 2 to 64 letters or digits of any script, and . _ - @ + · between them.")

    /// NFKC and case folding until nothing changes any more: folding can undo normalisation and the other way round.
    static func folded(_ text: String) -> String {
        var current = text
        for _ in 0..<4 {
            let next = current.precomposedStringWithCompatibilityMapping
                .folding(options: .caseInsensitive, locale: nil).lowercased()
                .precomposedStringWithCompatibilityMapping
            if next.utf8.elementsEqual(current.utf8) { break }
            current = next
        }
        return current
    }

    /// Eleven digits beginning with 13 to 19 (MIIT numbering plan of public networks), however grouped.
    private static func mobileNumber(_ text: String) -> String? {
        var digits = text.filter { !" -".contains($0) }
        if digits.hasPrefix("+86") { digits.removeFirst(3) }
        let bytes = Array(digits.utf8)
        guard bytes.count == 11, bytes.allSatisfy({ (0x30...0x39).contains($0) }), bytes[0] == 0x31,
            bytes[1] >= 0x33
        else { return nil }
        return digits
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        isWordy(scalar) || "._-@+·".unicodeScalars.contains(scalar)
    }

    private static func isWordy(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .nonspacingMark, .spacingMark:
            true
        default: false
        }
    }
}
