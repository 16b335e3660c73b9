import CCrypto
import CZstd
import Foundation
public import SQL

/// Tables in a file: what a backup of the feed does not hold, to be put back as it was, on either database.
///
/// The file is zstd frames that any zstd reads, between two skippable frames: a head with the form and, a line each, the
/// tables and their columns; a tail with the number of rows and the SHA-256 of the head's text and the content. A row is the number of its table
/// (one byte, from 0), then each value: a byte for its kind (0 null, 1 integer, 2 real, 3 text, 4 bytes), and eight bytes, the
/// lowest first, for a number, or four for a length, and the bytes. A file without a tail was never finished.
public enum TableArchive {
    static let form = "healthbrain tables 1"

    /// What an archive holds.
    public struct Summary: Sendable, Equatable {
        /// How many rows, by table.
        public var rows: [String: Int64]
        /// SHA-256 of the head's text and the content, in hexadecimal digits.
        public var digest: String
    }

    /// Writes tables into a file, each group on one snapshot of its database; tables that are not there count as empty. The
    /// file has its name only when it is whole and synced, and is for its owner's eyes alone.
    ///
    /// - Parameter groups: databases, and what to take from each.
    public static func write(
        _ groups: [(database: any SQLDatabase, tables: [SQLTable])], to path: String
    ) throws(RecordsError) -> Summary {
        let partial = path + ".partial"
        do {
            let tables = groups.flatMap(\.tables)
            precondition(tables.count < 256, "the number of a table is a byte")
            let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw unwritten(path) }
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            let lines = tables.map { "\($0.name) \($0.columns.map(\.name).joined(separator: ","))\n" }
            let head = "\(form)\n" + lines.joined()
            try file.write(contentsOf: ZstdFrames.skippable(head))
            var content = ZstdFrames.Writer(file, head: head)
            var rows: [String: Int64] = [:]
            var number: UInt8 = 0
            for group in groups {
                try group.database.read { db in
                    for table in group.tables {
                        rows[table.name] = 0
                        if try exists(table, in: db) {
                            try table.rows(in: db) { row in
                                content.bytes.append(number)
                                for value in row { value.append(to: &content.bytes) }
                                try content.flush(from: ZstdFrames.contentBytes)
                                rows[table.name, default: 0] += 1
                            }
                        }
                        number += 1
                    }
                }
            }
            let digest = try content.finish()
            let count = rows.values.reduce(0, +)
            try file.write(contentsOf: ZstdFrames.skippable("\(form) \(count) \(digest)\n"))
            try file.synchronize()
            try file.close()
            guard rename(partial, path) == 0 else { throw unwritten(path) }
            return Summary(rows: rows, digest: digest)
        } catch {
            unlink(partial)
            throw RecordsError(translating: error)
        }
    }

    private static func unwritten(_ path: String) -> RecordsError {
        RecordsError(.unavailable, "\(path) can't be written: \(String(cString: strerror(errno))).")
    }

    static func exists(_ table: SQLTable, in db: SQLConnection) throws -> Bool {
        let sql =
            switch db.kind {
            case .sqlite: "SELECT count(*) FROM sqlite_master WHERE name = ?"
            case .postgreSQL:
                "SELECT count(*) FROM pg_class WHERE relname = ? AND relnamespace = CAST(current_schema() AS regnamespace)"
            }
        return try db.first(sql, [.text(table.name)]) { $0.int(0) } ?? 0 > 0
    }

    /// Reads a file whole, so that one that is damaged changes nothing.
    ///
    /// - Returns: what it holds.
    /// - Throws: ``RecordsError`` when it can't be read, is none, was never finished or is damaged.
    public static func check(_ path: String) throws(RecordsError) -> Summary {
        do {
            let archive = try Archive(path)
            var rows = Dictionary(uniqueKeysWithValues: archive.tables.map { ($0.name, Int64(0)) })
            let digest = try archive.scan { table, _ in rows[archive.tables[table].name, default: 0] += 1 }
            guard digest == archive.digest, rows.values.reduce(0, +) == archive.count else { throw archive.damaged }
            return Summary(rows: rows, digest: digest)
        } catch {
            throw RecordsError(translating: error)
        }
    }

    /// Puts tables of a file into a database, in place of what they hold, in one transaction.
    ///
    /// - Parameters:
    ///   - path: the file, which ``check(_:)`` has found whole.
    ///   - tables: which; each must have the columns that it had when the file was written.
    ///   - prepare: makes the tables, and refuses a database that is not to be filled.
    public static func restore(
        _ path: String, tables: [SQLTable], into database: any SQLDatabase,
        prepare: (SQLConnection) throws -> Void
    ) throws(RecordsError) {
        do {
            let archive = try Archive(path)
            let wanted = try archive.tables.map { told -> SQLTable? in
                guard let table = tables.first(where: { $0.name == told.name }) else { return nil }
                guard table.columns.map(\.name) == told.columns else {
                    throw RecordsError(
                        .invalid,
                        "\(path) was written by a program whose \(told.name) has other columns. Restore it by that.")
                }
                return table
            }
            try database.write { db in
                try prepare(db)
                for table in tables { try table.clear(in: db) }
                _ = try archive.scan { number, row in try wanted[number]?.insert(row, in: db) }
            }
        } catch {
            throw RecordsError(translating: error)
        }
    }

    /// A file that was opened.
    private struct Archive {
        let tables: [(name: String, columns: [String])]
        let count: Int64
        let digest: String
        let damaged: RecordsError
        private let frames: ZstdFrames.Reader
        private let head: String

        init(_ path: String) throws {
            damaged = RecordsError(.invalid, "\(path) is damaged: a part of it can't be read.")
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped) else {
                throw RecordsError(.notFound, "\(path) can't be read.")
            }
            frames = ZstdFrames.Reader(data)
            guard let texts = try frames.skippables() else { throw damaged }
            head = texts.first ?? ""
            let lines = head.split(separator: "\n").map(String.init)
            guard lines.first == TableArchive.form else {
                throw RecordsError(.invalid, "\(path) holds no tables of Health Brain.")
            }
            let tail = texts.count > 1 ? texts[texts.count - 1].split(whereSeparator: \.isWhitespace) : []
            guard tail.count == 5, tail[0..<3].joined(separator: " ") == TableArchive.form, let count = Int64(tail[3])
            else {
                throw RecordsError(.invalid, "\(path) is not whole: its end is missing.")
            }
            tables = lines.dropFirst().map { line in
                let parts = line.split(separator: " ", maxSplits: 1)
                return (String(parts[0]), parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : [])
            }
            (self.count, digest) = (count, String(tail[4]))
        }

        /// Calls `each` with every row and the number of its table.
        /// - Returns: the SHA-256 of the content.
        func scan(_ each: (Int, [SQLValue]) throws -> Void) throws -> String {
            var rest: [UInt8] = []
            let digest = try frames.contents(head: head) { bytes in
                rest += bytes
                var place = 0
                while let (table, row, next) = try row(rest, place) {
                    try each(table, row)
                    place = next
                }
                rest.removeFirst(place)
            }
            guard let digest, rest.isEmpty else { throw damaged }
            return digest
        }

        /// The row at a place, and where the next one begins; nil where it is not whole.
        private func row(_ bytes: [UInt8], _ start: Int) throws -> (Int, [SQLValue], Int)? {
            guard start < bytes.count else { return nil }
            let table = Int(bytes[start])
            guard tables.indices.contains(table) else { throw damaged }
            var place = start + 1
            var row: [SQLValue] = []
            for _ in tables[table].columns {
                guard place < bytes.count else { return nil }
                guard bytes[place] <= 4 else { throw damaged }
                guard let value = SQLValue(bytes, &place) else { return nil }
                row.append(value)
            }
            return (table, row, place)
        }
    }
}

