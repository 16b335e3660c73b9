import JSON

/// What messages that tell of changes have said of one resource, element by element: each by the statement that counts most.
///
/// In HL7 v2 (chapter 2, 2.5.3) a field without a value says nothing of what stands, and `""` takes it away; so does an
/// element of what becomes of it. Each element has a rank of its own, so that the order of arrival says nothing.
struct Statement {
    /// What is said of an element.
    private struct Said {
        /// Nil where it was taken away.
        var member: (key: String, value: JSONNode)?
        var rank: Rank
    }

    /// The rank of the statement that counts most.
    private(set) var rank: Rank
    private let type: String
    /// By path; inside of a period, and of what is said of a stay in hospital, each element for itself.
    private var elements: [String: Said] = [:]
    /// That of the statement that counts most.
    private var meta: JSONNode?
    /// The statement that counts most, where nothing was changed in it since.
    private var last: JSONDocument?

    private static let unsaid = ["resourceType", "id", "meta"]
    private static let parted = ["period", "hospitalization"]
    private static let choices = ["deceased", "multipleBirth"]

    /// What stands, or is said first.
    ///
    /// - Parameter exceptions: ranks of the elements that an earlier statement has said, and of those that were taken away.
    init(_ document: JSONDocument, rank: Rank, exceptions: [String: Rank] = [:]) {
        type = document.root["resourceType"]?.string ?? ""
        self.rank = rank
        for (path, rank) in exceptions { elements[path] = Said(rank: rank) }
        Self.eachMember(of: document.root) { path, key, value in
            elements[path] = Said(member: (key, value), rank: exceptions[path] ?? rank)
        }
        meta = document.root["meta"]
        last = document
    }

    /// The first statement.
    init(_ document: JSONDocument, nulls: [String], rank: Rank) {
        self.init(document, rank: rank)
        for path in nulls where elements[path] == nil { elements[path] = Said(rank: rank) }
    }

    /// Takes what another one says.
    ///
    /// - Parameter nulls: paths of the elements that it takes away.
    /// - Returns: whether anything of it shows.
    mutating func hear(_ document: JSONDocument, nulls: [String], rank: Rank) -> Bool {
        var shows = false
        var said: Set<String> = []
        Self.eachMember(of: document.root) { path, key, value in
            if !nulls.isEmpty { said.insert(path) }
            if let known = elements[path], rank < known.rank { return }
            elements[path] = Said(member: (key, value), rank: rank)
            shows = true
        }
        for path in nulls where !said.contains(path) {
            let known = elements[path]
            if let known, rank < known.rank { continue }
            elements[path] = Said(rank: rank)
            shows = shows || known?.member != nil
        }
        if rank >= self.rank {
            self.rank = rank
            meta = document.root["meta"]
            last = document
            shows = true
        } else if shows {
            last = nil
        }
        return shows
    }

    /// Ranks of the elements that an earlier statement has said, and of those that were taken away.
    var exceptions: [String: Rank] {
        elements.filter { $0.value.member == nil || $0.value.rank != rank }.mapValues(\.rank)
    }

    /// Whether all comes from the statement that counts most.
    private var isWhole: Bool { elements.values.allSatisfy { $0.member == nil || $0.rank == rank } }

    /// Whether it is, word for word, what the statement that counts most says.
    var isAsSaid: Bool { isWhole && last != nil }

    /// The resource.
    ///
    /// - Parameter order: its elements, of those that hold others these, in the order in which they are written.
    func document(_ order: [String]) throws -> JSONDocument {
        if isWhole, let last { return last }
        let places = Dictionary(order.enumerated().map { ($1, $0) }) { one, _ in one }
        let sorted = elements.compactMap { path, said in said.member.map { (path: path, key: $0.key, value: $0.value) }
        }
        .sorted { one, other in (places[one.path] ?? .max, one.path) < (places[other.path] ?? .max, other.path) }
        var text = Array("{\"resourceType\":".utf8) + jsonQuoted(type)
        if let meta = meta.flatMap(Self.lasting) { text += Array(",\"meta\":".utf8) + meta }
        /// The element that is open, whose elements come one after the other.
        var open: Substring?
        for (path, key, value) in sorted {
            let outer = path.contains(".") ? path.prefix { $0 != "." } : nil
            if open != nil, open != outer { text.append(0x7D) }
            text.append(0x2C)
            if let outer, open != outer { text += jsonQuoted(String(outer)) + [0x3A, 0x7B] }
            open = outer
            text += jsonQuoted(key) + [0x3A]
            text += value.rawText
        }
        if open != nil { text.append(0x7D) }
        return try JSONDocument(parsing: text + [0x7D])
    }

    private static func eachMember(of root: JSONNode, _ body: (_ path: String, _ key: String, JSONNode) -> Void) {
        for (key, value) in root.members {
            guard let name = key.string, !unsaid.contains(name) else { continue }
            if value.isObject, parted.contains(name) {
                for (inner, value) in value.members {
                    if let own = inner.string { body("\(name).\(own)", own, value) }
                }
            } else {
                body(choices.first(where: name.hasPrefix) ?? name, name, value)
            }
        }
    }

    /// What of it lasts from version to version.
    private static func lasting(_ meta: JSONNode) -> [UInt8]? {
        var text: [UInt8] = []
        for (key, value) in meta.members where !key.equals("versionId") && !key.equals("lastUpdated") {
            text += (text.isEmpty ? [] : [0x2C]) + jsonQuoted(key.string ?? "") + [0x3A] + Array(value.rawText)
        }
        return text.isEmpty ? nil : [0x7B] + text + [0x7D]
    }
}
