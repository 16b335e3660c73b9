/// Memory for text that lasts as long as a run, and for lists of plain values.
///
/// Whoever makes one gives its memory back by `free`.
struct Arena {
    private var blocks: [UnsafeMutableRawPointer] = []
    private var block: UnsafeMutableRawPointer
    private var used = 0
    private var capacity = 8_192
    /// Where text begins that is being put together.
    private var start = 0

    init() { block = .allocate(byteCount: capacity, alignment: 16) }

    func free() {
        for block in blocks { block.deallocate() }
        block.deallocate()
    }

    private mutating func makeRoom(_ bytes: Int) {
        if used + bytes <= capacity { return }
        let open = used - start
        capacity = max(capacity, (open + bytes) * 2)
        let room = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        room.copyMemory(from: block + start, byteCount: open)
        blocks.append(block)
        block = room
        start = 0
        used = open
    }

    /// Begins a text; one at a time.
    @inline(__always)
    mutating func begin() { start = used }

    @inline(__always)
    mutating func put(byte: UInt8) {
        makeRoom(1)
        block.storeBytes(of: byte, toByteOffset: used, as: UInt8.self)
        used += 1
    }

    @inline(__always)
    mutating func put(_ text: Bytes) {
        guard let start = text.baseAddress else { return }
        makeRoom(text.count)
        (block + used).copyMemory(from: start, byteCount: text.count)
        used += text.count
    }

    @inline(__always)
    mutating func put(_ text: StaticString) {
        put(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// How long the text is that was begun.
    var openCount: Int { used - start }

    /// Takes back the end of the text that was begun.
    mutating func truncate(to count: Int) { used = start + count }

    /// The text that was begun.
    @inline(__always)
    mutating func end() -> Bytes {
        let count = used - start
        let text = UnsafeBufferPointer(
            start: UnsafePointer((block + start).assumingMemoryBound(to: UInt8.self)), count: count)
        start = used
        return text
    }

    mutating func keep(_ text: Bytes) -> Bytes {
        begin()
        put(text)
        return end()
    }

    /// Keeps plain values.
    mutating func keep<Value>(_ values: [Value]) -> UnsafeBufferPointer<Value> {
        guard !values.isEmpty else { return UnsafeBufferPointer(start: nil, count: 0) }
        used = (used + 15) & ~15
        start = used
        makeRoom(values.count * MemoryLayout<Value>.stride + 16)
        used = (used + 15) & ~15
        let room = (block + used).bindMemory(to: Value.self, capacity: values.count)
        room.initialize(from: values, count: values.count)
        used += values.count * MemoryLayout<Value>.stride
        start = used
        return UnsafeBufferPointer(start: room, count: values.count)
    }
}

/// A list of plain values that grows. Whoever makes one gives its memory back by `free`.
struct Stack<Value> {
    private(set) var base: UnsafeMutablePointer<Value>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int) {
        self.capacity = max(capacity, 4)
        base = .allocate(capacity: self.capacity)
    }

    func free() { base.deallocate() }

    @inline(__always)
    mutating func append(_ value: Value) {
        if count == capacity { grow() }
        (base + count).initialize(to: value)
        count += 1
    }

    @inline(never)
    private mutating func grow() {
        let room = UnsafeMutablePointer<Value>.allocate(capacity: capacity * 2)
        room.moveInitialize(from: base, count: count)
        base.deallocate()
        base = room
        capacity *= 2
    }

    @inline(__always)
    subscript(place: Int) -> Value {
        get { base[place] }
        nonmutating set { base[place] = newValue }
    }
}
