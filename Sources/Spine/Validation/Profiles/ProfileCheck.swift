import FHIR
import FHIRPath
import JSON
import Terminology

/// Compares a resource with a profile: cardinalities, types, fixed values and patterns, required bindings, invariants and
/// slices (R4, "Profiling"). A slice whose discriminator this can't read is passed over.
struct ProfileCheck {
    struct Finding {
        let severity: Issue.Severity
        let code: IssueCode
        let text: String
        /// Where, below the resource.
        let place: String
    }

    /// A value of the instance.
    struct Value {
        let node: JSONNode
        /// The JSON name of the member that holds it.
        let member: String
        /// Its type; empty where that is not known.
        let type: String
        let path: String
    }

    let tree: ProfileTree
    let definitions: Definitions
    let terminology: TerminologyService?
    let root: JSONNode
    private(set) var findings: [Finding] = []

    init(_ tree: ProfileTree, of root: JSONNode, _ definitions: Definitions, _ terminology: TerminologyService?) {
        self.tree = tree
        self.root = root
        self.definitions = definitions
        self.terminology = terminology
    }

    mutating func run() {
        let type = tree.elements[0].name
        let value = Value(node: root, member: "", type: type, path: "")
        if let definition = tree.elements[0].definition { check(value, definition) }
        children(of: 0, value)
    }

    private mutating func tell(_ text: String, _ code: IssueCode, _ path: String, _ severity: Issue.Severity = .error) {
        findings.append(Finding(severity: severity, code: code, text: text, place: path))
    }

    private mutating func children(of element: Int, _ value: Value) {
        guard value.node.isObject else { return }
        var names: [String] = []
        for child in tree.elements[element].children where !names.contains(tree.elements[child].name) {
            names.append(tree.elements[child].name)
        }
        for name in names {
            let same = tree.elements[element].children.filter { tree.elements[$0].name == name }
            let found = values(name, of: value)
            let whole = same.first { tree.elements[$0].slice == nil }
            if let whole {
                if let definition = tree.elements[whole].definition { count(found.count, definition, name, value) }
                for each in found { compare(each, whole) }
            }
            let slices = same.filter { tree.elements[$0].slice != nil }
            if !slices.isEmpty { sliced(found, slices, whole.flatMap { tree.elements[$0].definition }, name, value) }
        }
    }

    private mutating func compare(_ value: Value, _ element: Int) {
        if let definition = tree.elements[element].definition { check(value, definition) }
        children(of: element, value)
    }

    private mutating func count(_ count: Int, _ definition: JSONNode, _ name: String, _ holder: Value) {
        let slice = definition["sliceName"]?.string.map { " (\($0))" } ?? ""
        let path = holder.path.isEmpty ? name : "\(holder.path).\(name)"
        let place = path.hasSuffix("[x]") ? String(path.dropLast(3)) : path
        if let min = definition["min"]?.integer, count < min {
            tell("the profile asks for at least \(min) \(name)\(slice); found \(count)", .required, place)
        }
        if let text = definition["max"]?.string, let max = Int(text), count > max {
            tell("the profile allows at most \(max) \(name)\(slice); found \(count)", .structure, place)
        }
    }

    // MARK: Slices

    private mutating func sliced(
        _ values: [Value], _ slices: [Int], _ whole: JSONNode?, _ name: String, _ holder: Value
    ) {
        let matcher = SliceMatcher(tree, terminology, whole, name)
        var isDecided = true
        var counts = [Int](repeating: 0, count: slices.count)
        for value in values {
            var isMatched = false
            for (position, slice) in slices.enumerated() {
                guard let matches = matcher.matches(value, slice) else {
                    isDecided = false
                    continue
                }
                guard matches else { continue }
                isMatched = true
                counts[position] += 1
                compare(value, slice)
            }
            if !isMatched, isDecided, whole?["slicing"]?["rules"]?.equals("closed") == true {
                tell("the profile has no slice for this \(name)", .structure, value.path)
            }
        }
        for (position, slice) in slices.enumerated() {
            guard let definition = tree.elements[slice].definition else { continue }
            if isDecided && (!values.isEmpty || matcher.canMatch(slice)) {
                count(counts[position], definition, name, holder)
            }
        }
    }

    // MARK: Values

