import JSON
import Terminology

/// Tells which slice a value belongs to (R4, "Profiling", section 5.1.0.15, discriminators).
struct SliceMatcher {
    private let tree: ProfileTree
    private let terminology: TerminologyService?
    private let discriminators: [(type: String, path: String)]

    /// - Parameters:
    ///   - whole: the definition that states the slicing.
    ///   - name: the name of the sliced element.
    init(_ tree: ProfileTree, _ terminology: TerminologyService?, _ whole: JSONNode?, _ name: String) {
        self.tree = tree
        self.terminology = terminology
        let stated = whole?["slicing"]?["discriminator"]?.elements.map {
            (type: $0[Keys.type]?.string ?? "", path: $0[Keys.path]?.string ?? "")
        }
        if let stated, !stated.isEmpty {
            discriminators = stated
        } else if name == "extension" || name == "modifierExtension" {
            discriminators = [("value", "url")]
        } else if name.hasSuffix("[x]") {
            discriminators = [("type", "$this")]
        } else {
            discriminators = []
        }
    }

    /// Whether a value is in a slice; nil when that can't be told.
    func matches(_ value: ProfileCheck.Value, _ slice: Int) -> Bool? {
        guard !discriminators.isEmpty else { return nil }
        var result = true
        for discriminator in discriminators {
            guard let matches = matches(value, slice, discriminator.type, discriminator.path) else { return nil }
            result = result && matches
        }
        return result
    }

    /// Whether the discriminators of a slice can be read at all, so that its absence means something.
    func canMatch(_ slice: Int) -> Bool {
        !discriminators.isEmpty
            && discriminators.allSatisfy { discriminator in
                discriminator.type == "type" || discriminator.type == "exists"
                    || url(slice, discriminator.path) != nil || expectation(slice, discriminator.path) != nil
            }
    }

    private func matches(_ value: ProfileCheck.Value, _ slice: Int, _ type: String, _ path: String) -> Bool? {
        switch type {
        case "value", "pattern":
            if let url = url(slice, path) { return value.node[Keys.url]?.equals(url) == true }
            guard let (wanted, isPattern, steps) = expectation(slice, path) else { return nil }
            return Self.walk(value.node, steps).contains {
                isPattern ? Pattern.matches(wanted, $0) : wanted.hasSameValue(as: $0)
            }
        case "exists":
            guard let element = descend(slice, Self.steps(path)).last,
                let definition = tree.elements[element].definition
            else { return nil }
            let isThere = !Self.walk(value.node, Self.steps(path)).isEmpty
            return isThere == (definition["max"]?.equals("0") != true)
        case "type" where path == "$this":
            let codes = tree.elements[slice].definition?[Keys.type]?.elements.compactMap { $0[Keys.code]?.string } ?? []
            if !codes.isEmpty { return codes.contains(value.type) }
            return tree.elements[slice].slice == value.member
        default: return nil
        }
    }

    /// The URL of an extension's slice.
    private func url(_ slice: Int, _ path: String) -> String? {
        guard path == "url" else { return nil }
        let profile = tree.elements[slice].definition?[Keys.type]?[0]?[Keys.profile]?[0]?.string
        return profile.map { String($0.prefix { $0 != "|" }) }
    }

    /// The fixed value or pattern that decides, whether it is a pattern, and the steps that lead to what it is compared with.
    private func expectation(_ slice: Int, _ path: String) -> (JSONNode, Bool, [String])? {
        let steps = Self.steps(path)
        for (depth, element) in ([slice] + descend(slice, steps)).enumerated() {
            for (key, wanted) in tree.elements[element].definition?.members.map({ ($0.key, $0.value) }) ?? [] {
                guard let name = key.string else { continue }
                if name.hasPrefix("fixed") { return (wanted, false, Array(steps.prefix(depth))) }
                if name.hasPrefix("pattern") { return (wanted, true, Array(steps.prefix(depth))) }
            }
        }
        return nil
    }

    private static func steps(_ path: String) -> [String] {
        path == "$this" ? [] : path.split(separator: ".").map(String.init)
    }

    /// The elements of the profile along a path below one, as far as it names them.
    private func descend(_ element: Int, _ steps: [String]) -> [Int] {
        var found: [Int] = []
        var at = element
        for step in steps {
            let next = tree.elements[at].children.first {
                let name = tree.elements[$0].name
                return name == step || name == step + "[x]"
            }
            guard let next else { return found }
            found.append(next)
            at = next
        }
        return found
    }

    private static func walk(_ node: JSONNode, _ steps: [String]) -> [JSONNode] {
        var nodes = [node]
        for step in steps {
            nodes = nodes.flatMap { node -> [JSONNode] in
                guard let value = node[JSONKey(step)] else { return [] }
                return value.isArray ? value.elements.map { $0 } : [value]
            }
        }
        return nodes
    }
}
