import FHIR
import JSON
import Records

/// A part with all that can be done without a lock.
struct PreparedPart: Sendable {
    var part: Part
    var rank: Rank
    /// Under which key it probably stands.
    var guess: ResourceKey
    /// Nil for what would count too little anyway.
    var ready: ReadyWrite?
    /// Whether something that counts more stands already.
    var isOutranked = false
}

/// An item, ready to be decided.
struct PreparedItem: Sendable {
    var item: Item
    var parts: [PreparedPart] = []
    /// What takes the place of references, but for those to other parts.
    var links: [String: String] = [:]
    /// Patients that it refers to by their ids.
    var mentioned: Set<String> = []
    /// Rules of quality: which were asked, and what was found.
    var verdicts: [Verdict] = []
}

/// A message, ready to be decided.
struct PreparedMessage: Sendable {
    var message: StoredMessage
    var attempts: Int
    var items: [PreparedItem]
    /// Of the searches (``ForeignWrites``).
    var epoch: Int

    var size: Int { items.reduce(1) { $0 + $1.parts.count } }
}

extension Highway {
    /// Maps and checks a message, and finds out where its resources probably stand.
    func prepare(_ message: StoredMessage, attempts: Int) async -> PreparedMessage {
        let epoch = foreign.epoch
        let reader = DeliveryReader(mapping: mapping)
        var prepared = PreparedMessage(message: message, attempts: attempts, items: [], epoch: epoch)
        for item in reader.items(of: message) { prepared.items.append(await prepare(item, of: message)) }
        return prepared
    }

    private func prepare(_ item: Item, of message: StoredMessage) async -> PreparedItem {
        var prepared = PreparedItem(item: item)
        if item.refusals.isEmpty {
            do { try await prepareParts(&prepared, message) } catch let refusals as Refusals {
                prepared.item.refusals = refusals.all
                prepared.parts = []
            } catch {
                prepared.item.refusals = [Refusal(.check, error)]
                prepared.parts = []
            }
        }
        prepared.verdicts = rules.verdicts(on: prepared.item, of: message)
        return prepared
    }

    private struct Refusals: Error { var all: [Refusal] }

    private func prepareParts(_ prepared: inout PreparedItem, _ message: StoredMessage) async throws {
        let item = prepared.item
        let control = item.control ?? message.control ?? ""
        let tie = "\(control) \(Digest.hex(message.digest)) \(item.number)"
        let names = try targets(of: item.parts)
        for (part, guess) in zip(item.parts, names) {
            let rank = Rank(
                isSnapshot: part.isSnapshot, at: part.at ?? item.event ?? message.received, tie: tie)
            var made = PreparedPart(part: part, rank: rank, guess: guess)
            if let standing = ranks.rank(of: guess), rank < standing {
                made.isOutranked = true
            }
            prepared.parts.append(made)
        }
        prepared.links = try outerLinks(of: item.parts)
        if options.persons != nil { prepared.mentioned = PatientReferences.ids(in: item.parts) }
        let links = Self.links(prepared.parts, prepared.links)
        var refusals: [Refusal] = []
        for place in prepared.parts.indices {
            if prepared.parts[place].isOutranked { continue }
            do { prepared.parts[place].ready = try ready(prepared.parts[place], links) } catch {
                refusals += Refusal.all(error, prepared.parts[place].part)
            }
        }
        if !refusals.isEmpty { throw Refusals(all: refusals) }
    }

    /// A part's write.
    func ready(_ part: PreparedPart, _ links: [String: String]) throws(RecordsError) -> ReadyWrite {
        guard let document = part.part.document else { return store.ready(deleting: part.guess) }
        return try store.ready(document, as: part.guess, links: links)
    }

    /// What parts call one another, and where these stand.
    static func links(_ parts: [PreparedPart], _ others: [String: String]) -> [String: String] {
        var links = others
        for part in parts {
            if let alias = part.part.alias { links[alias] = part.guess.description }
            let own = "\(part.part.type)/\(part.part.id)"
            if own != part.guess.description { links[own] = part.guess.description }
        }
        return links
    }

