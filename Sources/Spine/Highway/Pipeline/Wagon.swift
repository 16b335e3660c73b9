import AuditLog
import FHIR
import JSON
import Mapping
import Persons
import Records
import SQL
import Synchronization

/// Messages of one sender that are decided and written in one piece.
final class Wagon: Sendable {
    let sender: String
    let messages: [PreparedMessage]
    /// When its messages were taken from the inbox, and when they were ready to be written, in milliseconds since 1970 UTC.
    let stops: (taken: Int64, ready: Int64)
    private let highway: Highway
    private let decided = Mutex(Decided())

    /// What was decided inside of the transaction.
    struct Decided: Sendable {
        var writes: [ReadyWrite] = []
        /// Of what was said; `place` is that of the write in which it shows.
        var ranks: [(key: ResourceKey, rank: Rank, message: Int64, isKnown: Bool, place: Int)] = []
        /// What the newest statement on a resource didn't say.
        var said: [ResourceKey: [String: Rank]] = [:]
        /// The last words on Patients that were put together with others.
        var words: [String: PersonWord] = [:]
        var written: [Int64: Int] = [:]
        var changedElsewhere: [(message: Int64, key: ResourceKey)] = []
        /// Whether messages no longer wait: another server has ended them.
        var isGone = false
    }

    init(_ sender: String, _ messages: [PreparedMessage], _ stops: (taken: Int64, ready: Int64), _ highway: Highway) {
        self.sender = sender
        self.stops = stops
        self.messages = messages
        self.highway = highway
    }

    /// The work for the store.
    var work: DecidedWork {
        DecidedWork(
            size: messages.reduce(0) { $0 + $1.size }, trace: highway.isNoted ? trace : nil,
            beside: { [self] db, outcomes in try finish(db, outcomes) },
            deciding: { [self] desk in try decide(desk) })
    }

    /// On the sender's account.
    private var trace: AccessTrace {
        let ids = Set([messages.first, messages.last].compactMap { $0?.message.id }).sorted()
        let agent = AuditAgent(role: "system", organization: sender, client: "healthbrain/highway")
        return AccessTrace(
            .init(
                agent: agent, purpose: "HOPERAT",
                request: "highway/" + ids.map { "\($0)" }.joined(separator: "–")))
    }

    /// What was decided, once it stands.
    var result: Decided { decided.withLock { $0 } }

    // MARK: Deciding

    private func decide(_ desk: WriteDesk) throws -> [ReadyWrite] {
        guard try areWaiting(desk.database) else {
            decided.withLock { $0.isGone = true }
            throw RecordsError(.conflict, "Another server has worked on the messages.")
        }
        var deciding = try Deciding(messages, highway, desk)
        for message in messages {
            for item in message.items where item.item.refusals.isEmpty { try deciding.decide(item, of: message) }
        }
        try deciding.finish()
        let result = deciding.result
        decided.withLock { $0 = result }
        return result.writes
    }

    /// Whether all of the messages wait still: a server that has lost the lead may not know it yet.
    private func areWaiting(_ db: SQLConnection) throws -> Bool {
        var isEnded = false
        try db.rows("SELECT id FROM highway_end WHERE id = ?", ofEach: messages.map(\.message.id)) { _ in isEnded = true
        }
        return !isEnded
    }

    // MARK: Beside

    private func finish(_ db: SQLConnection, _ outcomes: [WriteOutcome?]) throws {
        let decided = result
        try highway.options.probe(.insideCommit)
        let rows = decided.ranks.map { rank in
            RankTable.Row(
                key: rank.key,
                standing: StandingRank(
                    rank: rank.rank,
                    version: outcomes[rank.place].map { $0.version.verb == .delete ? 0 : $0.version.versionID } ?? 0),
                message: rank.message, isKnown: rank.isKnown)
        }
        try RankTable.write(rows, in: db)
        try SaidTable.write(decided.said, in: db)
        try highway.options.persons?.keep(decided.words.values.sorted { $0.patient < $1.patient }, db)
        try Ending(sender, messages, decided, highway).write(db)
        if let head = outcomes.compactMap({ $0.flatMap { $0.changed ? $0.version.sequence : nil } }).max() {
            highway.foreign.wrote(head: head)
        }
    }
}

