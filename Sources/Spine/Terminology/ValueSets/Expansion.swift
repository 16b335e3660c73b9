import JSON
import Synchronization

/// Every code of a value set, each once, in the order of its rules.
final class Expansion: Sendable {
    let members: [Member]
    /// The code systems and versions that were used, as `url|version`.
    let systems: [String]
    private let searchTexts = Mutex<SearchTexts?>(nil)

    /// No value set is expanded past this many codes.
    static let membersMax = 500_000

    /// - Throws: ``TerminologyError`` when a code system is missing or there are too many codes.
    init(_ set: CompiledValueSet) throws(TerminologyError) {
        var walk = ExpansionWalk()
        try walk.add(set)
        members = walk.members
        systems = walk.systems
    }

    /// The members that a text filter finds.
    func members(matching filter: String) -> [Member] {
        let pattern = SearchTexts.Pattern(filter)
        let texts = searchTexts.withLock { texts in
            if let texts { return texts }
            let made = SearchTexts(
                members.map { member in
                    let displays = [member.display(nil)].compactMap { $0 }
                    return (member.code, displays + member.designations.map(\.value))
                })
            texts = made
            return made
        }
        return members.indices.filter { texts.matches($0, pattern) }.map { members[$0] }
    }
}

/// Gathers the members of a value set.
private struct ExpansionWalk {
    private struct Key: Hashable {
        let system: String
        let code: String
    }

    var members: [Member] = []
    var systems: [String] = []
    private var seen: Set<Key> = []

    mutating func add(_ set: CompiledValueSet) throws(TerminologyError) {
        for rule in set.includes { try add(rule, of: set) }
    }

    private mutating func add(_ rule: CompiledValueSet.Rule, of set: CompiledValueSet) throws(TerminologyError) {
        if let system = rule.system {
            let used = Canonical(system, version: rule.table?.version ?? rule.version).text
            if !systems.contains(used) { systems.append(used) }
            try addOwn(rule, system, set)
        } else if let first = rule.sets.first {
            let expansion = try first.expansion()
            for system in expansion.systems where !systems.contains(system) { systems.append(system) }
            for member in expansion.members { try consider(member, rule.sets.dropFirst(), set) }
        }
    }

    private mutating func addOwn(
        _ rule: CompiledValueSet.Rule, _ system: String, _ set: CompiledValueSet
    ) throws(TerminologyError) {
        if let listed = rule.listed {
            for position in listed.codes.indices { try consider(rule.member(listed, position), rule.sets[...], set) }
            return
        }
        if rule.grammar != nil, rule.filters.isEmpty {
            throw TerminologyError(
                .tooCostly, "\(system) is a grammar with codes without number; codes of it can be validated only.")
        }
        guard let table = rule.table else {
            throw rule.missing ?? TerminologyError(.notFound, "The code system \(system) is not known here.")
        }
        guard table.content != .notPresent || table.count > 0 else {
            throw TerminologyError(
                .notFound, "The code system \(system) is known here by name only: its concepts are not loaded.")
        }
        let candidates = rule.filters.lazy.compactMap { $0.candidates(table) }.first ?? Array(0..<Int32(table.count))
        for ordinal in candidates
        where rule.filters.allSatisfy({ $0.matches(Int(ordinal), table) }) {
            let member = Member(
                system: system, version: table.version, code: table.codes[Int(ordinal)], table: table,
                ordinal: ordinal, listed: nil)
            try consider(member, rule.sets[...], set)
        }
    }

    private mutating func consider(
        _ member: Member, _ others: ArraySlice<CompiledValueSet>, _ set: CompiledValueSet
    ) throws(TerminologyError) {
        for other in others where try other.known(system: member.system, code: member.code) == nil { return }
        if set.onlyActive, member.isInactive { return }
        if try set.isExcluded(system: member.system, code: member.code) { return }
        guard seen.insert(Key(system: member.system, code: member.code)).inserted else { return }
        guard members.count < Expansion.membersMax else {
            throw TerminologyError(
                .tooCostly, "\(set.url ?? "The value set") has more than \(Expansion.membersMax) codes.")
        }
        members.append(member)
    }
}

/// An expansion that is made when it is first asked for.
final class LazyExpansion: Sendable {
    private let made = Mutex<Expansion?>(nil)

    func get(_ set: CompiledValueSet) throws(TerminologyError) -> Expansion {
        if let made = made.withLock({ $0 }) { return made }
        let expansion = try Expansion(set)
        made.withLock { $0 = expansion }
        return expansion
    }
}

extension CompiledValueSet {
    /// Every code, from memory after the first time.
    func expansion() throws(TerminologyError) -> Expansion { try lazyExpansion.get(self) }
}