    // MARK: Where resources stand

    /// Where each part stands, or will.
    private func targets(of parts: [Part]) throws -> [ResourceKey] {
        let own = parts.map { ResourceKey(type: $0.type, id: $0.id) }
        let unknown = zip(parts, own).compactMap { part, key in
            part.name != .id && ranks.rank(of: key) == nil ? key : nil
        }
        if !unknown.isEmpty {
            let found = try store.readSQL { db in try RankTable.read(unknown, in: db) }
            ranks.remember(found.map { ($0.key, $0.value.rank) })
        }
        return try zip(parts, own).map { part, key in
            guard case .query(let query) = part.name, ranks.rank(of: key) == nil else { return key }
            return try foreign(part.type, query) ?? key
        }
    }

    /// The one resource that somebody else has made and a search finds now. Those of the highway stand under ids made from
    /// what identifies them; that they have the identifier beside another says nothing, or the order of arrival would.
    private func foreign(_ type: String, _ query: String) throws -> ResourceKey? {
        try only(type, search(type, query).filter { !Digest.isMade($0.id) })
    }

    private func search(_ type: String, _ query: String) throws(RecordsError) -> [ResourceKey] {
        let parameters = URLQuery.parse(query) + [("_count", "10")]
        return try store.search(type: type, parameters: parameters).entries.filter { $0.mode == .match }
            .map(\.version.key)
    }

    private func only(_ type: String, _ keys: [ResourceKey]) throws -> ResourceKey? {
        guard keys.count < 2 else {
            throw Refusals(all: [
                Refusal(
                    step: .identify, rule: "several \(type)", place: type,
                    what: "more than one \(type) has the identifier", hint: "merge them, then replay the message")
            ])
        }
        return keys.first
    }

    /// Conditional references, `Practitioner?identifier=…` (FHIR R4, http.html#trules).
    private func outerLinks(of parts: [Part]) throws -> [String: String] {
        var links: [String: String] = [:]
        for part in parts {
            guard let document = part.document, document.text.contains(UInt8(ascii: "?")) else { continue }
            var found: Set<String> = []
            ConditionalReferences.collect(document.root, into: &found)
            for text in found where links[text] == nil {
                guard let mark = text.firstIndex(of: "?") else { continue }
                let type = String(text[..<mark])
                guard let key = try only(type, search(type, String(text[text.index(after: mark)...]))) else {
                    throw Refusals(all: [
                        Refusal(
                            step: .identify, rule: "no \(type)", place: part.type,
                            what: "a reference by search finds no \(type)",
                            hint: "send the \(type) first, then replay the message")
                    ])
                }
                links[text] = key.description
            }
        }
        return links
    }
}

/// References that say what they are to by a search.
enum ConditionalReferences {
    static func collect(_ node: JSONNode, into found: inout Set<String>) {
        if node.isObject {
            for (key, value) in node.members {
                if key.equals("reference"), let text = value.string, text.first?.isUppercase == true, text.contains("?")
                {
                    found.insert(text)
                } else {
                    collect(value, into: &found)
                }
            }
        } else if node.isArray {
            for element in node.elements { collect(element, into: &found) }
        }
    }
}

extension Refusal {
    init(_ step: Step, _ error: any Error) {
        let what = (error as? RecordsError)?.issues.first?.diagnostics ?? "\(type(of: error))"
        self.init(step: step, rule: "failure", place: "", what: what, hint: "replay it; tell it if it stays")
    }

    /// Every fault of a resource.
    static func all(_ error: RecordsError, _ part: Part) -> [Refusal] {
        error.issues.filter { $0.severity == .error || $0.severity == .fatal }.map { issue in
            let place = issue.expression ?? part.type
            // `Observation.component[3].code` breaks the same rule as `…component[0].code`.
            let path = place.replacing(/\[\d+\]/, with: "")
            return Refusal(
                step: .check, rule: "\(issue.code.rawValue) \(path)", place: place, what: issue.diagnostics,
                hint: "correct it at the sender, or the mapping, and replay it")
        }
    }
}
