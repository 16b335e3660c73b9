import FHIR
import JSON
import Terminology

// Rules of resources that define codes.
extension RuleRun {
    private static let count: JSONKey = "count"
    private static let supplements: JSONKey = "supplements"
    private static let version: JSONKey = "version"

    /// A code system has the concepts that its `content` and `count` say, and a supplement says nothing of its own.
    mutating func codeSystem(_ visit: Int) {
        let value = node(visit)
        let content = value[Keys.content]?.string
        if let base = value[Self.supplements]?.string {
            if content != "supplement" {
                report(
                    .error, .businessRule, "what supplements \(shown(base)) has content supplement", visit,
                    below: "content")
            }
            for element in ["caseSensitive", "hierarchyMeaning"] where value[JSONKey(element)] != nil {
                report(.error, .businessRule, "a supplement has no \(element) of its own", visit, below: element)
            }
        } else if content == "supplement" {
            report(.error, .businessRule, "a supplement says what it supplements", visit, below: "supplements")
        }
        if content == "not-present", value[Keys.concept] != nil {
            report(.error, .invalid, "content is not-present, but there are concepts", visit, below: "concept[0]")
        }
        guard let count = value[Self.count]?.integer, content == "complete" else { return }
        let found = Self.concepts(in: value)
        guard found != count else { return }
        report(
            .error, .invalid, "the code system is complete, but has \(found) concepts where count says \(count)", visit,
            below: "count")
    }

    private static func concepts(in value: JSONNode) -> Int {
        var found = 0
        var lists = [value[Keys.concept]].compactMap { $0 }
        while let list = lists.popLast() {
            for concept in list.elements {
                found += 1
                if let inner = concept[Keys.concept] { lists.append(inner) }
            }
        }
        return found
    }

    /// A value set takes codes from systems that are named in full, and codes that these have.
    mutating func valueSetInclude(_ visit: Int) {
        let value = node(visit)
        guard let written = value[Keys.system]?.string else { return }
        let system = String(written.prefix { $0 != "|" })
        if system.utf8.count + 1 < written.utf8.count {
            report(
                .error, .businessRule, "the version of a code system stands in version, not behind a bar in system",
                visit, below: "system")
        }
        guard URIForms.isAbsolute(system) else {
            return report(
                .error, .invalid,
                "a value set must name the code system by an absolute URI; found \(shown(system))", visit,
                below: "system")
        }
        if definitions.valueSet(system) != nil {
            return report(
                .error, .invalid, "\(shown(system)) is a value set; system names a code system", visit, below: "system")
        }
        guard let terminology, value[Self.version] == nil else { return }
        for (position, concept) in (value[Keys.concept]?.elements.map { $0 } ?? []).enumerated() {
            guard let code = concept[Keys.code]?.string,
                terminology.finding(system: system, code: code) == .unknownCode
            else { continue }
            report(
                .error, .codeInvalid, "the code system \(system) has no code \(shown(code))", visit,
                below: "concept[\(position)]")
        }
    }
}
