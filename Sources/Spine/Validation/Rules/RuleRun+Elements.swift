import FHIR
import JSON

// Invariants that hold for nearly every element, in code of our own.
extension RuleRun {
    /// `ele-1`: an element says something beside its id.
    mutating func element(_ visit: Int) {
        let value = node(visit)
        guard value.count == 1, value[Keys.id] != nil, !hasPrimitive(beside: visit) else { return }
        broken("ele-1", .error, visit)
    }

    /// `ele-1` of primitives that the structural walk found without a value: `""`, or null in a list.
    mutating func emptyPrimitives() {
        for issue in survey.issues where issue.code == .value || issue.diagnostics.contains(Survey.strayNull) {
            guard let offset = issue.byteOffset, let place = issue.expression, offset + 4 <= document.text.count else {
                continue
            }
            let text = document.text[offset..<(offset + 4)]
            guard text.starts(with: Array("\"\"".utf8)) || text.elementsEqual("null".utf8)
            else { continue }
            issues.append(
                Issue(
                    .error, .invariant, "ele-1: \(InvariantMeaning.of("ele-1") ?? "")", expression: place,
                    byteOffset: offset))
        }
    }

    /// Whether a primitive has the value whose id and extensions an object holds.
    private func hasPrimitive(beside visit: Int) -> Bool {
        guard survey.isSibling(visit) else { return false }
        let holder = node(Int(survey.visits[visit].parent))
        let name = JSONKey(String(survey.property(of: visit).dropFirst()))
        guard let value = holder[name] else { return false }
        let position = Int(survey.visits[visit].position)
        return position < 0 || value[position].map { !$0.isNull } ?? false
    }

    /// `per-1`: a period does not end before it starts.
    mutating func period(_ visit: Int) {
        let value = node(visit)
        guard let start = value[Keys.start], let end = value[Keys.end] else { return }
        let isInOrder = start.withUTF8 { start -> Bool? in
            end.withUTF8 { end -> Bool? in
                // Most are dates, or times in one zone: then the texts are in the order of the times.
                if start.count == end.count, start.count <= 10 || start.suffix(6).elementsEqual(end.suffix(6)) {
                    return !end.lexicographicallyPrecedes(start)
                }
                return nil
            } ?? nil
        }
        if isInOrder ?? nil == true { return }
        guard let start = start.string.flatMap({ FHIRDateTime($0) }),
            let end = end.string.flatMap({ FHIRDateTime($0) }),
            start.lowMilliseconds > end.highMilliseconds
        else { return }
        broken("per-1", .error, visit)
    }

    /// The rules of every resource: `dom-2` to `dom-6`, and that contained ones have an id.
    mutating func resource(_ visit: Int) {
        let value = node(visit)
        if value[Keys.contained] != nil { containing(visit, value) }
        if options.tellsBestPractice, options.tellsWarnings, value[Keys.text]?[Keys.div] == nil,
            definitions.structure(at: Int(survey.visits[visit].structure)).base == "DomainResource"
        {
            broken("dom-6", .warning, visit)
        }
        if options.depth == .full { security(visit, value) }
        guard survey.element(of: visit) == "contained" else { return }
        if let meta = value[Keys.meta] {
            if meta[Keys.versionId] != nil || meta[Keys.lastUpdated] != nil { broken("dom-4", .error, visit) }
            if meta[Keys.security] != nil { broken("dom-5", .error, visit) }
        }
        if value[Keys.contained] != nil { broken("dom-2", .error, visit) }
        if options.depth == .full, value[Keys.id] == nil {
            report(.error, .required, "a contained resource must have an id, by which #id finds it", visit)
        }
    }

    /// Security labels are a set: none stands twice (R4, "Resource", `meta.security`).
    private mutating func security(_ visit: Int, _ resource: JSONNode) {
        var seen: Set<String> = []
        for (position, label) in (resource[Keys.meta]?[Keys.security]?.elements.map { $0 } ?? []).enumerated() {
            let name = "\(label[Keys.system]?.string ?? "")#\(label[Keys.code]?.string ?? "")"
            guard !seen.insert(name).inserted else { continue }
            report(
                .error, .businessRule, "the security label \(name) stands twice", visit,
                below: "meta.security[\(position)]")
        }
    }

    /// `dom-3`: what is contained is referred to, or refers to its container.
    private mutating func containing(_ visit: Int, _ value: JSONNode) {
        let end = subtreeEnd(visit)
        var named: Set<String> = []
        var pointingBack: Set<Int> = []
        for inner in (visit + 1)..<end {
            guard let target = localTarget(inner) else { continue }
            named.insert(target)
            // `#` inside a contained resource means the container.
            if target == "#" { pointingBack.insert(resource(aroundLater: inner, within: visit)) }
        }
        for inner in (visit + 1)..<end
        where Int(survey.visits[inner].parent) == visit && survey.element(of: inner) == "contained" {
            guard !pointingBack.contains(inner) else { continue }
            if let id = node(inner)[Keys.id]?.string {
                if !named.contains("#" + id) { broken("dom-3", .error, inner) }
            } else if options.depth == .full {
                // What has no id can't be referred to.
                broken("dom-3", .error, inner)
            }
        }
    }

    /// `#id` where a reference, URI or canonical says so.
    private func localTarget(_ visit: Int) -> String? {
        let value = node(visit)
        guard survey.visits[visit].structure >= 0 else {
            return survey.primitive(of: visit) == .xhtml ? nil : Self.local(value)
        }
        guard book.pages[Int(survey.visits[visit].structure)].role == .reference else { return nil }
        return value[Keys.reference].flatMap(Self.local)
    }

    private static func local(_ value: JSONNode) -> String? {
        guard value.withUTF8({ $0.first == UInt8(ascii: "#") }) == true else { return nil }
        return value.string
    }

    /// The visit after all that a visit holds.
    func subtreeEnd(_ visit: Int) -> Int {
        let end = node(visit).range.upperBound
        var index = visit + 1
        while index < survey.visits.count, node(index).range.lowerBound < end { index += 1 }
        return index
    }

    /// The contained resource around a visit that the pass has not reached yet.
    private func resource(aroundLater visit: Int, within outer: Int) -> Int {
        var at = visit
        while Int(survey.visits[at].parent) != outer {
            at = Int(survey.visits[at].parent)
            if at < 0 { return outer }
        }
        return at
    }
}
