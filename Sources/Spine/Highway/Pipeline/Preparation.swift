import FHIR
import JSON
import Records

/// A part with all that can be done without a lock.
struct PreparedPart: Sendable {
    var part: Part
    var rank: Rank
    /// Under which key it probably stands.
    var guess: ResourceKey
    /// Nil for what counts too little, or less than another of the same piece.
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
    /// Reads messages, finds out together where their resources probably stand, and makes them ready; each in the place that
    /// it was given. In pieces, many at a time.
    ///
    /// - Parameter trains: what is written in one piece: of what its messages say of a resource one after the other only the
    ///   last is made ready.
    func prepare(_ trains: [[(message: StoredMessage, attempts: Int)]]) async throws -> [[PreparedMessage]] {
        let epoch = foreign.epoch
        let reader = DeliveryReader(mapping: mapping)
        let read = await Self.concurrently(trains) { train in
            train.map { message, attempts in
                PreparedMessage(
                    message: message, attempts: attempts,
                    items: reader.items(of: message).map { PreparedItem(item: $0) }, epoch: epoch)
            }
        }
        let standing = try survey(read.joined().lazy.flatMap(\.items).flatMap(\.item.parts))
        return await Self.concurrently(read) { self.prepare($0, standing) }
    }

    /// Does the same with each, many at a time, and keeps their order.
    private static func concurrently<In: Sendable, Out: Sendable>(
        _ all: [In], _ work: @escaping @Sendable (In) async -> Out
    ) async -> [Out] {
        await withTaskGroup(of: (Int, Out).self) { group in
            for (place, one) in all.enumerated() { group.addTask { (place, await work(one)) } }
            var results = [Out?](repeating: nil, count: all.count)
            for await (place, result) in group { results[place] = result }
            return results.compactMap { $0 }
        }
    }

    private func prepare(_ train: [PreparedMessage], _ standing: Survey) -> [PreparedMessage] {
        var train = train
        for message in train.indices {
            for item in train[message].items.indices {
                attempt(&train[message].items[item], in: train[message].message) { prepared, stored in
                    try place(&prepared, stored, standing)
                }
            }
        }
        let last = Self.last(in: train)
        for message in train.indices {
            for item in train[message].items.indices {
                attempt(&train[message].items[item], in: train[message].message) { prepared, _ in
                    try make(&prepared, last)
                }
                let prepared = train[message].items[item]
                train[message].items[item].verdicts = rules.verdicts(on: prepared.item, of: train[message].message)
            }
        }
        return train
    }

    /// What goes wrong with an item is a refusal of this item.
    private func attempt(
        _ prepared: inout PreparedItem, in message: StoredMessage,
        _ work: (inout PreparedItem, StoredMessage) throws -> Void
    ) {
        guard prepared.item.refusals.isEmpty else { return }
        do { try work(&prepared, message) } catch let refusals as Refusals {
            prepared.item.refusals = refusals.all
            prepared.parts = []
        } catch {
            prepared.item.refusals = [Refusal(.check, error)]
            prepared.parts = []
        }
    }

    /// The highest rank of each resource among messages that are written in one piece.
    private static func last(in train: [PreparedMessage]) -> [ResourceKey: Rank] {
        var last: [ResourceKey: Rank] = [:]
        for part in train.lazy.flatMap(\.items).flatMap(\.parts) where !part.isOutranked {
            if last[part.guess].map({ $0 < part.rank }) ?? true { last[part.guess] = part.rank }
        }
        return last
    }

    private struct Refusals: Error { var all: [Refusal] }

    /// Finds out how much the parts of an item count, and where they probably stand.
    private func place(_ prepared: inout PreparedItem, _ message: StoredMessage, _ standing: Survey) throws {
        let item = prepared.item
        let control = item.control ?? message.control ?? ""
        let tie = "\(control) \(Digest.hex(message.digest)) \(item.number)"
        for part in item.parts {
            let rank = Rank(
                isSnapshot: part.isSnapshot, at: part.at ?? item.event ?? message.received, tie: tie)
            var made = PreparedPart(part: part, rank: rank, guess: try standing.target(of: part))
            if !part.isChange, let standing = ranks.rank(of: made.guess), rank < standing {
                made.isOutranked = true
            }
            prepared.parts.append(made)
        }
        prepared.links = try outerLinks(of: item.parts)
        if options.persons != nil { prepared.mentioned = PatientReferences.ids(in: item.parts) }
    }

