import Crypto
import Foundation
import SQL

/// A query that a database of the hospital is asked again and again. Rows go out as a table of text, in pieces.
///
/// What is new is known by a column whose values only grow, the mark. The query compares it by `>=` and sorts by it: rows
/// with the newest mark are remembered, so that one that is written late with the same mark isn't missed, and the others
/// aren't sent twice.
struct QuerySource: Sendable {
    let queue: AgentQueue
    let source: String
    let sender: String
    let plan: AgentConfiguration.QueryPlan
    let itemBytesMax: Int

    /// Where the reading stands.
    private struct Mark: Codable {
        var since: String
        /// The digests of rows that have this very mark and were sent.
        var seen: Set<String> = []
    }

    /// Asks until the task is cancelled.
    func run() async {
        var isTroubled = false
        while !Task.isCancelled {
            var isMore = false
            do {
                if let fullness = queue.fullness { throw AgentTrouble(description: fullness) }
                isMore = try await ask()
                if isTroubled { await queue.trouble(source, nil) }
                isTroubled = false
            } catch {
                isTroubled = true
                await queue.trouble(
                    source, (error as? AgentTrouble)?.description ?? "the query can't be asked: \(error)")
            }
            if !isMore { try? await Task.sleep(for: .seconds(plan.everySeconds)) }
        }
    }

    /// Asks once, and puts what is new into the queue.
    /// - Returns: whether there is more.
    private func ask() async throws -> Bool {
        guard let sql = try? String(contentsOfFile: plan.file, encoding: .utf8) else {
            throw AgentTrouble(description: "the file \(plan.file) can't be read")
        }
        let kept = try queue.note(source, "mark").flatMap { try? JSONDecoder().decode(Mark.self, from: Data($0.utf8)) }
        let (piece, isMore) = try read(sql, after: kept ?? Mark(since: plan.since))
        guard let piece, let note = try? JSONEncoder().encode(piece.mark) else { return false }
        let item = AgentQueue.Item(
            source: source, sender: sender, content: .table(plan.table), origin: "\(plan.mark) to \(piece.mark.since)",
            body: piece.text)
        let text = String(decoding: note, as: UTF8.self)
        try await queue.put([item]) { [source] db, _ in try AgentQueue.note(db, source, "mark", text) }
        return isMore
    }

    /// The new rows as text, with the mark after them; whether there may be more.
    private func read(_ sql: String, after mark: Mark) throws -> ((text: [UInt8], mark: Mark)?, Bool) {
        var (text, next, rows, column, isMore) = ([UInt8](), mark, 0, 0, false)
        try ForeignDatabase(plan.database).rows(sql, ["since": mark.since]) { names in
            guard let place = names.firstIndex(of: plan.mark) else {
                throw AgentTrouble(description: "it gives no column \(plan.mark), but \(names.joined(separator: ", "))")
            }
            column = place
            text += Self.line(names)
        } row: { values in
            guard let value = values[column] else {
                throw AgentTrouble(description: "a row has no value in \(plan.mark)")
            }
            let line = Self.line(values)
            let digest = Data(SHA256.hash(data: line)).base64EncodedString()
            if value == mark.since, mark.seen.contains(digest) { return true }
            if value != next.since {
                // Between two marks a piece may end; within one it may not.
                if rows >= plan.rowsMax || text.count >= itemBytesMax / 2 {
                    isMore = true
                    return false
                }
                next = Mark(since: value)
            }
            next.seen.insert(digest)
            text += line
            rows += 1
            return true
        }
        return (rows == 0 ? nil : (text, next), isMore)
    }

    /// A line of comma-separated values (RFC 4180).
    static func line(_ values: [String?]) -> [UInt8] {
        let fields = values.map { value -> String in
            guard let value else { return "" }
            let isPlain =
                !value.isEmpty && value.utf8.allSatisfy { $0 != 0x22 && $0 != 0x2C && $0 != 0x0A && $0 != 0x0D }
            return isPlain ? value : "\"" + value.replacingOccurrences(of: "\"", with: "\"\"") + "\""
        }
        return Array((fields.joined(separator: ",") + "\r\n").utf8)
    }
}
