import Foundation

/// A password in the one form in which it is counted and hashed: NFC (Unicode Standard Annex 15), so that it is the same
/// from every keyboard. Nothing else is changed or cut off (OWASP ASVS 5, 6.2.8).
package struct NormalizedPassword: Sendable {
    /// More than this is not even normalised.
    static let bytesMax = 4_096

    let text: String
    var bytes: [UInt8] { Array(text.utf8) }
    /// Its length in characters: Unicode code points, as NIST SP 800-63B counts.
    var length: Int { text.unicodeScalars.count }

    /// Nil when the text is too large to be a password.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.bytesMax else { return nil }
        self.text = text.precomposedStringWithCanonicalMapping
    }
}
