import JSON

/// What messages that tell of changes have said of one resource, element by element: each by the statement that counts most.
///
/// In HL7 v2 (chapter 2, 2.5.3) a field without a value says nothing of what stands, and `""` takes it away; so does an
/// element of what becomes of it. Each element has a rank of its own, so that the order of arrival says nothing.
struct Statement {
    private struct Member {
        var key: String
        var json: [UInt8]
    }

    /// The rank of the statement that counts most.
    private(set) var rank: Rank
    /// Ranks of the elements that an earlier statement has said, and of those that were taken away.
    private(set) var exceptions: [String: Rank]
    private let type: String
    /// By path; inside of a period, and of what is said of a stay in hospital, each element for itself.
    private var members: [String: Member]
    private var meta: [UInt8]?
    /// The statement that counts most, where nothing was changed in it since.
    private var last: JSONDocument?

    private static let parted = ["period", "hospitalization"]
    private static let choices = ["deceased", "multipleBirth"]

    /// What stands, or is said first.
    init(_ document: JSONDocument, rank: Rank, exceptions: [String: Rank] = [:]) {
        type = document.root["resourceType"]?.string ?? ""
        self.rank = rank
        self.exceptions = exceptions
        members = Self.members(of: document.root)
        meta = Self.meta(of: document.root)
        last = document
    }

    /// The first statement.
    init(_ document: JSONDocument, nulls: [String], rank: Rank) {
        self.init(document, rank: rank)
        _ = hear(document, nulls: nulls, rank: rank)
    }

    /// Takes what another one says.
    ///
    /// - Parameter nulls: paths of the elements that it takes away.
    /// - Returns: whether anything of it shows.
    mutating func hear(_ document: JSONDocument, nulls: [String], rank: Rank) -> Bool {
        var ranks = members.mapValues { _ in self.rank }
        ranks.merge(exceptions) { _, own in own }
        var shows = false
        let said = Self.members(of: document.root)
        for (path, member) in said where ranks[path].map({ $0 <= rank }) ?? true {
            members[path] = member
            ranks[path] = rank
            shows = true
        }
        for path in nulls where said[path] == nil && ranks[path].map({ $0 <= rank }) ?? true {
            shows = members.removeValue(forKey: path) != nil || shows
            ranks[path] = rank
        }
        if rank >= self.rank {
            self.rank = rank
            meta = Self.meta(of: document.root)
            last = document
            shows = true
        } else if shows {
            last = nil
        }
        exceptions = ranks.filter { members[$0.key] == nil || $0.value != self.rank }
        return shows
    }

    /// Whether all comes from the statement that counts most.
    var isWhole: Bool { exceptions.keys.allSatisfy { members[$0] == nil } }

    /// Whether it is, word for word, what the statement that counts most says.
    var isAsSaid: Bool { isWhole && last != nil }

    /// The resource.
    ///
    /// - Parameter order: its elements, of those that hold others these, in the order in which they are written.
    func document(_ order: [String]) throws -> JSONDocument {
        if isWhole, let last { return last }
        let places = Dictionary(order.enumerated().map { ($1, $0) }) { one, _ in one }
        let sorted = members.sorted { one, other in
            (places[one.key] ?? .max, one.key) < (places[other.key] ?? .max, other.key)
        }
        var text = Array("{\"resourceType\":".utf8) + jsonQuoted(type)
        if let meta { text += Array(",\"meta\":".utf8) + meta }
        /// The element that is open, whose elements come one after the other.
        var open: Substring?
        for (path, member) in sorted {
            let outer = path.contains(".") ? path.prefix { $0 != "." } : nil
            if open != nil, open != outer { text.append(0x7D) }
            text.append(0x2C)
            if let outer, open != outer { text += jsonQuoted(String(outer)) + [0x3A, 0x7B] }
            open = outer
            text += jsonQuoted(member.key) + [0x3A] + member.json
        }
        if open != nil { text.append(0x7D) }
        return try JSONDocument(parsing: text + [0x7D])
    }

    private static func members(of root: JSONNode) -> [String: Member] {
        var members: [String: Member] = [:]
        for (key, value) in root.members {
            guard let name = key.string, !["resourceType", "id", "meta"].contains(name) else { continue }
            if parted.contains(name), value.isObject {
                for (inner, value) in value.members {
                    guard let own = inner.string else { continue }
                    members["\(name).\(own)"] = Member(key: own, json: Array(value.rawText))
                }
            } else {
                members[choices.first(where: name.hasPrefix) ?? name] = Member(key: name, json: Array(value.rawText))
            }
        }
        return members
    }

    private static func meta(of root: JSONNode) -> [UInt8]? {
        guard let meta = root["meta"] else { return nil }
        var text: [UInt8] = []
        for (key, value) in meta.members where !key.equals("versionId") && !key.equals("lastUpdated") {
            text += (text.isEmpty ? [] : [0x2C]) + jsonQuoted(key.string ?? "") + [0x3A] + Array(value.rawText)
        }
        return text.isEmpty ? nil : [0x7B] + text + [0x7D]
    }
}