/// Decides, inside of the transaction, what the messages of a wagon write.
private struct Deciding {
    private let highway: Highway
    private let desk: WriteDesk
    private let epoch: Int
    private var standing: [ResourceKey: StandingRank]
    private let said: [ResourceKey: [String: Rank]]
    /// What was said of resources of which messages tell changes.
    private var statements: [ResourceKey: Told] = [:]
    /// The first changes that this piece tells of a resource, until more come.
    private var first: [ResourceKey: (part: PreparedPart, links: ItemLinks)] = [:]
    private var numbers: [ResourceKey: Int]
    /// Where in the ranks the key stands.
    private var places: [ResourceKey: Int] = [:]
    private var bodies: [Body] = []
    /// Where in the bodies the Patient stands that shows the best of several.
    private var golden: [String: Int] = [:]
    /// Who stands for Patients that were put together with others.
    private var survivors: [String: String] = [:]
    private(set) var result = Wagon.Decided()

    /// What is written under a key.
    private enum Body {
        case ready(ReadyWrite)
        /// A part, and what takes the place of its references.
        case part(PreparedPart, ItemLinks)
        /// What several messages say of it together.
        case told(ResourceKey)
    }

    /// What several messages say of a resource together.
    private struct Told {
        var statement: Statement
        var links: [ItemLinks]
        /// The part that counts most, and its write alone.
        var top: PreparedPart?
        var ready: ReadyWrite?
    }

    /// What takes the place of references in the parts of an item.
    private struct ItemLinks {
        var parts: [PreparedPart]
        var others: [String: String]

        /// Where they lead; worked out only for what is made ready here.
        var resolved: [String: String] { Highway.links(parts, others) }
    }

    init(_ messages: [PreparedMessage], _ highway: Highway, _ desk: WriteDesk) throws {
        self.highway = highway
        self.desk = desk
        epoch = highway.foreign.look(head: try desk.head())
        var keys: Set<ResourceKey> = []
        var tellsChanges = false
        for item in messages.lazy.flatMap(\.items) {
            for part in item.parts where !part.isOutranked {
                keys.insert(part.guess)
                if part.part.name != .id { keys.insert(ResourceKey(type: part.part.type, id: part.part.id)) }
                tellsChanges = tellsChanges || part.part.isChange
            }
        }
        let standing = try RankTable.read(keys, in: desk.database)
        said = tellsChanges ? try SaidTable.read(keys.filter { standing[$0] != nil }, in: desk.database) : [:]
        self.standing = standing
        numbers = try desk.numbers(of: keys)
        if let persons = highway.options.persons {
            var patients = Set(keys.filter { $0.type == "Patient" }.map(\.id))
            for item in messages.flatMap(\.items) {
                patients.formUnion(item.mentioned)
                for part in item.parts where part.guess.type == "Patient" { patients.insert(part.guess.id) }
            }
            if !patients.isEmpty { survivors = try persons.together(patients, desk.database) }
        }
    }

    mutating func decide(_ item: PreparedItem, of message: PreparedMessage) throws {
        /// Where each part stands for itself, and who shows it; references go to who shows it.
        var own: [ResourceKey] = []
        var shown: [ResourceKey] = []
        var turned: [String: String] = [:]
        for id in survivors.isEmpty ? [] : item.mentioned {
            if let survivor = survivors[id], survivor != id { turned["Patient/" + id] = "Patient/" + survivor }
        }
        var hasMoved = !turned.isEmpty
        for part in item.parts {
            let key = try target(of: part, message)
            let survivor = key.type == "Patient" ? survivors[key.id] : nil
            own.append(key)
            shown.append(survivor.map { ResourceKey(type: key.type, id: $0) } ?? key)
            hasMoved = hasMoved || shown[shown.count - 1] != part.guess
        }
        var links = ItemLinks(parts: item.parts, others: item.links)
        if hasMoved {
            for (place, key) in shown.enumerated() { links.parts[place].guess = key }
            links.others = item.links.mapValues { turned[$0] ?? $0 }.merging(turned) { link, _ in link }
        }
        for (part, key) in zip(links.parts, own) where !part.isOutranked {
            if key.type == "Patient", survivors[key.id] != nil {
                try say(part, on: key, links, message)
                continue
            }
            if part.part.isChange, try hear(part, key, links, message, asItIs: hasMoved ? nil : part.ready) { continue }
            guard try wins(part, key, message) else { continue }
            defer { if part.part.isChange { begin(part, key, links) } }
            if key.type == "Patient", let document = part.part.document,
                let labelled = try keepingLabels(document, key, [links])
            {
                write(.ready(labelled), part, message)
            } else if !hasMoved, let ready = part.ready {
                write(.ready(ready), part, message)
            } else {
                write(.part(part, links), part, message)
            }
        }
    }

    /// Makes ready what is written in the end and wasn't before: what has moved, and what another of the piece would have
    /// taken the place of.
    mutating func finish() throws {
        for (key, told) in statements { keep(told.statement.exceptions, of: key) }
        result.writes = try bodies.map { body in
            switch body {
            case .ready(let ready): ready
            case .part(let part, let links): try highway.ready(part, links.resolved)
            case .told(let key): try ready(key)
            }
        }
    }

