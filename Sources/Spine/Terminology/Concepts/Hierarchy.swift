/// The parents and children of the concepts of one code system, numbered by their place in it.
///
/// A depth-first walk along each concept's first parent numbers a tree, in which "is a" is two comparisons. Where a
/// concept has several parents, what the tree does not know is found by walking up: a concept has few ancestors, however
/// large the system, so no transitive closure is kept.
struct Hierarchy: Sendable {
    /// The parents of each concept, then its children, as lists in one array each.
    let parents: Lists
    let children: Lists
    /// The concepts without parents, in order.
    let roots: [Int32]
    /// Whether no concept has a second parent, and there is no cycle.
    let isTree: Bool
    /// Whether any concept has a parent.
    let isFlat: Bool
    private let first: [Int32]
    private let last: [Int32]

    /// Lists of numbers, one a concept, end to end in one array.
    struct Lists: Sendable {
        private var starts: [Int32]
        private var items: [Int32]

        init(_ pairs: [(from: Int32, to: Int32)], count: Int) {
            starts = Array(repeating: 0, count: count + 1)
            for pair in pairs { starts[Int(pair.from) + 1] += 1 }
            for index in 0..<count { starts[index + 1] += starts[index] }
            var places = starts
            items = Array(repeating: 0, count: pairs.count)
            for pair in pairs {
                items[Int(places[Int(pair.from)])] = pair.to
                places[Int(pair.from)] += 1
            }
        }

        subscript(_ index: Int) -> ArraySlice<Int32> { items[Int(starts[index])..<Int(starts[index + 1])] }
    }

    /// - Parameters:
    ///   - links: each child and one parent of it; repeated links and links to itself are dropped.
    ///   - count: how many concepts there are.
    init(links: [(child: Int32, parent: Int32)], count: Int) {
        var seen: Set<UInt64> = []
        let links = links.filter { link in
            link.child != link.parent
                && seen.insert(UInt64(UInt32(bitPattern: link.child)) << 32 | UInt64(UInt32(bitPattern: link.parent)))
                    .inserted
        }
        let parents = Lists(links.map { ($0.child, $0.parent) }, count: count)
        let children = Lists(links.map { ($0.parent, $0.child) }, count: count)
        roots = (0..<Int32(count)).filter { parents[Int($0)].isEmpty }
        isFlat = links.isEmpty
        var first = Array(repeating: Int32(-1), count: count)
        var last = Array(repeating: Int32(-1), count: count)
        var counter: Int32 = 0
        // Concepts of a cycle hang under no root; each is then walked from itself.
        for start in roots + Array(0..<Int32(count)) where first[Int(start)] < 0 {
            var stack: [(concept: Int32, next: Int)] = [(start, 0)]
            first[Int(start)] = counter
            counter += 1
            while let top = stack.last {
                let below = children[Int(top.concept)]
                let place = below.startIndex + top.next
                guard place < below.endIndex else {
                    last[Int(top.concept)] = counter - 1
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next += 1
                let child = below[place]
                guard first[Int(child)] < 0, parents[Int(child)].first == top.concept else { continue }
                first[Int(child)] = counter
                counter += 1
                stack.append((child, 0))
            }
        }
        self.parents = parents
        self.children = children
        self.first = first
        self.last = last
        isTree = links.count + roots.count == count && Self.reaches(roots, children, count)
    }

    private static func reaches(_ roots: [Int32], _ children: Lists, _ count: Int) -> Bool {
        var reached = 0
        var stack = roots
        while let concept = stack.popLast() {
            reached += 1
            guard reached <= count else { return false }
            stack.append(contentsOf: children[Int(concept)])
        }
        return reached == count
    }

    /// Whether one concept is the other or below it.
    func isA(_ concept: Int, _ ancestor: Int) -> Bool {
        if concept == ancestor { return true }
        if first[ancestor] <= first[concept], first[concept] <= last[ancestor] { return true }
        return isTree ? false : ancestors(of: concept).contains(Int32(ancestor))
    }

    /// Everything below a concept, each once, parents before children; without the concept itself.
    func descendants(of concept: Int) -> [Int32] {
        reach(from: concept, children)
    }

    /// Everything above a concept, each once, the nearest first; without the concept itself.
    func ancestors(of concept: Int) -> [Int32] {
        reach(from: concept, parents)
    }

    private func reach(from concept: Int, _ lists: Lists) -> [Int32] {
        var seen: Set<Int32> = [Int32(concept)]
        var found: [Int32] = []
        var stack = Array(lists[concept].reversed())
        while let next = stack.popLast() {
            guard seen.insert(next).inserted else { continue }
            found.append(next)
            stack.append(contentsOf: lists[Int(next)].reversed())
        }
        return found
    }
}
