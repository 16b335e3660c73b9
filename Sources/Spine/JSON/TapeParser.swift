/// A single pass from text to tape. It never recurses, so that depth costs no stack.
struct TapeParser {
    /// What a pass leaves behind; after a fault the tape as far as it came, for the path.
    struct Outcome {
        var tape: UnsafeMutablePointer<TapeEntry>
        var count: Int
        /// No whitespace stands outside strings.
        var isCompact: Bool
        var fault: ParseFault?
        /// The containers open at the fault, outermost first.
        var open: [Int]
    }

    /// What to remember of an object or array while one inside it is parsed.
    private struct Frame {
        var container: UInt32
        var members: UInt32
        var seen: UInt64
    }

    /// Objects of up to this many members have each key compared as it comes; larger ones are sorted when they end.
    private static let membersFew: UInt32 = 16

    /// - Parameters:
    ///   - base: the text.
    ///   - count: its length in bytes, less than `UInt32.max`.
    ///   - depthMax: deepest nesting.
    static func parse(_ base: UnsafePointer<UInt8>, _ count: Int, depthMax: Int) -> Outcome {
        var capacity = count / 10 + 16
        var tape = UnsafeMutablePointer<TapeEntry>.allocate(capacity: capacity)
        var used = 0
        var frameCapacity = 24
        var frames = UnsafeMutablePointer<Frame>.allocate(capacity: frameCapacity)
        defer { frames.deallocate() }

        var depth = 0
        var inObject = false
        var container: UInt32 = 0
        var members: UInt32 = 0
        var seen: UInt64 = 0

        var offset = Scan.spaces(base, 0, count)
        var spaces = offset
        do throws(ParseFault) {
            parsing: while true {
                if used &+ 2 > capacity {
                    (tape, capacity) = grown(tape, used, capacity)
                }

                if inObject {
                    guard offset < count else { throw ParseFault(code: .unexpectedEnd, offset: count) }
                    guard base[offset] == UInt8(ascii: "\"") else {
                        throw ParseFault(code: .unexpectedByte, offset: offset)
                    }
                    let (end, hasEscapes) = try Scan.string(base, offset &+ 1, count)
                    let hash =
                        hasEscapes
                        ? escapedKeyHash(base, offset &+ 1, end &- 1)
                        : keyHash(bytes: UnsafeRawPointer(base + (offset &+ 1)), end &- offset &- 2)
                    tape[used] = TapeEntry(
                        start: UInt32(truncatingIfNeeded: offset), end: UInt32(truncatingIfNeeded: end), next: hash,
                        kind: .string, flags: TapeEntry.isKey | (hasEscapes ? TapeEntry.hasEscapes : 0))
                    used &+= 1
                    if members < membersFew {
                        let bit: UInt64 = 1 &<< UInt64(hash & 63)
                        if seen & bit != 0, hasKey(base, tape, in: Int(container), before: used &- 1) {
                            throw ParseFault(code: .duplicateKey, offset: offset)
                        }
                        seen |= bit
                    }
                    offset = end
                    var next = Scan.spaces(base, offset, count)
                    spaces &+= next &- offset
                    guard next < count else { throw ParseFault(code: .unexpectedEnd, offset: count) }
                    guard base[next] == UInt8(ascii: ":") else {
                        throw ParseFault(code: .unexpectedByte, offset: next)
                    }
                    next &+= 1
                    offset = Scan.spaces(base, next, count)
                    spaces &+= offset &- next
                }

                guard offset < count else { throw ParseFault(code: .unexpectedEnd, offset: count) }
                let first = base[offset]
                let start = UInt32(truncatingIfNeeded: offset)
                let following = UInt32(truncatingIfNeeded: used &+ 1)
                switch first {
                case UInt8(ascii: "\""):
                    let (end, hasEscapes) = try Scan.string(base, offset &+ 1, count)
                    tape[used] = TapeEntry(
                        start: start, end: UInt32(truncatingIfNeeded: end), next: following, kind: .string,
                        flags: hasEscapes ? TapeEntry.hasEscapes : 0)
                    offset = end
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    guard depth < depthMax else { throw ParseFault(code: .tooDeep, offset: offset) }
                    if depth == frameCapacity {
                        (frames, frameCapacity) = grown(frames, depth, frameCapacity)
                    }
                    let isObject = first == UInt8(ascii: "{")
                    frames[depth] = Frame(container: container, members: members, seen: seen)
                    depth &+= 1
                    container = UInt32(truncatingIfNeeded: used)
                    members = 0
                    seen = 0
                    inObject = isObject
                    tape[used] = TapeEntry(
                        start: start, end: start, next: following, kind: isObject ? .object : .array)
                    used &+= 1
                    let inside = offset &+ 1
                    offset = Scan.spaces(base, inside, count)
                    spaces &+= offset &- inside
                    // `{` and `}`, `[` and `]` differ by two.
                    if offset < count, base[offset] == first &+ 2 {
                        offset &+= 1
                        tape[Int(container)].end = UInt32(truncatingIfNeeded: offset)
                        depth &-= 1
                        let frame = frames[depth]
                        container = frame.container
                        members = frame.members
                        seen = frame.seen
                        inObject = depth > 0 && tape[Int(container)].kind == .object
                        used &-= 1
                    } else {
                        continue parsing
                    }
                case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    let (end, isInteger) = try Scan.number(base, offset, count)
                    tape[used] = TapeEntry(
                        start: start, end: UInt32(truncatingIfNeeded: end), next: following, kind: .number,
                        flags: isInteger ? TapeEntry.isInteger : 0)
                    offset = end
                case UInt8(ascii: "t"):
                    offset = try Scan.literal(base, offset, count, "rue")
                    tape[used] = TapeEntry(
                        start: start, end: UInt32(truncatingIfNeeded: offset), next: following, kind: .true)
                case UInt8(ascii: "f"):
                    offset = try Scan.literal(base, offset, count, "alse")
                    tape[used] = TapeEntry(
                        start: start, end: UInt32(truncatingIfNeeded: offset), next: following, kind: .false)
                case UInt8(ascii: "n"):
                    offset = try Scan.literal(base, offset, count, "ull")
                    tape[used] = TapeEntry(
                        start: start, end: UInt32(truncatingIfNeeded: offset), next: following, kind: .null)
                default:
                    throw ParseFault(code: .unexpectedByte, offset: offset)
                }
                used &+= 1

                // A value has ended; so may the containers around it.
                while depth > 0 {
                    let next = Scan.spaces(base, offset, count)
                    spaces &+= next &- offset
                    offset = next
                    guard offset < count else { throw ParseFault(code: .unexpectedEnd, offset: count) }
                    let byte = base[offset]
                    members &+= 1
                    if byte == UInt8(ascii: ",") {
                        let next = offset &+ 1
                        offset = Scan.spaces(base, next, count)
                        spaces &+= offset &- next
                        continue parsing
                    }
                    guard byte == (inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                        members &-= 1
                        throw ParseFault(code: .unexpectedByte, offset: offset)
                    }
                    offset &+= 1
                    let closed = Int(container)
                    if inObject, members > membersFew,
                        let twin = repeatedKey(base, tape, in: closed, end: used, count: Int(members))
                    {
                        throw ParseFault(code: .duplicateKey, offset: twin)
                    }
                    tape[closed].end = UInt32(truncatingIfNeeded: offset)
                    tape[closed].next = UInt32(truncatingIfNeeded: used)
                    tape[closed].count = UInt16(truncatingIfNeeded: min(members, UInt32(TapeEntry.countMany)))
                    depth &-= 1
                    let frame = frames[depth]
                    container = frame.container
                    members = frame.members
                    seen = frame.seen
                    inObject = depth > 0 && tape[Int(container)].kind == .object
                }
                break parsing
            }
            let end = Scan.spaces(base, offset, count)
            spaces &+= end &- offset
            guard end == count else { throw ParseFault(code: .trailingBytes, offset: end) }
        } catch {
            var open: [Int] = []
            for level in 1..<max(depth, 1) { open.append(Int(frames[level].container)) }
            if depth > 0 { open.append(Int(container)) }
            return Outcome(tape: tape, count: used, isCompact: false, fault: error, open: open)
        }
        return Outcome(tape: tape, count: used, isCompact: spaces == 0, fault: nil, open: [])
    }

    /// The same contents with twice the room.
    @inline(never)
    private static func grown<T>(
        _ old: UnsafeMutablePointer<T>, _ used: Int, _ capacity: Int
    ) -> (UnsafeMutablePointer<T>, Int) {
        let new = UnsafeMutablePointer<T>.allocate(capacity: capacity * 2)
        new.moveInitialize(from: old, count: used)
        old.deallocate()
        return (new, capacity * 2)
    }
}
