/// Sensitive fields as lists and headers show them: enough to tell two people apart, not enough to misuse.
package enum Masking {
    /// A resident ID number: its first four and last four characters, `3301**********002X`.
    package static func idNumber(_ text: String) -> String { masked(text, head: 4, tail: 4) }

    /// A phone number: its first three and last four digits, `138****5678`.
    package static func phone(_ text: String) -> String { masked(text, head: 3, tail: 4) }

    private static func masked(_ text: String, head: Int, tail: Int) -> String {
        let characters = Array(text)
        guard characters.count > head + tail else { return String(repeating: "*", count: characters.count) }
        let stars = String(repeating: "*", count: characters.count - head - tail)
        return String(characters.prefix(head)) + stars + String(characters.suffix(tail))
    }
}
