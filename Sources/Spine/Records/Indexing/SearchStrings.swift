import JSON

/// The index rows of string parameters.
enum SearchStrings {
    static func append(_ node: JSONNode, _ shape: ValueShape, _ param: Int64, _ rows: inout IndexRows) {
        func add(_ text: String?) {
            guard let text, !text.isEmpty else { return }
            let value = SearchText.normalised(text)
            guard !value.isEmpty else { return }
            rows.strings.append(.init(param: param, value: value, raw: text == value ? "" : text))
        }
        func addAll(_ node: JSONNode?) {
            guard let node else { return }
            for element in node.elements { add(element.string) }
        }
        switch shape {
        case .humanName:
            add(node[Keys.text]?.string)
            add(node[Keys.family]?.string)
            addAll(node[Keys.given])
            addAll(node[Keys.prefix])
            addAll(node[Keys.suffix])
            add(wholeName(node))
        case .address:
            add(node[Keys.text]?.string)
            addAll(node[Keys.line])
            for key in [Keys.city, Keys.district, Keys.state, Keys.postalCode, Keys.country] { add(node[key]?.string) }
        case .conceptText:
            add(node[Keys.text]?.string)
        default:
            add(node.string)
        }
    }

    /// A Chinese name as people type it: 姓 and 名 together.
    private static func wholeName(_ name: JSONNode) -> String? {
        guard let family = name[Keys.family]?.string, let given = name[Keys.given], SearchText.isHan(family) else {
            return nil
        }
        let whole = family + given.elements.compactMap(\.string).joined()
        return name[Keys.text]?.equals(whole) == true ? nil : whole
    }
}
