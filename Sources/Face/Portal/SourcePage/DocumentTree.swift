import JSON
import Records

/// A document as nested definition lists: every member by its FHIR name, references as links.
enum DocumentTree {
    /// Escaped HTML of an object or array.
    static func html(_ node: JSONNode) -> String {
        var result = "<dl>"
        if node.isObject {
            for (key, value) in node.members {
                let name = key.string ?? ""
                result += term(name) + definition(value, name: name)
            }
        } else {
            for (index, value) in node.elements.enumerated() {
                result += term("\(index + 1)") + definition(value, name: "")
            }
        }
        return result + "</dl>"
    }

    private static func term(_ name: String) -> String { "<dt>\(SVG.escaped(name))</dt>" }

    private static func definition(_ value: JSONNode, name: String) -> String {
        if value.isArray, value.count == 1, let only = value[0] { return definition(only, name: name) }
        if value.isObject || value.isArray { return "<dd>\(value.count == 0 ? "" : html(value))</dd>" }
        let text = value.string ?? value.numberText ?? value.bool.map { $0 ? "true" : "false" } ?? "null"
        if name == "reference", let key = ResourceKey(reference: text) {
            let href = SVG.escaped(Address.source(type: key.type, id: key.id))
            return "<dd><a href=\"\(href)\">\(SVG.escaped(text))</a></dd>"
        }
        return "<dd>\(SVG.escaped(text))</dd>"
    }
}
