import JSON

/// A plain path through a resource, as most search parameters have it:
/// `Type.element.element`, perhaps with `.where(resolve() is Type)` at its end or `as` a type.
struct ElementPath: Sendable, Hashable {
    /// The JSON names on the way.
    let steps: [JSONKey]
    /// Only references to this type are meant; nil: any.
    let target: String?

    init(_ steps: [String], target: String? = nil) {
        self.steps = steps.map { JSONKey($0) }
        self.target = target
    }

    /// The paths of a search parameter's expression; nil when it is more than plain paths.
    static func paths(_ expression: String, of type: String) -> [ElementPath]? {
        var found: [ElementPath] = []
        for alternative in expression.split(separator: "|") {
            guard let path = ElementPath(alternative.trimmed, of: type) else { return nil }
            found.append(path)
        }
        return found.isEmpty ? nil : found
    }

    private init?(_ expression: String, of type: String) {
        var text = expression
        var target: String?
        let opening = ".where(resolve() is "
        if text.hasSuffix(")"), let range = text.firstRange(of: opening) {
            target = String(text[range.upperBound...].dropLast())
            text = String(text[..<range.lowerBound])
        }
        if text.hasPrefix("("), text.hasSuffix(")"), let range = text.firstRange(of: " as ") {
            // A choice is written with its type in JSON: (Observation.value as CodeableConcept).
            let kind = text[range.upperBound...].dropLast()
            text = text[..<range.lowerBound].dropFirst() + kind.prefix(1).uppercased() + kind.dropFirst()
        }
        let steps = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let isPlain = steps.allSatisfy { step in
            !step.isEmpty && step.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
        }
        guard isPlain, steps.count > 1, steps[0] == type else { return nil }
        self.init(Array(steps.dropFirst()), target: target)
    }

    /// The values that the path leads to, elements of arrays one by one.
    func values(in resource: JSONNode) -> [JSONNode] {
        var found = [resource]
        for step in steps {
            found = found.flatMap { node -> [JSONNode] in
                guard let value = node[step] else { return [] }
                return value.isArray ? Array(value.elements) : [value]
            }
        }
        return found
    }
}

extension Substring {
    /// Without spaces at both ends.
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