    /// Checks the parts of an item, and makes those ready that nothing of the same piece takes the place of.
    private func make(_ prepared: inout PreparedItem, _ last: [ResourceKey: Rank]) throws {
        let links = Self.links(prepared.parts, prepared.links)
        var refusals: [Refusal] = []
        for place in prepared.parts.indices {
            let part = prepared.parts[place]
            if part.isOutranked { continue }
            do {
                if let rank = last[part.guess], part.rank < rank, let document = part.part.document {
                    try store.check(document, type: part.part.type)
                } else {
                    prepared.parts[place].ready = try ready(part, links)
                }
            } catch {
                refusals += Refusal.all(error, part.part)
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
            for alias in part.part.aliases { links[alias] = part.guess.description }
            let own = "\(part.part.type)/\(part.part.id)"
            if own != part.guess.description { links[own] = part.guess.description }
        }
        return links
    }

    // MARK: Where resources stand

    /// Where resources that are known by more than their id stand, as far as it can be told before.
    struct Survey: Sendable {
        /// Those that somebody else has made.
        fileprivate var foreign: [ResourceKey: Result<ResourceKey, any Error>] = [:]

        /// Where a part stands, or will.
        fileprivate func target(of part: Part) throws -> ResourceKey {
            let own = ResourceKey(type: part.type, id: part.id)
            return try foreign[own]?.get() ?? own
        }
    }

    /// Looks for what the highway has not written itself. In two readings for all.
    private func survey(_ parts: some Sequence<Part>) throws -> Survey {
        var unknown: [ResourceKey: Part.Name] = [:]
        for part in parts where part.name != .id {
            let key = ResourceKey(type: part.type, id: part.id)
            if unknown[key] == nil, ranks.rank(of: key) == nil { unknown[key] = part.name }
        }
        guard !unknown.isEmpty else { return Survey() }
        let known = try store.readSQL { db in try RankTable.read(unknown.keys, in: db) }
        ranks.remember(known.map { ($0.key, $0.value.rank) })
        var survey = Survey()
        var keys: [ResourceKey] = []
        var names: [IdentifierName] = []
        for (key, name) in unknown where known[key] == nil {
            switch name {
            case .id: continue
            case .identifier(let system, let value):
                keys.append(key)
                names.append(IdentifierName(type: key.type, system: system, value: value))
            case .query(let query):
                do {
                    if let found = try only(key.type, search(key.type, query)) { survey.foreign[key] = .success(found) }
                } catch let error as RecordsError where error.isPassing { throw error } catch {
                    survey.foreign[key] = .failure(error)
                }
            }
        }
        for (key, found) in zip(keys, try store.identified(names)) where !found.isEmpty {
            do {
                if let other = try only(key.type, found) { survey.foreign[key] = .success(other) }
            } catch {
                survey.foreign[key] = .failure(error)
            }
        }
        return survey
    }

    private func search(_ type: String, _ query: String) throws(RecordsError) -> [ResourceKey] {
        let parameters = URLQuery.parse(query) + [("_count", "10")]
        return try store.search(type: type, parameters: parameters).entries.filter { $0.mode == .match }
            .map(\.version.key)
    }

    /// The one resource that somebody else has made and a search finds now. Those of the highway stand under ids made from
    /// what identifies them; that they have the identifier beside another says nothing, or the order of arrival would.
    private func only(_ type: String, _ keys: [ResourceKey]) throws -> ResourceKey? {
        try single(type, keys.filter { !Digest.isMade($0.id) })
    }

    private func single(_ type: String, _ keys: [ResourceKey]) throws -> ResourceKey? {
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
                guard let key = try single(type, search(type, String(text[text.index(after: mark)...]))) else {
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
