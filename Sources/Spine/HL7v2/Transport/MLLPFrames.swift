/// Cuts a stream of bytes into messages by the minimal lower layer protocol (MLLP): a vertical tab before each message,
/// a file separator and a carriage return after it.
///
/// A value without input or output of its own: bytes go in as they come, messages come out when they are whole. What
/// no frame holds is told and passed over; a frame that never ends is bounded.
public struct MLLPFrames: Sendable {
    /// What a stream yields.
    public enum Event: Sendable, Equatable {
        /// A whole message, without its frame.
        case message([UInt8])
        /// Bytes outside of any frame, which were passed over: how many.
        case noise(bytes: Int)
        /// A message of more bytes than are allowed; the rest of its frame is passed over.
        case tooLong(bytesMax: Int)
        /// A new message began before the last one ended; these bytes had come of it.
        case unfinished([UInt8])
    }

    private enum State {
        case outside
        case inside
        case afterEnd
        case skipping
    }

    static let begin: UInt8 = 0x0B
    static let end: UInt8 = 0x1C

    private let messageBytesMax: Int
    private var state = State.outside
    private var frame: [UInt8] = []
    private var noiseBytes = 0

    /// Creates the cutter of one connection.
    public init(messageBytesMax: Int = V2Limits().messageBytesMax) {
        self.messageBytesMax = messageBytesMax
    }

    /// How many bytes of an unfinished message wait.
    public var pendingBytes: Int { frame.count }
    /// How many bytes have come since the last frame that are in none.
    public var pendingNoiseBytes: Int { noiseBytes }
    /// Whether a frame has begun that hasn't ended.
    public var isInside: Bool { state == .inside || state == .skipping }

    /// Takes the next bytes of the stream.
    public mutating func receive(_ bytes: some Sequence<UInt8>) -> [Event] {
        var events: [Event] = []
        if bytes.withContiguousStorageIfAvailable({ receive($0, &events) }) == nil {
            Array(bytes).withUnsafeBufferPointer { receive($0, &events) }
        }
        return events
    }

    private mutating func receive(_ bytes: UnsafeBufferPointer<UInt8>, _ events: inout [Event]) {
        var place = 0
        while place < bytes.count {
            if state == .inside {
                // What belongs to the message is taken in one piece.
                let room = min(bytes.count, place + messageBytesMax - frame.count)
                var end = place
                while end < room, bytes[end] != Self.end, bytes[end] != Self.begin { end += 1 }
                frame.append(contentsOf: bytes[place..<end])
                place = end
                if place == bytes.count { return }
            }
            receive(bytes[place], &events)
            place += 1
        }
    }

    /// The stream has ended: what is left over.
    public mutating func finish() -> [Event] {
        var events: [Event] = []
        tellNoise(&events)
        if state == .inside, !frame.isEmpty { events.append(.unfinished(frame)) }
        frame = []
        state = .outside
        return events
    }

    private mutating func receive(_ byte: UInt8, _ events: inout [Event]) {
        switch state {
        case .outside, .afterEnd:
            if byte == Self.begin {
                tellNoise(&events)
                state = .inside
                frame.removeAll(keepingCapacity: true)
            } else if !(byte == 0x0D || byte == 0x0A) {
                noiseBytes += 1
                state = .outside
            }
        case .inside:
            if byte == Self.end {
                events.append(.message(frame))
                frame = []
                state = .afterEnd
            } else if byte == Self.begin {
                if !frame.isEmpty { events.append(.unfinished(frame)) }
                frame.removeAll(keepingCapacity: true)
            } else if frame.count >= messageBytesMax {
                events.append(.tooLong(bytesMax: messageBytesMax))
                frame = []
                state = .skipping
            } else {
                frame.append(byte)
            }
        case .skipping:
            if byte == Self.end { state = .afterEnd }
        }
    }

    private mutating func tellNoise(_ events: inout [Event]) {
        if noiseBytes > 0 { events.append(.noise(bytes: noiseBytes)) }
        noiseBytes = 0
    }

    /// A message in its frame.
    public static func framed(_ message: [UInt8]) -> [UInt8] {
        [begin] + message + [end, 0x0D]
    }
}
