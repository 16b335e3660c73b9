/// Matches one pattern on one text of scalars, with a stack of its own.
struct PatternRun<Unit: FixedWidthInteger> {
    private enum Entry {
        case branch(pc: Int, position: Int)
        case restore(register: Int, value: Int)
    }

    private let program: UnsafeBufferPointer<Pattern.Instruction>
    private let sets: UnsafeBufferPointer<ScalarSet>
    private let ascii: UnsafeBufferPointer<ScalarSet.ASCII>
    private let groupCount: Int
    let text: UnsafeBufferPointer<Unit>
    private(set) var registers: [Int]
    private var stack: [Entry] = []
    private var steps = 0
    private let stepsMax: Int
    /// Whether only a match that ends where the text ends counts.
    var mustReachEnd = false

    /// - Parameter pattern: must outlive the run, as must the text.
    init(_ pattern: Pattern, _ text: UnsafeBufferPointer<Unit>) {
        program = pattern.program
        sets = pattern.sets
        ascii = pattern.ascii
        groupCount = pattern.groupCount
        self.text = text
        stepsMax = Pattern.stepsMax(text.count)
        registers = Array(repeating: -1, count: pattern.registerCount)
    }

    /// - Returns: where the match ends that begins here; nil when there is none.
    mutating func match(at start: Int) throws(PatternError) -> Int? {
        for index in registers.indices { registers[index] = -1 }
        return try run(from: 0, at: start, end: mustReachEnd ? text.count : nil)
    }

    private subscript(_ position: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: text[position])
    }

    private mutating func set(_ register: Int, _ value: Int) {
        stack.append(.restore(register: register, value: registers[register]))
        registers[register] = value
    }

    /// Goes back to the last choice that is left above `floor`.
    private mutating func backtrack(to floor: Int) -> (pc: Int, position: Int)? {
        while stack.count > floor {
            switch stack.removeLast() {
            case .branch(let pc, let position): return (pc, position)
            case .restore(let register, let value): registers[register] = value
            }
        }
        return nil
    }

    /// Runs a part of the program up to its `match`.
    ///
    /// - Parameter end: where it must end; nil: anywhere.
    private mutating func run(from pc: Int, at start: Int, end: Int?) throws(PatternError) -> Int? {
        let floor = stack.count
        var (pc, position) = (pc, start)
        while true {
            steps += 1
            guard steps <= stepsMax else { throw .tooManySteps }
            var isAlive = true
            switch program[pc] {
            case .scalar(let scalar):
                isAlive = position < text.count && self[position] == scalar
                position += 1
                pc += 1
            case .folded(let scalar):
                isAlive = position < text.count && lowercased(self[position]) == scalar
                position += 1
                pc += 1
            case .any:
                isAlive = position < text.count
                position += 1
                pc += 1
            case .anyButNewline:
                isAlive = position < text.count && text[position] != 10
                position += 1
                pc += 1
            case .set(let index, let count):
                let end = position + count
                isAlive = end <= text.count
                steps += count
                while isAlive, position < end {
                    let scalar = self[position]
                    isAlive =
                        scalar < 128 ? ascii[index].contains(scalar) : sets[index].contains(scalar)
                    position += 1
                }
                pc += 1
            case .split(let first, let second):
                stack.append(.branch(pc: second, position: position))
                pc = first
            case .jump(let target):
                pc = target
            case .save(let register), .mark(let register):
                set(register, position)
                pc += 1
            case .unlessProgress(let register, let exit):
                pc = registers[register] == position ? exit : pc + 1
            case .start:
                isAlive = position == 0
                pc += 1
            case .end:
                isAlive = position == text.count
                pc += 1
            case .lineStart:
                isAlive = position == 0 || text[position - 1] == 10
                pc += 1
            case .lineEnd:
                isAlive = position == text.count || text[position] == 10
                pc += 1
            case .wordBoundary:
                isAlive = isWord(position - 1) != isWord(position)
                pc += 1
            case .notWordBoundary:
                isAlive = isWord(position - 1) == isWord(position)
                pc += 1
            case .reference(let number):
                (isAlive, position) = repeats(number, at: position)
                pc += 1
            case .look(let isAhead, let isNegative, let next):
                isAlive = try looks(isAhead, from: pc + 1, at: position) != isNegative
                pc = next
            case .atomic(let next):
                if let after = try run(from: pc + 1, at: position, end: nil) {
                    position = after
                } else {
                    isAlive = false
                }
                pc = next
            case .match:
                if end == nil || end == position {
                    dropBranches(above: floor)
                    return position
                }
                isAlive = false
            }
            if !isAlive {
                guard let choice = backtrack(to: floor) else { return nil }
                (pc, position) = choice
            }
        }
    }

    /// Forgets choices, but not what a later failure must restore.
    private mutating func dropBranches(above floor: Int) {
        guard floor > 0 else {
            stack.removeAll(keepingCapacity: true)
            return
        }
        var kept: [Entry] = []
        for entry in stack[floor...] {
            if case .restore = entry { kept.append(entry) }
        }
        stack.removeSubrange(floor...)
        stack.append(contentsOf: kept)
    }

    private mutating func looks(_ isAhead: Bool, from pc: Int, at position: Int) throws(PatternError) -> Bool {
        if isAhead { return try run(from: pc, at: position, end: nil) != nil }
        for start in stride(from: position, through: 0, by: -1) {
            if try run(from: pc, at: start, end: position) != nil { return true }
        }
        return false
    }

    private func repeats(_ number: Int, at position: Int) -> (Bool, Int) {
        guard number <= groupCount else { return (false, position) }
        let (start, end) = (registers[number * 2], registers[number * 2 + 1])
        guard start >= 0, end >= start else { return (true, position) }
        guard position + end - start <= text.count,
            text[position..<position + end - start].elementsEqual(text[start..<end])
        else {
            return (false, position)
        }
        return (true, position + end - start)
    }

    private func isWord(_ position: Int) -> Bool {
        position >= 0 && position < text.count && ScalarSet.Part.word.contains(self[position])
    }
}