    private mutating func ready(_ key: ResourceKey) throws -> ReadyWrite {
        guard let told = statements[key] else { throw RecordsError(.internal, "Nothing was told of \(key).") }
        let whole = try told.statement.document(highway.mapping.elements(of: key.type))
        do {
            return try (key.type == "Patient" ? keepingLabels(whole, key, told.links) : nil)
                ?? (told.statement.isAsSaid ? told.ready : nil)
                ?? highway.store.ready(whole, as: key, links: Self.resolved(told.links))
        } catch let error as RecordsError where !error.isPassing {
            // Both can't be true at once, such as an end before the beginning: the last is taken at its word.
            guard let top = told.top else { throw error }
            keep([:], of: key)
            return try highway.ready(top, Self.resolved(told.links))
        }
    }

    /// Takes a message that tells changes together with what stands: what it doesn't say stays.
    ///
    /// - Parameter ready: the part as it would be written alone.
    /// - Returns: false where nothing stands beside it, so that it is written as it is.
    private mutating func hear(
        _ part: PreparedPart, _ key: ResourceKey, _ links: ItemLinks, _ message: PreparedMessage,
        asItIs ready: ReadyWrite?
    ) throws -> Bool {
        guard let document = part.part.document else { return false }
        if statements[key] == nil {
            if let (one, links) = first.removeValue(forKey: key), let document = one.part.document {
                statements[key] = Told(
                    statement: Statement(document, nulls: one.part.nulls, rank: one.rank), links: [links], top: one)
            } else if let statement = try standingStatement(key, message) {
                statements[key] = Told(statement: statement, links: [])
            }
        }
        guard var told = statements.removeValue(forKey: key) else { return false }
        let shows = told.statement.hear(document, nulls: part.part.nulls, rank: part.rank)
        told.links.append(links)
        if part.rank == told.statement.rank {
            told.top = part
            told.ready = ready
        }
        statements[key] = told
        if shows { write(.told(key), part, message, as: told.statement.rank) }
        return true
    }

    /// Notes what is written as it is, for what comes after it.
    private mutating func begin(_ part: PreparedPart, _ key: ResourceKey, _ links: ItemLinks) {
        first[key] = (part, links)
        let exceptions =
            part.part.nulls.isEmpty
            ? nil : part.part.document.map { Statement($0, nulls: part.part.nulls, rank: part.rank).exceptions }
        keep(exceptions ?? [:], of: key)
    }

    /// Notes what the newest statement on a resource didn't say, where it isn't nothing as before.
    private mutating func keep(_ exceptions: [String: Rank], of key: ResourceKey) {
        guard !exceptions.isEmpty || said[key] != nil || result.said[key] != nil else { return }
        result.said[key] = exceptions
    }

    /// Where references lead that several items tell; the last one's word counts.
    private static func resolved(_ links: [ItemLinks]) -> [String: String] {
        links.reduce(into: [:]) { all, links in all.merge(links.resolved) { _, new in new } }
    }

    /// What stands of a resource, where it was said as a whole; nil where it wasn't, or nothing stands.
    private mutating func standingStatement(_ key: ResourceKey, _ message: PreparedMessage) throws -> Statement? {
        guard places[key] == nil, let number = numbers[key], let current = try desk.current(key) else { return nil }
        let known = standing[key]
        var rank = known?.rank
        if number != known?.version {
            // Somebody else has written it: it counts as a snapshot of then.
            if known != nil { result.changedElsewhere.append((message.message.id, key)) }
            let foreign = Rank(isSnapshot: true, at: current.lastUpdated, tie: "")
            rank = max(foreign, rank ?? foreign)
        }
        guard let rank, rank.isSnapshot else { return nil }
        return Statement(
            try JSONDocument(parsing: current.json()), rank: rank,
            exceptions: number == known?.version ? said[key] ?? [:] : [:])
    }

