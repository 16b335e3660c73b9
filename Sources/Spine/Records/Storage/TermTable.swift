import SQL
import Synchronization

/// Gives every code, code system and unit a small integer, so that index rows stay small.
///
/// Term 0 is the absent one. A term gets its number before the transaction that first uses it, and is saved by the
/// writer at the head of that transaction.
final class TermTable: Sendable {
    private struct State {
        var numbers: [String: Int64] = ["": 0]
        var next: Int64 = 1
        var unsaved: [(Int64, String)] = []
    }

    private let state = Mutex(State())

    func load(_ db: SQLConnection) throws {
        let rows = try db.query("SELECT id, text FROM term") { ($0.int(0), $0.text(1)) }
        state.withLock { state in
            for (id, text) in rows {
                state.numbers[text] = id
                state.next = max(state.next, id + 1)
            }
        }
    }

    /// The number of a text, a new one if need be.
    func number(_ text: String) -> Int64 {
        state.withLock { state in
            if let known = state.numbers[text] { return known }
            let number = state.next
            state.next += 1
            state.numbers[text] = number
            state.unsaved.append((number, text))
            return number
        }
    }

    /// The number of a text that was used before; nil when no resource ever had it.
    func known(_ text: String) -> Int64? { state.withLock { $0.numbers[text] } }

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
