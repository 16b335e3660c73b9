/// JSON that is written straight to memory, and taken back where nothing came of it.
///
/// Whoever makes one gives its memory back by `free`.
struct Output {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    init() {
        capacity = 16_384
        base = .allocate(capacity: capacity)
    }

    func free() { base.deallocate() }

    var bytes: [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }

    @inline(__always)
    private mutating func makeRoom(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        capacity = max(capacity * 2, count + more)
        let room = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        room.update(from: base, count: count)
        base.deallocate()
        base = room
    }

    @inline(__always)
    mutating func put(_ text: StaticString) {
        put(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func put(_ text: Bytes) {
        makeRoom(text.count)
        if let start = text.baseAddress { Self.copy(start, text.count, to: base + count) }
        count += text.count
    }

    /// Copies; short texts by words that may overlap, because a call costs more than that.
    @inline(__always)
    private static func copy(_ text: UnsafePointer<UInt8>, _ count: Int, to room: UnsafeMutablePointer<UInt8>) {
        if count > 64 { return room.update(from: text, count: count) }
        let from = UnsafeRawPointer(text)
        let to = UnsafeMutableRawPointer(room)
        func copy<Word: FixedWidthInteger & BitwiseCopyable>(_ place: Int, _ type: Word.Type) {
            to.storeBytes(of: from.loadUnaligned(fromByteOffset: place, as: type), toByteOffset: place, as: type)
        }
        if count >= 8 {
            var place = 0
            while place + 8 <= count {
                copy(place, UInt64.self)
                place += 8
            }
            copy(count - 8, UInt64.self)
        } else if count >= 4 {
            copy(0, UInt32.self)
            copy(count - 4, UInt32.self)
        } else {
            for place in 0..<count { room[place] = text[place] }
        }
    }

    @inline(__always)
    mutating func put(byte: UInt8) {
        makeRoom(1)
        base[count] = byte
        count += 1
    }

    /// Takes back all that was written since.
    @inline(__always)
    mutating func truncate(to count: Int) { self.count = count }

    /// Takes out what was written in a place near the end.
    mutating func remove(_ range: Range<Int>) {
        (base + range.lowerBound).update(from: base + range.upperBound, count: count - range.upperBound)
        count -= range.count
    }

    /// Puts text before what was written since a place.
    mutating func insert(_ text: Bytes, at place: Int) {
        makeRoom(text.count)
        (base + place + text.count).update(from: base + place, count: count - place)
        if let start = text.baseAddress { (base + place).update(from: start, count: text.count) }
        count += text.count
    }

    /// The inside of a JSON string; control characters that FHIR doesn't allow are left out.
    mutating func putInside(_ text: Bytes) {
        // Each byte becomes two at most.
        makeRoom(text.count * 2)
        let room = base + count
        var end = 0
        for byte in text {
            if byte >= 0x20, byte != 0x22, byte != 0x5C {
                room[end] = byte
                end += 1
                continue
            }
            switch byte {
            case 0x22, 0x5C: room[end + 1] = byte
            case 0x0A: room[end + 1] = UInt8(ascii: "n")
            case 0x0D: room[end + 1] = UInt8(ascii: "r")
            case 0x09: room[end + 1] = UInt8(ascii: "t")
            default: continue
            }
            room[end] = 0x5C
            end += 2
        }
        count += end
    }

    @inline(__always)
    mutating func putString(_ text: Bytes) {
        put(byte: 0x22)
        putInside(text)
        put(byte: 0x22)
    }

    /// What was written; it holds until more is.
    @inline(__always)
    subscript(range: Range<Int>) -> Bytes {
        UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
    }
}
