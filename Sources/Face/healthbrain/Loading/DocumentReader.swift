import API
import Foundation

/// Reads the JSON documents of a file one after another: one a line (NDJSON), or one in all. Compressed files are
/// expanded on the way. Only the document at hand is in memory.
final class DocumentReader {
    /// One document as text.
    struct Document {
        let text: [UInt8]
        /// The line on which it begins, from 1.
        let line: Int
    }

    /// Why a file can't be read on.
    enum Failure: Error, CustomStringConvertible {
        case unreadable
        case damaged
        case documentTooLarge(line: Int, limit: Int)

        var description: String {
            switch self {
            case .unreadable: "The file can't be read."
            case .damaged: "The compressed data are damaged or end too early."
            case .documentTooLarge(let line, let limit): "The document at line \(line) is longer than \(limit) bytes."
            }
        }
    }

    /// The longest document, in bytes.
    static let documentBytesMax = 1 << 30
    private static let pieceBytes = 1 << 18

    private let handle: FileHandle
    private var inflater: Inflating?
    private var isAtEnd = false
    private var buffer: [UInt8] = []
    private var start = 0
    private var line = 1
    private var isLines: Bool?
    /// How many bytes of the file were read, compressed or not.
    private(set) var bytesRead = 0

    init(_ path: String) throws(Failure) {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw .unreadable }
        self.handle = handle
    }

    deinit {
        try? handle.close()
    }

    /// The next document; nil at the end of the file.
    func next() throws(Failure) -> Document? {
        if isLines == nil { isLines = try looksLikeLines() }
        if isLines == true { return try nextLine() }
        while !isAtEnd {
            try readMore()
            try checkSize()
        }
        guard buffer[start...].contains(where: { !Self.isSpace($0) }) else { return nil }
        defer {
            buffer = []
            start = 0
        }
        return Document(text: Array(buffer[start...]), line: line)
    }

    /// NDJSON has a whole object on its first line.
    private func looksLikeLines() throws(Failure) -> Bool {
        var searched = start
        while true {
            while searched < buffer.count, Self.isSpace(buffer[searched]), searched == start {
                if buffer[searched] == UInt8(ascii: "\n") { line += 1 }
                start += 1
                searched += 1
            }
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                return Self.isWholeObject(buffer[start..<end])
            }
            if isAtEnd { return Self.isWholeObject(buffer[start...]) }
            searched = buffer.count - start
            try readMore()
            try checkSize()
        }
    }

    private func nextLine() throws(Failure) -> Document? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let text = buffer[start..<end]
                let at = line
                start = end + 1
                searched = start
                line += 1
                if text.allSatisfy(Self.isSpace) { continue }
                return Document(text: Array(text), line: at)
            }
            if isAtEnd {
                let text = buffer[start...]
                start = buffer.count
                return text.allSatisfy(Self.isSpace) ? nil : Document(text: Array(text), line: line)
            }
            searched = buffer.count - start
            try readMore()
            try checkSize()
        }
    }

    private func checkSize() throws(Failure) {
        guard buffer.count - start <= Self.documentBytesMax else {
            throw .documentTooLarge(line: line, limit: Self.documentBytesMax)
        }
    }

    /// Reads and expands one more piece, after what was handed out has been dropped from the buffer.
    private func readMore() throws(Failure) {
        if start > 0 {
            buffer.removeSubrange(0..<start)
            start = 0
        }
        guard let data = try? handle.read(upToCount: Self.pieceBytes) ?? Data() else { throw .unreadable }
        let isFirst = bytesRead == 0
        bytesRead += data.count
        guard !data.isEmpty else {
            isAtEnd = true
            if let inflater, !inflater.isAtEnd { throw .damaged }
            return
        }
        let piece = [UInt8](data)
        if isFirst, piece.starts(with: [0x1F, 0x8B]) { inflater = try Inflating() }
        if let inflater {
            try inflater.expand(piece, into: &buffer)
        } else {
            buffer += piece
        }
    }

    /// Whether braces and brackets balance and nothing follows. Not a parser: only good enough to tell one document a
    /// line from one document over many lines.
    static func isWholeObject(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.first == UInt8(ascii: "{") else { return false }
        var depth = 0
        var isInString = false
        var isEscaped = false
        for (index, byte) in zip(text.indices, text) {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return text[(index + 1)...].allSatisfy(isSpace) }
            default: break
            }
        }
        return false
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\t")
    }

    /// An inflater that can be kept in an optional.
    private final class Inflating {
        private var inflater: Gzip.Inflater

        init() throws(Failure) {
            do {
                inflater = try Gzip.Inflater()
            } catch {
                throw .damaged
            }
        }

        var isAtEnd: Bool { inflater.isAtEnd }

        func expand(_ piece: [UInt8], into text: inout [UInt8]) throws(Failure) {
            do {
                try inflater.expand(piece, into: &text)
            } catch {
                throw .damaged
            }
        }
    }
}
