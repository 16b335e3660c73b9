import AuditLog
import FHIR
import Persons
import Records
import SQL
import Synchronization

/// Messages of one sender that are decided and written in one piece.
final class Wagon: Sendable {
    let sender: String
    let messages: [PreparedMessage]
    private let highway: Highway
    private let decided = Mutex(Decided())

    /// What was decided inside of the transaction.
    struct Decided: Sendable {
        var writes: [ReadyWrite] = []
        var ranks: [(key: ResourceKey, rank: Rank, message: Int64, isKnown: Bool)] = []
        var besides: [@Sendable (SQLConnection) throws -> Void] = []
        var written: [Int64: Int] = [:]
        var changedElsewhere: [(message: Int64, key: ResourceKey)] = []
    }

    init(_ sender: String, _ messages: [PreparedMessage], _ highway: Highway) {
        self.sender = sender
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
        var deciding = try Deciding(messages, highway, desk)
        for message in messages {
            for item in message.items where item.item.refusals.isEmpty { try deciding.decide(item, of: message) }
        }
        let result = deciding.result
        decided.withLock { $0 = result }
        return result.writes
    }

    // MARK: Beside

    private func finish(_ db: SQLConnection, _ outcomes: [WriteOutcome?]) throws {
        let decided = result
        try highway.options.probe(.insideCommit)
        let rows = zip(decided.ranks, outcomes).map { rank, outcome in
            RankTable.Row(
                key: rank.key,
                standing: StandingRank(
                    rank: rank.rank,
                    version: outcome.map { $0.version.verb == .delete ? 0 : $0.version.versionID } ?? 0),
                message: rank.message, isKnown: rank.isKnown)
        }
        try RankTable.write(rows, in: db)
        for beside in decided.besides { try beside(db) }
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
    private var numbers: [ResourceKey: Int]
    /// Where in the writes the key stands.
    private var places: [ResourceKey: Int] = [:]
    private(set) var result = Wagon.Decided()

    init(_ messages: [PreparedMessage], _ highway: Highway, _ desk: WriteDesk) throws {
        self.highway = highway
        self.desk = desk
        epoch = highway.foreign.look(head: try desk.head())
        var keys: Set<ResourceKey> = []
        for message in messages {
            for part in message.items.flatMap(\.parts) where !part.isOutranked {
                keys.insert(part.guess)
                if part.part.name != .id { keys.insert(ResourceKey(type: part.part.type, id: part.part.id)) }
            }
        }
        standing = try RankTable.read(keys, in: desk.database)
        numbers = try desk.numbers(of: keys)
    }

    mutating func decide(_ item: PreparedItem, of message: PreparedMessage) throws {
        var parts = item.parts
        var documents: [Int: (ReadyWrite, @Sendable (SQLConnection) throws -> Void)] = [:]
        var hasMoved = false
        for place in parts.indices {
            let key: ResourceKey
            if let person = parts[place].person {
                let decision = try person.decide(desk)
                key = decision.key
                documents[place] = (
                    try highway.store.ready(decision.document, as: key, links: Highway.links(parts, item.links)),
                    decision.beside
                )
            } else {
                key = try target(of: parts[place], message)
            }
            hasMoved = hasMoved || key != parts[place].guess
            parts[place].guess = key
        }
        let links = hasMoved ? Highway.links(parts, item.links) : [:]
        for (place, part) in parts.enumerated() {
            if let (ready, beside) = documents[place] {
                result.besides.append(beside)
                write(ready, part, message)
            } else if !part.isOutranked, try wins(part, message) {
                guard let ready = hasMoved ? try highway.ready(part, links) : part.ready else { continue }
                write(ready, part, message)
            }
        }
    }

    /// Where a part stands, or will. What was searched for before is searched for again where somebody else has written since.
    private mutating func target(of part: PreparedPart, _ message: PreparedMessage) throws -> ResourceKey {
        let own = ResourceKey(type: part.part.type, id: part.part.id)
        guard case .query(let query) = part.part.name, !part.isOutranked else { return part.guess }
        if standing[own] != nil || places[own] != nil { return own }
        if message.epoch == epoch { return part.guess }
        var found = own
        do {
            if let other = try desk.find(type: part.part.type, query: query), !Digest.isMade(other.id) { found = other }
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
    private mutating func wins(_ part: PreparedPart, _ message: PreparedMessage) throws -> Bool {
        let key = part.guess
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

    private mutating func write(_ ready: ReadyWrite, _ part: PreparedPart, _ message: PreparedMessage) {
        let rank = (part.guess, part.rank, message.message.id, standing[part.guess] != nil)
        if let place = places[part.guess] {
            result.writes[place] = ready
            result.ranks[place] = rank
        } else {
            places[part.guess] = result.writes.count
            result.writes.append(ready)
            result.ranks.append(rank)
        }
        result.written[message.message.id, default: 0] += 1
    }
}
