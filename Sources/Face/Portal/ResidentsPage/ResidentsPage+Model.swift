import Records

/// The list of residents, and the search over it, as plain data.
struct ResidentsModel: Sendable {
    /// What the address asks for.
    struct Choice: Sendable, Equatable {
        /// What was typed, without blanks around it.
        var text = ""
        var cursor: String?

        /// Reads `q` and `after`.
        init(query: [(name: String, value: String)] = []) {
            for (name, value) in query {
                switch name {
                case "q": text = String(Self.trimmed(value).prefix(100))
                case "after": cursor = value
                default: break
                }
            }
        }

        /// What is asked of the store, tried in order until something is found.
        ///
        /// Digits are an ID number or a phone number; anything else is a name, first from its beginning, then
        /// anywhere in it.
        var attempts: [(name: String, value: String)] {
            guard !text.isEmpty else { return [] }
            let compact = String(text.filter { $0 != " " && $0 != "-" })
            let digits = compact.filter(\.isNumber).count
            let isNumber = digits >= 4 && compact.count - digits <= 1 && compact.unicodeScalars.allSatisfy(\.isASCII)
            if isNumber {
                let escaped = Self.escaped(compact.uppercased())
                return [
                    ("identifier", Person.idNumberSystem + "|" + escaped), ("identifier", escaped),
                    ("phone", Self.escaped(compact)),
                ]
            }
            return [("name", Self.escaped(text)), ("name:contains", Self.escaped(text))]
        }

        private static func trimmed(_ text: String) -> Substring {
            var rest = text[...]
            while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
            while rest.last?.isWhitespace == true { rest = rest.dropLast() }
            return rest
        }

        /// Search values keep `\`, `,`, `$` and `|` for themselves; they are escaped by FHIR's rule.
        private static func escaped(_ text: String) -> String {
            var result = ""
            for character in text {
                if character == "\\" || character == "," || character == "$" || character == "|" { result.append("\\") }
                result.append(character)
            }
            return result
        }
    }

    let choice: Choice
    let people: [Person]
    /// How many there are in all; nil when that was not counted.
    let total: Int?
    /// Where the next page begins; nil on the last one.
    let next: String?
    /// Whether the store holds any resident at all.
    let isStoreEmpty: Bool
}
