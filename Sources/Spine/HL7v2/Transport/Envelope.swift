/// A file of messages: one message, several, a batch (`BHS … BTS`) or a file of batches (`FHS … FTS`), framed or not.
///
/// Source: HL7 v2.8, chapter 2.10.3, "HL7 batch protocol".
public struct Envelope: Sendable {
    /// Where a message stands in the text, in UTF-8.
    public struct Piece: Sendable, Hashable {
        /// The bytes of the message.
        public var range: Range<Int>
        /// The line on which it begins, from 1.
        public var line: Int
        /// The batch it belongs to, from 1; nil outside of batches.
        public var batch: Int?
    }

    /// The whole text in UTF-8.
    public let text: [UInt8]
    /// The messages in order.
    public private(set) var pieces: [Piece] = []
    /// What is wrong with the envelope; when it refuses, none of the messages should be taken from it, because nobody can tell
    /// what belongs together.
    public private(set) var faults: [Fault] = []

    private var batches = 0
    private var isInFile = false
    private var isInBatch = false
    private var messagesOfBatch = 0
    private var batchesOfFile = 0
    private var sawFile = false
    private var sawTrailer = false

    /// Reads the envelope of a text.
    ///
    /// - Parameter text: UTF-8.
    public init(_ text: [UInt8], limits: V2Limits = V2Limits()) {
        self.text = text
        guard text.count <= limits.inputBytesMax else {
            faults = [
                Fault(
                    .error, .segmentSequence, "the input has \(text.count) bytes, the limit is \(limits.inputBytesMax)",
                    hint: "send it in parts, or raise the limit")
            ]
            return
        }
        text.withUnsafeBufferPointer { read($0, limits) }
    }

    /// The bytes of a message.
    public func bytes(_ piece: Piece) -> [UInt8] { Array(text[piece.range]) }

    private mutating func read(_ text: UnsafeBufferPointer<UInt8>, _ limits: V2Limits) {
        var place = 0
        var line = 1
        var open: Piece?
        while place < text.count {
            var start = place
            while place < text.count, text[place] != 0x0D, text[place] != 0x0A, text[place] != MLLPFrames.end {
                place += 1
            }
            while start < place, text[start] == MLLPFrames.begin || text[start] == 0x20 || text[start] == 0x09 {
                start += 1
            }
            let name =
                SegmentName.isName(text, at: start) && start + 3 <= place
                ? SegmentName(text[start], text[start + 1], text[start + 2]) : nil
            if let name, Self.bounds.contains(name) {
                close(&open)
                if name == "MSH" {
                    if pieces.count >= limits.messagesMax {
                        refuse(line, "the file has more than \(limits.messagesMax) messages", "send it in parts")
                        return
                    }
                    beginMessage(start, line, &open)
                } else {
                    border(name, text, start..<place, line)
                }
            } else if start < place, open == nil {
                orphan(name, line)
            }
            if let piece = open { open?.range = piece.range.lowerBound..<place }
            if place < text.count, text[place] == 0x0D, place + 1 < text.count, text[place + 1] == 0x0A { place += 1 }
            place += 1
            line += 1
        }
        close(&open)
        finish()
    }

    private static let bounds: Set<SegmentName> = ["MSH", "FHS", "BHS", "BTS", "FTS"]

    private mutating func beginMessage(_ start: Int, _ line: Int, _ open: inout Piece?) {
        open = Piece(range: start..<start, line: line, batch: isInBatch ? batches : nil)
        if isInBatch { messagesOfBatch += 1 }
        if sawTrailer, !isInBatch {
            refuse(line, "a message follows the end of the batch or file", "put it between BHS and BTS")
        }
    }

    private mutating func close(_ open: inout Piece?) {
        if let piece = open { pieces.append(piece) }
        open = nil
    }

    private mutating func border(
        _ name: SegmentName, _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ line: Int
    ) {
        switch name {
        case "FHS":
            if isInFile || isInBatch || !pieces.isEmpty {
                refuse(line, "a second file begins inside of the first", "end a file with FTS before the next FHS")
            }
            isInFile = true
            sawFile = true
            batchesOfFile = 0
        case "BHS":
            if isInBatch {
                refuse(line, "a batch begins inside of a batch", "end a batch with BTS before the next BHS")
            }
            if !isInBatch, batches == 0, !pieces.isEmpty {
                refuse(line, "a batch begins after messages outside of any batch", "put BHS before the first message")
            }
            isInBatch = true
            sawTrailer = false
            batches += 1
            batchesOfFile += 1
            messagesOfBatch = 0
        case "BTS":
            let counted = isInBatch ? messagesOfBatch : pieces.count
            compare(text, range, counted, "BTS", "messages", line)
            if !isInBatch { warn(line, "BTS", "a batch ends that never began", "put BHS before the first message") }
            isInBatch = false
            sawTrailer = true
        default:
            if isInBatch { warn(line, "FTS", "the last batch has no end", "end each batch with BTS") }
            if !sawFile { warn(line, "FTS", "a file ends that never began", "put FHS first") }
            compare(text, range, batchesOfFile, "FTS", "batches", line)
            isInFile = false
            isInBatch = false
            sawTrailer = true
        }
    }

    /// BTS-1 and FTS-1 say how many there should be.
    private mutating func compare(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ found: Int, _ segment: String, _ what: String,
        _ line: Int
    ) {
        var said: Int?
        for byte in text[range].dropFirst(4) {
            guard byte &- 0x30 < 10, (said ?? 0) < 1_000_000_000 else { break }
            said = (said ?? 0) * 10 + Int(byte - 0x30)
        }
        // A file without batches counts as one.
        guard let said, said != found, !(segment == "FTS" && found == 0 && said == 1) else { return }
        warn(
            line, segment, "\(segment)-1 says \(said) \(what), and there are \(found)",
            "ask the sender for what is missing")
    }

    private mutating func orphan(_ name: SegmentName?, _ line: Int) {
        if faults.contains(where: { $0.severity == .error }) { return }
        refuse(
            line, name.map { "the segment \($0) belongs to no message" } ?? "the line is no segment",
            "begin each message with MSH")
    }

    private mutating func finish() {
        if isInBatch { warn(0, "BHS", "the last batch has no end", "end each batch with BTS") }
        if isInFile { warn(0, "FHS", "the file has no end", "end the file with FTS") }
        if pieces.isEmpty, !faults.refuses, batches == 0, !sawFile {
            refuse(1, "there is no message", "begin each message with MSH")
        }
    }

    private mutating func refuse(_ line: Int, _ what: String, _ hint: String) {
        faults.append(Fault(.error, .segmentSequence, "line \(line): \(what)", hint: hint))
    }

    private mutating func warn(_ line: Int, _ segment: String, _ what: String, _ hint: String) {
        let position = line > 0 ? "line \(line): " : ""
        faults.append(Fault(.warning, .segmentSequence, Fault.Place(segment), position + what, hint: hint))
    }
}
