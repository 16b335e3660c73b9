/// Changes to the text of a document, gathered first and then applied in one pass.
///
/// All nodes must belong to the document that the edits are applied to. Where two edits meet, the later call wins;
/// edits inside a value that is replaced or removed have no effect. What is not edited stays byte for byte.
public struct JSONEdits: Sendable {
    private enum Edit: Sendable {
        case replace(node: Int, json: [UInt8])
        case set(key: String, object: Int, json: [UInt8], first: Bool)
        case remove(key: String, object: Int)
    }

    private var edits: [Edit] = []

    /// No edits.
    public init() {}

    /// Whether nothing would change.
    public var isEmpty: Bool {
        edits.isEmpty
    }

    /// Puts another value in the place of `node`.
    public mutating func replace(_ node: JSONNode, with rawJSON: [UInt8]) {
        edits.append(.replace(node: node.identity, json: rawJSON))
    }

    /// Gives a member another value, or appends the member as the object's last.
    public mutating func setMember(_ key: String, of object: JSONNode, to rawJSON: [UInt8]) {
        edits.append(.set(key: key, object: object.identity, json: rawJSON, first: false))
    }

    /// Puts a new member before all others; when the object has the member already, its value is replaced in place.
    public mutating func insertFirstMember(_ key: String, of object: JSONNode, rawJSON: [UInt8]) {
        edits.append(.set(key: key, object: object.identity, json: rawJSON, first: true))
    }

    /// Takes a member away, if there is one.
    public mutating func removeMember(_ key: String, of object: JSONNode) {
        edits.append(.remove(key: key, object: object.identity))
    }

    /// The document's text with all edits made.
    public func applied(to document: JSONDocument) -> [UInt8] {
        guard !edits.isEmpty else { return document.text }
        var patches: [Patch] = []
        var values: [Int: [UInt8]] = [:]
        var objects: [Int: ObjectEdits] = [:]
        for edit in edits {
            switch edit {
            case .replace(let node, let json): values[node] = json
            case .set(let key, let object, let json, let first):
                objects[object, default: ObjectEdits()].set(key, json, first: first)
            case .remove(let key, let object): objects[object, default: ObjectEdits()].remove(key)
            }
        }
        for (index, json) in values {
            patches.append(Patch(range: JSONNode(document: document, index: index).range, json: json))
        }
        for (index, object) in objects {
            patches += object.patches(of: JSONNode(document: document, index: index))
        }
        return document.patched(patches)
    }
}

/// A stretch of the text and what comes in its place.
private struct Patch {
    var range: Range<Int>
    var json: [UInt8]
}

/// What happens to the members of one object.
private struct ObjectEdits {
    private var values: [(key: String, json: [UInt8]?, first: Bool)] = []

    mutating func set(_ key: String, _ json: [UInt8], first: Bool) {
        note(key, json, first)
    }

    mutating func remove(_ key: String) {
        note(key, nil, false)
    }

    private mutating func note(_ key: String, _ json: [UInt8]?, _ first: Bool) {
        values.removeAll { $0.key == key }
        values.append((key, json, first))
    }

    func patches(of object: JSONNode) -> [Patch] {
        guard object.isObject else { return [] }
        var patches: [Patch] = []
        var known: Set<String> = []
        let members = Array(object.members)
        var kept = 0
        for (position, member) in members.enumerated() {
            guard let edit = values.first(where: { member.key.equals($0.key) }) else {
                kept += 1
                continue
            }
            known.insert(edit.key)
            if let json = edit.json {
                patches.append(Patch(range: member.value.range, json: json))
                kept += 1
            } else if kept > 0 {
                let from = members[position - 1].value.range.upperBound
                patches.append(Patch(range: from..<member.value.range.upperBound, json: []))
            } else {
                let isLast = position + 1 == members.count
                let to = isLast ? member.value.range.upperBound : members[position + 1].key.range.lowerBound
                patches.append(Patch(range: member.key.range.lowerBound..<to, json: []))
            }
        }
        var front: [UInt8] = []
        var back: [UInt8] = []
        for edit in values where !known.contains(edit.key) {
            guard let json = edit.json else { continue }
            let member = jsonQuoted(edit.key) + [UInt8(ascii: ":")] + json
            if edit.first {
                front = member + (front.isEmpty ? [] : [UInt8(ascii: ",")]) + front
            } else {
                back += (back.isEmpty ? [] : [UInt8(ascii: ",")]) + member
            }
        }
        if !back.isEmpty, kept > 0 || !front.isEmpty { back.insert(UInt8(ascii: ","), at: 0) }
        if !front.isEmpty, kept > 0 { front.append(UInt8(ascii: ",")) }
        let start = object.range.lowerBound + 1
        let end = members.last?.value.range.upperBound ?? start
        if !front.isEmpty { patches.append(Patch(range: start..<start, json: front)) }
        if !back.isEmpty { patches.append(Patch(range: end..<end, json: back)) }
        return patches
    }
}

extension JSONDocument {
    /// The text with disjoint or nested patches applied; a patch inside a replaced stretch is dropped.
    fileprivate func patched(_ patches: [Patch]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + patches.reduce(0) { $0 + $1.json.count })
        var position = 0
        // At one place what inserts comes before what removes, and of two that remove, the wider one first.
        let ordered = patches.enumerated().sorted { one, other in
            let (left, right) = (one.element.range, other.element.range)
            if left.lowerBound != right.lowerBound { return left.lowerBound < right.lowerBound }
            if left.isEmpty != right.isEmpty { return left.isEmpty }
            return left.count == right.count ? one.offset < other.offset : left.count > right.count
        }
        for (_, patch) in ordered where patch.range.lowerBound >= position {
            result += text[position..<patch.range.lowerBound]
            result += patch.json
            position = patch.range.upperBound
        }
        result += text[position...]
        return result
    }
}
