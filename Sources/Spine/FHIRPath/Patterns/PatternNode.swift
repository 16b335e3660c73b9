/// A part of a regular expression as it was written.
indirect enum PatternNode {
    case empty
    case instruction(Pattern.Instruction)
    case set(ScalarSet)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    case group(Int, PatternNode)
    case repetition(PatternNode, least: Int, most: Int?, Greed)
    case look(isAhead: Bool, isNegative: Bool, PatternNode)
    case atomic(PatternNode)

    enum Greed {
        case greedy, lazy, possessive
    }

    /// Whether the part can match nothing.
    var canBeEmpty: Bool {
        switch self {
        case .empty, .look: true
        case .instruction(let instruction):
            switch instruction {
            case .scalar, .folded, .any, .anyButNewline: false
            default: true
            }
        case .set: false
        case .sequence(let parts): parts.allSatisfy(\.canBeEmpty)
        case .alternatives(let parts): parts.contains(where: \.canBeEmpty)
        case .group(_, let part), .atomic(let part): part.canBeEmpty
        case .repetition(let part, let least, _, _): least == 0 || part.canBeEmpty
        }
    }
}

/// Turns the parts of a regular expression into a program.
struct PatternAssembler {
    var program: [Pattern.Instruction] = []
    var sets: [ScalarSet] = []
    var ascii: [ScalarSet.ASCII] = []
    var registerCount: Int

    init(groupCount: Int) {
        registerCount = (groupCount + 1) * 2
    }

    mutating func append(_ instruction: Pattern.Instruction) throws(PatternError) {
        guard program.count < Pattern.instructionsMax else { throw .tooLarge }
        program.append(instruction)
    }

    private mutating func add(_ set: ScalarSet) -> Int {
        sets.append(set)
        ascii.append(ScalarSet.ASCII(set))
        return sets.count - 1
    }

    mutating func assemble(_ node: PatternNode) throws(PatternError) {
        switch node {
        case .empty: break
        case .instruction(let instruction): try append(instruction)
        case .set(let set): try append(.set(add(set), count: 1))
        case .sequence(let parts):
            for part in parts { try assemble(part) }
        case .alternatives(let parts):
            try assemble(alternatives: parts)
        case .group(let number, let part):
            try append(.save(number * 2))
            try assemble(part)
            try append(.save(number * 2 + 1))
        case .repetition(let part, let least, let most, let greed):
            guard greed != .possessive else {
                return try assemble(.atomic(.repetition(part, least: least, most: most, .greedy)))
            }
            try assemble(part, least, most, isLazy: greed == .lazy)
        case .look(let isAhead, let isNegative, let part):
            let start = program.count
            try append(.match)
            try assemble(part)
            try append(.match)
            program[start] = .look(isAhead: isAhead, isNegative: isNegative, next: program.count)
        case .atomic(let part):
            let start = program.count
            try append(.match)
            try assemble(part)
            try append(.match)
            program[start] = .atomic(next: program.count)
        }
    }

    private mutating func assemble(alternatives parts: [PatternNode]) throws(PatternError) {
        var jumps: [Int] = []
        for (index, part) in parts.enumerated() {
            guard index < parts.count - 1 else {
                try assemble(part)
                break
            }
            let split = program.count
            try append(.match)
            try assemble(part)
            jumps.append(program.count)
            try append(.match)
            program[split] = .split(split + 1, program.count)
        }
        for jump in jumps { program[jump] = .jump(program.count) }
    }

    private mutating func assemble(
        _ part: PatternNode, _ least: Int, _ most: Int?, isLazy: Bool
    ) throws(PatternError) {
        if case .set(let set) = part, least > 0 {
            try append(.set(add(set), count: least))
        } else {
            for _ in 0..<least { try assemble(part) }
        }
        func split(_ start: Int, _ end: Int) -> Pattern.Instruction {
            isLazy ? .split(end, start) : .split(start, end)
        }
        guard let most else {
            let loop = program.count
            try append(.match)
            let register = registerCount
            let isGuarded = part.canBeEmpty
            if isGuarded {
                registerCount += 1
                try append(.mark(register))
            }
            try assemble(part)
            if isGuarded { try append(.unlessProgress(register, exit: program.count + 2)) }
            try append(.jump(loop))
            program[loop] = split(loop + 1, program.count)
            return
        }
        var splits: [Int] = []
        for _ in least..<max(least, most) {
            splits.append(program.count)
            try append(.match)
            try assemble(part)
        }
        for place in splits { program[place] = split(place + 1, program.count) }
    }
}