    /// What is said of a Patient that was put together with others is its word; the survivor shows the best of all.
    private mutating func say(
        _ part: PreparedPart, on key: ResourceKey, _ links: ItemLinks, _ message: PreparedMessage
    ) throws {
        // That a merge has written it since counts for nothing.
        let known = places[key].map { result.ranks[$0].rank } ?? standing[key]?.rank
        // Whoever only names somebody says nothing new of one who stands already.
        guard known.map({ part.rank >= $0 }) ?? part.rank.isSnapshot else { return }
        guard let persons = highway.options.persons, var body = part.part.document else { return }
        if part.part.isChange, let before = try result.words[key.id]?.document ?? persons.word(on: key.id, desk) {
            var statement = Statement(before, rank: Rank(isSnapshot: true, at: .min, tie: ""))
            _ = statement.hear(body, nulls: part.part.nulls, rank: part.rank)
            body = try statement.document(highway.mapping.elements(of: key.type))
        }
        guard let word = try highway.store.ready(body, as: key, links: links.resolved).document else { return }
        let survivor = part.guess
        result.words[key.id] = PersonWord(patient: key.id, at: part.rank.at, document: word)
        let said = result.words.values.filter { survivors[$0.patient] == survivor.id }
        let (document, words) = try persons.golden(at: survivor.id, saying: said, desk)
        for word in words { result.words[word.patient] = word }
        let ready = try highway.store.ready(document, as: survivor)
        let place = golden[survivor.id] ?? bodies.count
        golden[survivor.id] = place
        if place < bodies.count { bodies[place] = .ready(ready) } else { bodies.append(.ready(ready)) }
        note(part.rank, of: key, place, message)
    }

    /// A Patient with the security labels that stand on it, which whoever put them there takes off; nil where there are none
    /// that it lacks.
    private func keepingLabels(
        _ body: JSONDocument, _ key: ResourceKey, _ links: [ItemLinks]
    ) throws -> ReadyWrite? {
        guard numbers[key] != nil, let standing = try desk.current(key),
            try Persons.isLabelled(standing),
            let said = try highway.store.ready(body, as: key, links: Self.resolved(links)).document,
            let labelled = try Persons.keepingLabels(of: standing, on: said)
        else { return nil }
        return try highway.store.ready(labelled, as: key)
    }

    /// Where a part stands, or will. What was searched for before is searched for again where somebody else has written since.
    private mutating func target(of part: PreparedPart, _ message: PreparedMessage) throws -> ResourceKey {
        let own = ResourceKey(type: part.part.type, id: part.part.id)
        guard part.part.name != .id, !part.isOutranked else { return part.guess }
        if standing[own] != nil || places[own] != nil { return own }
        if message.epoch == epoch { return part.guess }
        var found = own
        do {
            switch part.part.name {
            case .id: break
            case .identifier(let system, let value):
                let name = IdentifierName(type: part.part.type, system: system, value: value)
                let others = try desk.identified(name).filter { !Digest.isMade($0.id) }
                found = others.count > 1 ? part.guess : others.first ?? own
            case .query(let query):
                if let other = try desk.find(type: part.part.type, query: query), !Digest.isMade(other.id) {
                    found = other
                }
            }
        } catch let error as RecordsError where error.category == .multipleMatches {
            found = part.guess
        }
        if found != part.guess, standing[found] == nil {
            standing.merge(try RankTable.read([found], in: desk.database)) { _, new in new }
            numbers.merge(try desk.numbers(of: [found])) { _, new in new }
        }
        return found
    }

    /// Whether a part counts at least as much as what stands.
    private mutating func wins(
        _ part: PreparedPart, _ key: ResourceKey, _ message: PreparedMessage
    ) throws -> Bool {
        if let place = places[key] { return part.rank >= result.ranks[place].rank }
        let known = standing[key]
        guard let number = numbers[key], number != known?.version else {
            return known.map { part.rank >= $0.rank } ?? true
        }
        // Somebody else has written it: it counts as a snapshot of then.
        guard let current = try desk.current(key) else { return true }
        if known != nil { result.changedElsewhere.append((message.message.id, key)) }
        let foreign = Rank(isSnapshot: true, at: current.lastUpdated, tie: "")
        return part.rank >= max(foreign, known?.rank ?? foreign)
    }

    /// - Parameter rank: that of all that is written, where it isn't that of the part.
    private mutating func write(
        _ body: Body, _ part: PreparedPart, _ message: PreparedMessage, as rank: Rank? = nil
    ) {
        if rank == nil {
            statements[part.guess] = nil
            first[part.guess] = nil
            if !part.part.isChange { keep([:], of: part.guess) }
        }
        if let known = places[part.guess] {
            bodies[result.ranks[known].place] = body
            note(rank ?? part.rank, of: part.guess, result.ranks[known].place, message)
        } else {
            bodies.append(body)
            note(rank ?? part.rank, of: part.guess, bodies.count - 1, message)
        }
    }

    private mutating func note(_ rank: Rank, of key: ResourceKey, _ write: Int, _ message: PreparedMessage) {
        let row = (key, rank, message.message.id, standing[key] != nil, write)
        if let place = places[key] {
            result.ranks[place] = row
        } else {
            places[key] = result.ranks.count
            result.ranks.append(row)
        }
        result.written[message.message.id, default: 0] += 1
    }
}
