import Foundation
import JSON

/// A side of quality.
public enum QualityDimension: String, Sendable, CaseIterable {
    case completeness, validity, consistency, timeliness, uniqueness
}

/// What is asked of messages or resources.
public struct QualityRule: Sendable {
    /// How it is named in reports.
    public var id: String
    /// The side of quality that it looks at.
    public var dimension: QualityDimension
    /// What it asks, in words.
    public var title: String
    /// A resource type, or `message`.
    public var subject: String
    /// Where it comes from.
    public var source: String
    /// What a sender should do.
    public var hint: String
    var test: Test

    enum Test: Sendable, Hashable {
        case has([String])
        case delay(minutes: Int64)
        case fact(Fact)
    }

    /// What the highway itself finds out of a message.
    enum Fact: String, Sendable, CaseIterable {
        case codesKnown = "codes-known"
        case taken
        case clean
        case newControl = "new-control"
        case undisturbed
        case timed
    }
}

/// What a rule says of an item.
struct Verdict: Sendable, Hashable {
    var rule: String
    /// How often it was asked.
    var checked: Int
    var failures: [Failure] = []

    struct Failure: Sendable, Hashable {
        var place: String
        var what: String
        var hint: String
    }
}

/// The rules of quality as data.
struct QualityRules: Sendable {
    let rules: [QualityRule]
    /// The steps of the paths that rules ask for.
    private var keys: [String: [JSONKey]] = [:]

    /// The rules of the house.
    static func house() throws -> QualityRules {
        let path = Bundle.module.bundleURL.appendingPathComponent("Resources/quality.rules").path
        return try QualityRules(String(contentsOfFile: path, encoding: .utf8))
    }

    /// What is wrong with a file of rules.
    struct Malformed: Error, CustomStringConvertible {
        var line: Int
        var description: String
    }

    init(_ text: String) throws {
        var rules: [QualityRule] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(separator: " ").map(String.init)
            guard let word = words.first, word != "#", !word.hasPrefix("#") else { continue }
            let rest = words.dropFirst().joined(separator: " ")
            func fail(_ what: String) -> Malformed { Malformed(line: number + 1, description: what) }
            if word == "rule" {
                guard words.count > 3, let dimension = QualityDimension(rawValue: words[2]) else {
                    throw fail("a rule needs an id, a dimension and a title")
                }
                rules.append(
                    QualityRule(
                        id: words[1], dimension: dimension, title: words.dropFirst(3).joined(separator: " "),
                        subject: "message", source: "", hint: "", test: .fact(.taken)))
                continue
            }
            guard !rules.isEmpty else { throw fail("'\(word)' stands before the first rule") }
            let last = rules.count - 1
            switch word {
            case "on": rules[last].subject = rest
            case "has": rules[last].test = .has(Array(words.dropFirst()))
            case "delay":
                guard let minutes = Int64(rest) else { throw fail("'\(rest)' is no number of minutes") }
                rules[last].test = .delay(minutes: minutes)
            case "is":
                guard let fact = QualityRule.Fact(rawValue: rest) else { throw fail("'\(rest)' is no fact") }
                rules[last].test = .fact(fact)
            case "source": rules[last].source = rest
            case "hint": rules[last].hint = rest
            default: throw fail("'\(word)' is none of rule, on, has, delay, is, source, hint")
            }
        }
        self.rules = rules
        for case .has(let paths) in rules.map(\.test) {
            for path in paths { keys[path] = path.split(separator: ".").map { JSONKey(String($0)) } }
        }
    }

    /// What the rules say of an item and its resources.
    func verdicts(on item: Item, of message: StoredMessage) -> [Verdict] {
        rules.compactMap { rule in
            rule.subject == "message" ? ofMessage(rule, item, message) : ofResources(rule, item)
        }
    }

    private func ofResources(_ rule: QualityRule, _ item: Item) -> Verdict? {
        guard case .has(let paths) = rule.test else { return nil }
        // What is only mentioned needn't be complete.
        let parts = item.parts.filter { $0.type == rule.subject && $0.isSnapshot && $0.document != nil }
        guard !parts.isEmpty else { return nil }
        var verdict = Verdict(rule: rule.id, checked: parts.count)
        for part in parts {
            guard let root = part.document?.root, !paths.contains(where: { has($0, root) }) else { continue }
            verdict.failures.append(
                .init(
                    place: "\(rule.subject).\(paths[0])", what: "\(paths.joined(separator: ", ")) is missing",
                    hint: rule.hint))
        }
        return verdict
    }

    /// Whether an element is there; `value` stands for `valueQuantity` and its kin.
    private func has(_ path: String, _ root: JSONNode) -> Bool {
        var nodes = [root]
        for key in keys[path] ?? [] {
            nodes = nodes.flatMap { node -> [JSONNode] in
                let found = node[key].map { [$0] } ?? Self.choices(key.string, node)
                return found.flatMap { $0.isArray ? Array($0.elements) : [$0] }
            }
        }
        return !nodes.isEmpty
    }

    private static func choices(_ name: String, _ node: JSONNode) -> [JSONNode] {
        node.members.filter { member in
            guard let key = member.key.string, key.hasPrefix(name) else { return false }
            return key.dropFirst(name.count).first?.isUppercase == true
        }.map(\.value)
    }

    private func ofMessage(_ rule: QualityRule, _ item: Item, _ message: StoredMessage) -> Verdict? {
        var verdict = Verdict(rule: rule.id, checked: 1)
        func fail(_ place: String, _ what: String, _ hint: String? = nil) {
            verdict.failures.append(.init(place: place, what: what, hint: hint ?? rule.hint))
        }
        switch rule.test {
        case .has: return nil
        case .delay(let minutes):
            guard let event = item.event else { return nil }
            let delay = (message.received - event) / 60_000
            if delay > minutes { fail("", "it came \(delay) minutes after it happened") }
        case .fact(.codesKnown):
            for code in item.unmapped { fail(code.place, "the code '\(code.code)' isn't in \(code.system)") }
        case .fact(.taken):
            for refusal in item.refusals { fail(refusal.place, refusal.what, refusal.hint) }
        case .fact(.clean):
            for remark in item.remarks { fail(remark.place, remark.what, remark.hint) }
        case .fact(.newControl):
            guard message.control != nil else { return nil }
            if message.earlier != nil { fail("MSH-10", "another message had this control id") }
        case .fact(.undisturbed): return verdict
        case .fact(.timed): if item.event == nil { fail("MSH-7", "the message says no time") }
        }
        return verdict
    }
}
