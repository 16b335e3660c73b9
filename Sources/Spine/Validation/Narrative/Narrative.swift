import JSON

/// A narrative read as XML: what is wrong with it, and the links and ids in it.
///
/// The rules are those of R4, "Narrative", section 2.1.0.11: the elements of chapters 7 to 11 and 15 of HTML 4.0 with `a`
/// and images, no scripts, no forms, no head, no external style, and some content.
struct Narrative {
    /// A fault, in words.
    struct Fault: Equatable {
        /// Whether the text is no well-formed XML, so that reading ended there.
        var isFatal = false
        /// Whether it is against `txt-1` itself: an element or attribute that narratives don't have.
        var isForbidden = false
        var text: String
    }

    private(set) var faults: [Fault] = []
    /// The values of `id` and of `name` on anchors.
    private(set) var ids: [String] = []
    /// The targets of links inside the document, without `#`.
    private(set) var localLinks: [String] = []
    /// Whether there is text or an image.
    private(set) var hasContent = false

    /// - Parameter text: the value of `Narrative.div`.
    init(_ text: String) {
        var reader = XHTMLReader(text)
        var depth = 0
        var paragraphs: [Int] = []
        do throws(XHTMLReader.Fault) {
            while let event = try reader.next() {
                switch event {
                case .open(let name, let attributes):
                    if depth == 0, name != "div" { faults.append(Fault(text: "the outermost element must be div")) }
                    if depth == 0 { namespace(attributes) }
                    depth += 1
                    if !paragraphs.isEmpty, Self.blocks.contains(name) {
                        tell("the element \(name) must not stand inside p")
                    }
                    if name == "p" { paragraphs.append(depth) }
                    element(name, attributes)
                case .close:
                    if paragraphs.last == depth { paragraphs.removeLast() }
                    depth -= 1
                case .text(let hasCharacters): hasContent = hasContent || hasCharacters
                }
            }
        } catch {
            faults.append(Fault(isFatal: true, text: error.text))
        }
    }

    private mutating func namespace(_ attributes: [(name: String, value: String)]) {
        guard let namespace = attributes.first(where: { $0.name == "xmlns" })?.value else {
            return faults.append(Fault(text: "div must have xmlns=\"http://www.w3.org/1999/xhtml\""))
        }
        if namespace != "http://www.w3.org/1999/xhtml" {
            faults.append(Fault(text: "the namespace must be http://www.w3.org/1999/xhtml"))
        }
    }

    /// Adds a fault, each text once.
    private mutating func tell(_ text: String, isForbidden: Bool = false) {
        let fault = Fault(isForbidden: isForbidden, text: text)
        if !faults.contains(fault) { faults.append(fault) }
    }

    private mutating func element(_ name: String, _ attributes: [(name: String, value: String)]) {
        if !Self.elements.contains(name) { tell("the element \(name) is not allowed", isForbidden: true) }
        if name == "img" { hasContent = true }
        for (attribute, value) in attributes {
            let isAllowed =
                Self.attributes.contains(attribute) || Self.ofElement.contains("\(name).\(attribute)")
                || attribute.hasPrefix("data-") || (attribute == "xmlns" && !value.isEmpty)
            if !isAllowed {
                tell("the attribute \(attribute) on \(name) is not allowed", isForbidden: true)
            }
            if attribute == "id" || (name == "a" && attribute == "name") { ids.append(value) }
            if name == "a", attribute == "href" { link(value) }
            if name == "img", attribute == "src" { address(value) }
        }
    }

    private mutating func link(_ target: String) {
        if target.hasPrefix("#"), target.utf8.count > 1 { localLinks.append(String(target.dropFirst())) }
        address(target)
        switch target.prefix(while: { $0 != ":" }).lowercased() {
        case "javascript", "vbscript": tell("a link must not hold a script")
        case "urn", "cid": tell("a link must lead somewhere; \(target.prefix(80)) is a name")
        default: break
        }
    }

    /// An address has the characters of a URI (RFC 3986, section 2) and is not empty.
    private mutating func address(_ text: String) {
        if text.isEmpty { return tell("a link must not be empty") }
        guard !text.hasPrefix("data:") else { return }
        let isWrong = text.unicodeScalars.contains { scalar in
            scalar.isASCII
                && !(scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || ";?:@&=+$.,/%-_~#[]!'()*|{}".unicodeScalars.contains(scalar))
        }
        if isWrong { tell("\(text.prefix(80)) is no URL: it has characters that a URL must not have") }
    }

    /// The ids of all elements of a resource, narratives included.
    static func ids(in resource: JSONNode) -> [String] {
        var ids: [String] = []
        var open = [resource]
        while let node = open.popLast() {
            for (key, value) in node.members {
                if key.equals("id"), let id = value.string { ids.append(id) }
                if key.equals("div"), let text = value.string { ids += Narrative(text).ids }
                if value.isObject || value.isArray { open.append(value) }
            }
            for value in node.elements where value.isObject || value.isArray { open.append(value) }
        }
        return ids
    }

    /// Elements that HTML 4 does not allow inside a paragraph.
    private static let blocks: Set<String> = ["div", "blockquote", "table", "ol", "ul", "p"]
    private static let elements: Set<String> = [
        "p", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "a", "span", "b", "em", "i", "strong", "small", "big",
        "tt",
        "dfn", "q", "var", "abbr", "acronym", "cite", "blockquote", "hr", "address", "bdo", "kbd", "sub", "sup", "ul",
        "ol", "li", "dl", "dt", "dd", "pre", "table", "caption", "colgroup", "col", "thead", "tr", "tfoot", "tbody",
        "th",
        "td", "code", "samp", "img", "map", "area", "u", "s", "strike", "del", "ins", "center", "font",
    ]
    /// Attributes of any element.
    private static let attributes: Set<String> = [
        "title", "style", "class", "id", "lang", "xml:lang", "dir", "accesskey", "tabindex", "span", "width", "align",
        "valign", "char", "charoff", "abbr", "axis", "headers", "scope", "rowspan", "colspan", "summary", "border",
        "frame", "rules", "cellspacing", "cellpadding", "bgcolor", "nowrap", "cite", "height", "type", "value", "start",
        "xml:space", "clear", "color", "face", "size", "noshade", "compact",
    ]
    private static let ofElement: Set<String> = [
        "a.href", "a.name", "a.charset", "a.hreflang", "a.rel", "a.rev", "a.target", "a.shape", "a.coords", "img.src",
        "img.alt", "img.longdesc", "img.usemap", "img.ismap", "img.name", "img.hspace", "img.vspace", "map.name",
        "area.shape", "area.coords", "area.href", "area.alt", "area.nohref", "bdo.dir",
    ]
}