extension SQLValue {
    func append(to bytes: inout [UInt8]) {
        func append(_ kind: UInt8, _ number: UInt64) {
            bytes.append(kind)
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        func append(_ kind: UInt8, _ content: some Collection<UInt8>) {
            bytes.append(kind)
            withUnsafeBytes(of: UInt32(content.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: content)
        }
        switch self {
        case .null: bytes.append(0)
        case .integer(let value): append(1, UInt64(bitPattern: value))
        case .real(let value): append(2, value.bitPattern)
        case .text(let text): append(3, text.utf8)
        case .blob(let content): append(4, content)
        }
    }

    /// Reads a value and moves behind it; nil when it is not whole, or of no known kind.
    init?(_ bytes: [UInt8], _ place: inout Int) {
        func number(_ at: Int, _ count: Int) -> UInt64? {
            guard at + count <= bytes.count else { return nil }
            return bytes[at..<at + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        switch bytes[place] {
        case 0:
            self = .null
            place += 1
        case 1, 2:
            guard let value = number(place + 1, 8) else { return nil }
            self = bytes[place] == 1 ? .integer(Int64(bitPattern: value)) : .real(Double(bitPattern: value))
            place += 9
        case 3, 4:
            guard let count = number(place + 1, 4), place + 5 + Int(count) <= bytes.count else { return nil }
            let content = bytes[place + 5..<place + 5 + Int(count)]
            self = bytes[place] == 3 ? .text(String(decoding: content, as: UTF8.self)) : .blob(Array(content))
            place += 5 + Int(count)
        default: return nil
        }
    }
}
