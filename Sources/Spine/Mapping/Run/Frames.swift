import HL7v2

/// The groups of a message: which segments belong together.
///
/// Whoever makes one gives its memory back by `free`.
struct Frames {
    struct Frame {
        var start: Int32
        var end: Int32
        /// -1: the message.
        var parent: Int32
        /// The groups below, in order: they stand one after the other.
        var children: Range<Int32>
        var group: UnsafePointer<GroupOp>
    }

    private(set) var frames: Stack<Frame>
    /// The number of each segment's name in the program; -1: the maps don't speak of it.
    private var names: Stack<Int32>
    /// The innermost group of each segment.
    private var owners: Stack<Int32>
    /// The next segment of the same name and group; -1: none.
    private var followers: Stack<Int32>
    /// For each group and each name the first segment; -1: none.
    private var firsts: Stack<Int32>
    private let nameCount: Int

    init(_ message: Message, _ program: Program, root: UnsafePointer<GroupOp>) {
        let count = message.segmentCount
        nameCount = program.names.count
        names = Stack(capacity: count)
        owners = Stack(capacity: count)
        followers = Stack(capacity: count)
        frames = Stack(capacity: 8)
        for name in message.segmentNames {
            names.append(program.number(of: name))
            owners.append(0)
            followers.append(-1)
        }
        firsts = Stack(capacity: nameCount * 4)
        open(root, 0..<Int32(truncatingIfNeeded: count), parent: -1)
        // Groups are opened level by level, so that those below one stand together.
        var frame = 0
        while frame < frames.count {
            openChildren(frame)
            frame += 1
        }
        for _ in 0..<(frames.count * nameCount) { firsts.append(-1) }
        for segment in stride(from: count - 1, through: 0, by: -1) where names[segment] >= 0 {
            let place = Int(owners[segment]) * nameCount + Int(names[segment])
            followers[segment] = firsts[place]
            firsts[place] = Int32(truncatingIfNeeded: segment)
        }
    }

    func free() {
        frames.free()
        names.free()
        owners.free()
        followers.free()
        firsts.free()
    }

    private mutating func open(_ group: UnsafePointer<GroupOp>, _ range: Range<Int32>, parent: Int32) {
        let number = Int32(truncatingIfNeeded: frames.count)
        frames.append(
            Frame(start: range.lowerBound, end: range.upperBound, parent: parent, children: 0..<0, group: group))
        for segment in range { owners[Int(segment)] = number }
    }

    /// Opens the groups below a group.
    ///
    /// An instance begins with one of the group's first segments, or with one of those of a group inside it. It ends
    /// where the next one begins: where a first segment comes that doesn't follow those already seen, or where a sibling begins.
    private mutating func openChildren(_ frame: Int) {
        let groups = frames[frame].group.pointee.groups
        guard let base = groups.baseAddress else { return }
        let begin = Int32(truncatingIfNeeded: frames.count)
        var current = -1
        var lastStart = -1
        var start = frames[frame].start
        let end = frames[frame].end
        for segment in frames[frame].start..<end {
            let name = names[Int(segment)]
            if name < 0 { continue }
            if current >= 0 {
                if let order = groups[current].starts.firstIndex(of: name) {
                    if order > lastStart {
                        lastStart = order
                        continue
                    }
                } else if groups[current].opens.contains(name) {
                    lastStart = groups[current].starts.count
                    continue
                }
            }
            guard let next = groups.firstIndex(where: { $0.starts.contains(name) || $0.opens.contains(name) }) else {
                continue
            }
            if current >= 0 { open(base + current, start..<segment, parent: Int32(truncatingIfNeeded: frame)) }
            current = next
            start = segment
            lastStart = groups[next].starts.firstIndex(of: name) ?? groups[next].starts.count
        }
        if current >= 0 { open(base + current, start..<end, parent: Int32(truncatingIfNeeded: frame)) }
        frames.base[frame].children = begin..<Int32(truncatingIfNeeded: frames.count)
    }

    @inline(__always)
    func name(of segment: Int32) -> Int32 { names[Int(segment)] }

    /// The first segment with a name that belongs to a group itself; -1: none.
    @inline(__always)
    func first(_ name: Int32, in frame: Int32) -> Int32 { firsts[Int(frame) * nameCount + Int(name)] }

    /// The innermost group of a segment.
    @inline(__always)
    func owner(of segment: Int32) -> Int32 { owners[Int(segment)] }

    /// The next segment of the same name and group; -1: none.
    @inline(__always)
    func next(after segment: Int32) -> Int32 { followers[Int(segment)] }

    /// The segment that a name means at a place: the one at hand, else the first of the group, else of those around it;
    /// -1: none.
    @inline(__always)
    func segment(_ name: Int32, _ place: Place) -> Int32 {
        if names[Int(place.segment)] == name { return place.segment }
        var frame = place.frame
        while frame >= 0 {
            let segment = first(name, in: frame)
            if segment >= 0 { return segment }
            frame = frames.base[Int(frame)].parent
        }
        return -1
    }
}
