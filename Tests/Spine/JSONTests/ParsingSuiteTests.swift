import JSON
import Testing

/// Nicolas Seriot's JSON parsing suite: `y_` must parse, `n_` must fail, `i_` may do either.
@Suite("The JSON parsing suite")
struct ParsingSuiteTests {
    static let folder = "json/test_parsing"
    static let names = Suites.files(folder)

    /// Refused although RFC 8259 lets a parser accept them: keys of an object are unique here.
    static let refusedByChoice: Set<String> = [
        "y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json",
    ]

    @Test(
        "is decided as the file's name says",
        .enabled(if: !names.isEmpty, "the suites beside the repository are absent"), arguments: names)
    func decided(_ name: String) throws {
        let text = try Suites.bytes("\(Self.folder)/\(name)")
        let accepted = (try? JSONDocument(parsing: text)) != nil
        if Self.refusedByChoice.contains(name) {
            #expect(!accepted)
        } else if name.hasPrefix("y_") {
            #expect(accepted)
        } else if name.hasPrefix("n_") {
            #expect(!accepted)
        }
    }
}
