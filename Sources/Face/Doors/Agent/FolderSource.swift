import Foundation
import SQL

/// A folder in which a hospital's system lays files. A file that has stopped growing goes into the queue and to `queued/`;
/// once the platform has answered, to `done/`, or to `refused/` with the reason beside it.
struct FolderSource: Sendable {
    /// How a file looked when it was last looked at.
    private struct Look: Equatable {
        var size: Int
        /// When it was changed, in microseconds since 1970: compared, never counted with.
        var modified: Int64
    }

    private enum Shelf: String {
        case queued, done, refused
    }

    let queue: AgentQueue
    let source: String
    let sender: String
    let folder: String
    let table: String?
    let settleSeconds: Double
    let itemBytesMax: Int

    /// Watches until the task is cancelled.
    func run() async {
        var seen: [String: (look: Look, since: ContinuousClock.Instant)] = [:]
        var isTroubled = false
        while !Task.isCancelled {
            do {
                try shelves()
                try await tidy()
                try await scan(&seen)
                if isTroubled { await queue.trouble(source, nil) }
                isTroubled = false
            } catch {
                isTroubled = true
                let what = (error as? AgentTrouble)?.description ?? "the folder \(folder) can't be worked on: \(error)"
                await queue.trouble(source, what)
            }
            try? await Task.sleep(for: .seconds(min(1, settleSeconds / 2)))
        }
    }

    private func shelves() throws {
        for shelf in [Shelf.queued, .done, .refused] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(shelf.rawValue)", withIntermediateDirectories: true)
        }
    }

    // MARK: - Taking

    private func scan(_ seen: inout [String: (look: Look, since: ContinuousClock.Instant)]) async throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        var files: [(name: String, look: Look)] = []
        for name in names where !name.hasPrefix(".") && AgentContent(file: name, table: table) != nil {
            guard let look = look(name), look.size > 0 else { continue }
            files.append((name, look))
        }
        let there = Set(files.map(\.name))
        seen = seen.filter { there.contains($0.key) }
        // Older ones first, since what they tell happened earlier; one that still grows holds the later ones up.
        var isHeldUp = false
        for (name, look) in files.sorted(by: { ($0.look.modified, $0.name) < ($1.look.modified, $1.name) }) {
            guard let before = seen[name], before.look == look else {
                seen[name] = (look, .now)
                isHeldUp = true
                continue
            }
            if ContinuousClock.now - before.since < .seconds(settleSeconds) { isHeldUp = true }
            guard !isHeldUp, !Task.isCancelled else { continue }
            if let fullness = queue.fullness { throw AgentTrouble(description: fullness) }
            if try await take(name, look) { seen[name] = nil }
        }
    }

    /// - Returns: whether the file has left the folder.
    private func take(_ name: String, _ look: Look) async throws -> Bool {
        guard let content = AgentContent(file: name, table: table) else { return false }
        if let kept = try keptName(name, look) {
            // It is in the queue already: the agent ended before it was moved.
            try move(name, to: .queued, as: kept)
            return true
        }
        guard look.size <= itemBytesMax else {
            let kept = freeName(name)
            try reason("\(look.size) bytes are more than the \(itemBytesMax) that are taken; split the file", kept)
            try move(name, to: .refused, as: kept)
            return true
        }
        let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)")
        guard self.look(name) == look else { return false }
        guard let bytes else {
            throw AgentTrouble(description: "\(folder)/\(name) can't be read; the later ones wait.")
        }
        let kept = freeName(name)
        let item = AgentQueue.Item(source: source, sender: sender, content: content, origin: name, body: Array(bytes))
        try await queue.put([item]) { db, number in
            try db.execute(
                "INSERT INTO file (source, kept, name, size, modified, number) VALUES (?, ?, ?, ?, ?, ?)",
                .text(source), .text(kept), .text(name), .int(look.size), .integer(look.modified), .integer(number))
        }
        try move(name, to: .queued, as: kept)
        return true
    }

    private func look(_ name: String) -> Look? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)"),
            attributes[.type] as? FileAttributeType == .typeRegular, let size = attributes[.size] as? Int,
            let modified = attributes[.modificationDate] as? Date
        else { return nil }
        return Look(size: size, modified: Int64(modified.timeIntervalSince1970 * 1_000_000))
    }

    private func keptName(_ name: String, _ look: Look) throws -> String? {
        try queue.read { db in
            try db.first(
                "SELECT kept FROM file WHERE source = ? AND name = ? AND size = ? AND modified = ?",
                [.text(source), .text(name), .int(look.size), .integer(look.modified)]
            ) { $0.text(0) }
        }
    }

    /// The name, or with a number after it when another file of this name is on one of the shelves.
    private func freeName(_ name: String) -> String {
        for number in 0... {
            let candidate = number == 0 ? name : "\(name).\(number)"
            let isTaken = [Shelf.queued, .done, .refused].contains {
                FileManager.default.fileExists(atPath: "\(folder)/\($0.rawValue)/\(candidate)")
            }
            if !isTaken, (try? isFree(candidate)) == true { return candidate }
        }
        return name
    }

    private func isFree(_ kept: String) throws -> Bool {
        try queue.read { db in
            try db.first("SELECT 1 FROM file WHERE source = ? AND kept = ?", [.text(source), .text(kept)]) { $0.int(0) }
        } == nil
    }

    // MARK: - Moving

    /// Files whose items were answered leave `queued/`.
    private func tidy() async throws {
        let answered = try queue.read { db in
            try db.query(
                """
                SELECT kept, name, refusal, size, modified FROM file WHERE source = ? AND isAnswered = 1
                ORDER BY number LIMIT 1000
                """, [.text(source)]
            ) { row in
                (
                    kept: row.text(0), name: row.text(1), refusal: row.textOrNil(2),
                    look: Look(size: Int(row.int(3)), modified: row.int(4))
                )
            }
        }
        guard !answered.isEmpty else { return }
        for (kept, name, refusal, look) in answered {
            if let refusal { try reason(refusal, kept) }
            let shelf = refusal == nil ? Shelf.done : .refused
            var from: String? = "\(folder)/queued/\(kept)"
            if !FileManager.default.fileExists(atPath: from ?? "") {
                // Where the agent ended early the file may be in its first place still, if it is no other one by now.
                from = self.look(name) == look ? "\(folder)/\(name)" : nil
            }
            if let from { try rename(from, "\(folder)/\(shelf.rawValue)/\(kept)") }
        }
        let kept = answered.map(\.kept)
        try await queue.write { [source] db in
            for name in kept {
                try db.execute("DELETE FROM file WHERE source = ? AND kept = ?", .text(source), .text(name))
            }
        }
    }

    private func reason(_ text: String, _ kept: String) throws {
        try text.write(
            toFile: "\(folder)/\(Shelf.refused.rawValue)/\(kept).reason.txt", atomically: true, encoding: .utf8)
    }

    private func move(_ name: String, to shelf: Shelf, as kept: String) throws {
        try rename("\(folder)/\(name)", "\(folder)/\(shelf.rawValue)/\(kept)")
    }

    private func rename(_ from: String, _ to: String) throws {
        guard Foundation.rename(from, to) == 0 else {
            throw AgentTrouble(description: "\(from) can't be moved to \(to): \(String(cString: strerror(errno)))")
        }
    }
}
