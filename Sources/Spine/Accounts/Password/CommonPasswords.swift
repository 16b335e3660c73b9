import Foundation

/// What everyone guesses first: `Resources/`.
struct CommonPasswords: Sendable {
    /// Words that passwords stand on, in small letters.
    let stems: Set<String>
    /// The length of the longest of them.
    let longest: Int
    /// The most common passwords of at least eight characters, by their digests.
    let list: HashList

    init() throws(AccountsError) {
        guard let stems = Bundle.module.url(forResource: "Resources/stems", withExtension: "txt"),
            let text = try? String(contentsOf: stems, encoding: .utf8),
            let list = Bundle.module.url(forResource: "Resources/common", withExtension: "sha1")
        else { throw .breachList("The program's own list of common passwords is missing.") }
        self.stems = Set(
            text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
                .flatMap { $0.split(separator: " ").map(String.init) })
        longest = self.stems.map(\.count).max() ?? 0
        self.list = try HashList(file: list.path)
    }
}
