import HL7v2

/// The groups of a message: which segments belong together.
struct Frames {
    struct Frame {
        var start: Int
        var end: Int
        /// -1: the message.
        var parent: Int
    }

    private(set) var frames: [Frame] = []
    /// The innermost group of each segment.
    private(set) var owners: [Int]
    private let names: [SegmentName]

    init(_ message: Message) {
        names = message.segmentNames
        owners = Array(repeating: 0, count: names.count)
    }

    /// Opens a group over segments and calls for each group below; returns its number.
    mutating func open(_ range: Range<Int>, parent: Int) -> Int {
        frames.append(Frame(start: range.lowerBound, end: range.upperBound, parent: parent))
        for segment in range { owners[segment] = frames.count - 1 }
        return frames.count - 1
    }

    /// The ranges of the groups below a group, in order.
    ///
    /// An instance begins with one of the group's first segments, or with one of those of a group inside it. It ends
    /// where the next one begins: where a first segment comes that doesn't follow those already seen, or where a sibling begins.
    func instances(of groups: [GroupPlan], in range: Range<Int>) -> [(group: Int, range: Range<Int>)] {
        var found: [(group: Int, range: Range<Int>)] = []
        var current = -1
        var lastStart = -1
        var begin = range.lowerBound
        func close(_ end: Int) {
            if current >= 0 { found.append((current, begin..<end)) }
        }
        for segment in range {
            let name = names[segment]
            if current >= 0 {
                if let order = groups[current].starts.firstIndex(of: name) {
                    if order > lastStart {
                        lastStart = order
                        continue
                    }
                } else if groups[current].opens(name) {
                    lastStart = groups[current].starts.count
                    continue
                }
            }
            guard let next = groups.firstIndex(where: { $0.starts.contains(name) || $0.opens(name) }) else { continue }
            close(segment)
            current = next
            begin = segment
            lastStart = groups[next].starts.firstIndex(of: name) ?? groups[next].starts.count
        }
        close(range.upperBound)
        return found
    }

    /// The first segment with a name that belongs to a group itself.
    func first(_ name: SegmentName, in frame: Int) -> Int? {
        let bounds = frames[frame]
        return names.withUnsafeBufferPointer { names in
            owners.withUnsafeBufferPointer { owners in
                var segment = bounds.start
                while segment < bounds.end {
                    if names[segment] == name, owners[segment] == frame { return segment }
                    segment += 1
                }
                return nil
            }
        }
    }

    /// Whether a group is another one or lies in it.
    func contains(_ outer: Int, _ inner: Int) -> Bool {
        var frame = inner
        while frame >= 0 {
            if frame == outer { return true }
            frame = frames[frame].parent
        }
        return false
    }
}

extension GroupPlan {
    /// Whether a segment begins one of the groups inside, so that this one begins with it. The innermost groups don't
    /// count: an observation may belong to any of those around it.
    func opens(_ name: SegmentName) -> Bool {
        groups.contains { !$0.groups.isEmpty && ($0.starts.contains(name) || $0.opens(name)) }
    }
}