    private func values(_ name: String, of holder: Value) -> [Value] {
        let structure = definitions.structure(holder.type)
        var values: [Value] = []
        for (key, node) in holder.node.members {
            guard let text = key.string else { continue }
            let property = text.hasPrefix("_") ? String(text.dropFirst()) : text
            // The id and extensions of a primitive that has a value are no value of their own.
            if text.hasPrefix("_"), holder.node[JSONKey(property)] != nil { continue }
            guard let member = structure?.member(property) else { continue }
            let isNamed =
                name.hasSuffix("[x]") ? member.isChoice && member.element == name.dropLast(3) : member.name == name
            guard isNamed else { continue }
            let type = Self.contentType(member, node, definitions)
            let path = holder.path.isEmpty ? member.element : "\(holder.path).\(member.element)"
            if node.isArray {
                for (position, each) in node.elements.enumerated() {
                    values.append(
                        Value(node: each, member: member.name, type: type(each), path: "\(path)[\(position)]"))
                }
            } else {
                values.append(Value(node: node, member: member.name, type: type(node), path: path))
            }
        }
        return values
    }

    /// The structure's name for a member's content: a group inside has its own, a resource says its type.
    private static func contentType(
        _ member: Member, _ node: JSONNode, _ definitions: Definitions
    ) -> (JSONNode) -> String {
        { value in
            if let index = member.structureIndex { return definitions.structure(at: index).name }
            if member.type == "Resource" { return value[Keys.resourceType]?.string ?? "" }
            return member.type
        }
    }

    private mutating func check(_ value: Value, _ definition: JSONNode) {
        for (key, wanted) in definition.members {
            guard let name = key.string else { continue }
            if name.hasPrefix("fixed"), !wanted.hasSameValue(as: value.node) {
                tell("the profile fixes the value to \(Self.short(wanted))", .value, value.path)
            } else if name.hasPrefix("pattern"), !Pattern.matches(wanted, value.node) {
                tell("the profile asks for the pattern \(Self.short(wanted))", .value, value.path)
            }
        }
        if let limit = definition["maxLength"]?.integer, let text = value.node.string, text.count > limit {
            tell("the profile allows at most \(limit) characters", .tooLong, value.path)
        }
        types(value, definition)
        binding(value, definition)
        for constraint in definition["constraint"]?.elements.map({ $0 }) ?? [] { invariant(constraint, value) }
    }

    private mutating func types(_ value: Value, _ definition: JSONNode) {
        guard definition[Keys.path]?.string?.hasSuffix("[x]") == true, let types = definition[Keys.type] else { return }
        let codes = types.elements.compactMap { $0[Keys.code]?.string }
        guard !codes.isEmpty, !codes.contains(value.type), !value.type.isEmpty else { return }
        tell(
            "the profile allows the types \(codes.joined(separator: ", ")); found \(value.type)", .structure, value.path
        )
    }

    private mutating func binding(_ value: Value, _ definition: JSONNode) {
        guard let binding = definition["binding"], binding["strength"]?.equals("required") == true,
            let set = binding["valueSet"]?.string, let terminology
        else { return }
        let codings: [(String?, String)]
        if let code = value.node.string {
            codings = [(nil, code)]
        } else {
            let nodes = value.node["coding"]?.elements.map { $0 } ?? [value.node]
            codings = nodes.compactMap { node in node[Keys.code]?.string.map { (node[Keys.system]?.string, $0) } }
        }
        let answers = codings.map { terminology.contains(valueSet: set, system: $0.0, code: $0.1) }
        guard !answers.contains(true), !answers.contains(nil), !answers.isEmpty else { return }
        tell("no code is in the value set \(set), which the profile requires", .codeInvalid, value.path)
    }

    private mutating func invariant(_ constraint: JSONNode, _ value: Value) {
        guard let text = constraint["expression"]?.string, value.node.isObject else { return }
        let key = constraint["key"]?.string ?? ""
        do throws(FHIRPathError) {
            let expression = try FHIRPathExpression(
                text, definitions: definitions, options: FHIRPathOptions(contextType: value.type))
            var environment = FHIRPathEnvironment()
            environment.resource = root
            environment.rootResource = root
            if let terminology {
                environment.memberOf = { terminology.contains(valueSet: $2, system: $0, code: $1) }
            }
            if try expression.isTrue(on: value.node, type: value.type, environment) ?? true { return }
        } catch {
            return tell("\(key) could not be checked: \(error)", .exception, value.path, .warning)
        }
        let human = constraint["human"]?.string ?? "the rule \(text) must hold"
        tell(
            "\(key): \(human)", .invariant, value.path,
            constraint["severity"]?.equals("warning") == true ? .warning : .error)
    }

    private static func short(_ node: JSONNode) -> String {
        let text = String(decoding: node.document.text[node.range], as: UTF8.self)
        return text.count > 80 ? text.prefix(80) + "…" : text
    }
}
