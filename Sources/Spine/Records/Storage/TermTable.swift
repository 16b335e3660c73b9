import JSON
import SQL
import Synchronization

/// Gives every code, code system and unit a small integer, so that index rows stay small.
///
/// Term 0 is the absent one. A term gets its number before the transaction that first uses it. On SQLite it is saved by
/// the writer at the head of that transaction. On PostgreSQL, where several servers give numbers, the database gives them,
/// in a transaction of their own (``TermSource``).
final class TermTable: Sendable {
    private struct Term {
        var hash: UInt32
        var number: Int64
        var text: [UInt8]
    }

    /// A hash table with open addressing: a look-up by UTF-8 makes no string.
    private struct State {
        /// Places in `terms`, plus one; 0 is free.
        var slots = [Int32](repeating: 0, count: 1024)
        var terms: [Term] = []
        var next: Int64 = 1
        var unsaved: [(Int64, String)] = []

        /// The place in `terms` of a text, or the free slot where it belongs.
        func find(_ text: UnsafeBufferPointer<UInt8>, hash: UInt32) -> (term: Int?, slot: Int) {
            var slot = Int(hash) & (slots.count - 1)
            while slots[slot] != 0 {
                let place = Int(slots[slot]) - 1
                if terms[place].hash == hash, terms[place].text.elementsEqual(text) { return (place, slot) }
                slot = (slot + 1) & (slots.count - 1)
            }
            return (nil, slot)
        }

        mutating func insert(_ text: UnsafeBufferPointer<UInt8>, hash: UInt32, number: Int64, slot: Int) {
            terms.append(Term(hash: hash, number: number, text: Array(text)))
            slots[slot] = Int32(terms.count)
            next = max(next, number + 1)
            guard terms.count * 2 > slots.count else { return }
            slots = [Int32](repeating: 0, count: slots.count * 2)
            for (place, term) in terms.enumerated() {
                var slot = Int(term.hash) & (slots.count - 1)
                while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
                slots[slot] = Int32(place + 1)
            }
        }
    }

    /// The number of a term while the database can't give it one; what has it must not be written.
    static let unavailable = Int64.min

    private let state = Mutex(State())
    private let source: TermSource?

    /// - Parameter source: gives numbers in the place of this table; nil when the table gives them itself.
    init(source: TermSource? = nil) { self.source = source }

    func load(_ db: SQLConnection) throws {
        let rows = try db.query("SELECT id, text FROM term") { ($0.int(0), $0.text(1)) }
        state.withLock { state in
            for (number, text) in rows {
                var text = text
                text.withUTF8 { utf8 in
                    let hash = keyHash(utf8)
                    let (known, slot) = state.find(utf8, hash: hash)
                    if known == nil { state.insert(utf8, hash: hash, number: number, slot: slot) }
                }
            }
        }
    }

    /// The number of a string value, a new one if need be; nil when the node is no string.
    func number(_ node: JSONNode) -> Int64? {
        guard node.isString else { return nil }
        return node.withUTF8 { number($0) }
    }

    /// The number of a text, a new one if need be.
    func number(_ text: String) -> Int64 {
        var text = text
        return text.withUTF8 { number($0) }
    }

    private func number(_ utf8: UnsafeBufferPointer<UInt8>) -> Int64 {
        if utf8.isEmpty { return 0 }
        let hash = keyHash(utf8)
        if let source {
            if let known = held(utf8, hash) { return known }
            guard let number = try? source.number(of: String(decoding: utf8, as: UTF8.self)) else {
                return Self.unavailable
            }
            hold(utf8, hash, number)
            return number
        }
        return state.withLock { state in
            let (known, slot) = state.find(utf8, hash: hash)
            if let known { return state.terms[known].number }
            let number = state.next
            state.insert(utf8, hash: hash, number: number, slot: slot)
            state.unsaved.append((number, String(decoding: utf8, as: UTF8.self)))
            return number
        }
    }

    /// The number of a text that was used before; nil when no resource ever had it.
    func known(_ text: String) -> Int64? {
        if text.isEmpty { return 0 }
        var text = text
        return text.withUTF8 { utf8 in
            let hash = keyHash(utf8)
            if let known = held(utf8, hash) { return known }
            // Another server may have given it a number.
            guard let source, let number = try? source.known(String(decoding: utf8, as: UTF8.self)) else { return nil }
            hold(utf8, hash, number)
            return number
        }
    }

    private func held(_ utf8: UnsafeBufferPointer<UInt8>, _ hash: UInt32) -> Int64? {
        state.withLock { state in state.find(utf8, hash: hash).term.map { state.terms[$0].number } }
    }

    private func hold(_ utf8: UnsafeBufferPointer<UInt8>, _ hash: UInt32, _ number: Int64) {
        state.withLock { state in
            let (known, slot) = state.find(utf8, hash: hash)
            if known == nil { state.insert(utf8, hash: hash, number: number, slot: slot) }
        }
    }

    /// Refuses rows with a term that could get no number.
    func check(_ rows: IndexRows) throws(RecordsError) {
        guard source != nil else { return }
        let unavailable = Self.unavailable
        guard
            rows.tokens.contains(where: { $0.code == unavailable || $0.system == unavailable })
                || rows.identifiers.contains(where: { $0.system == unavailable })
                || rows.quantities.contains(where: { row in
                    row.system == unavailable || row.code == unavailable || row.unit == unavailable
                })
        else { return }
        throw RecordsError(.unavailable, "The database can't be reached, so nothing was written; try again.")
    }

    /// Saves what is new. Call ``keep(_:)`` with the result when the transaction fails.
    func save(_ db: SQLConnection) throws -> [(Int64, String)] {
        let unsaved = state.withLock { state in
            defer { state.unsaved = [] }
            return state.unsaved
        }
        do {
            for (id, text) in unsaved {
                try db.execute("INSERT INTO term (id, text) VALUES (?, ?)", .integer(id), .text(text))
            }
        } catch {
            keep(unsaved)
            throw error
        }
        return unsaved
    }

    /// Takes terms back that were not saved after all.
    func keep(_ terms: [(Int64, String)]) {
        state.withLock { $0.unsaved.insert(contentsOf: terms, at: 0) }
    }
}
