/// A regular expression, compiled: alternatives, groups, classes, repetitions, look-around and back references.
///
/// Matching keeps its own stack and counts its steps, so that no pattern can exhaust the stack or run forever.
struct Pattern: Sendable {
    /// The longest program.
    static let instructionsMax = 100_000
    /// The most steps of one search, besides some for each character of the text.
    static let stepsMax = 1_000_000

    enum Instruction: Sendable {
        case scalar(UInt32)
        case folded(UInt32)
        case any
        case anyButNewline
        case set(Int)
        /// Goes on at the first, and when that fails at the second.
        case split(Int, Int)
        case jump(Int)
        case save(Int)
        /// Remembers the position in a register.
        case mark(Int)
        /// Goes to the target unless something was read since the mark.
        case unlessProgress(Int, exit: Int)
        case start, end, lineStart, lineEnd
        case wordBoundary, notWordBoundary
        case reference(Int)
        /// Runs what follows up to its `match`, then goes on at `next`.
        case look(isAhead: Bool, isNegative: Bool, next: Int)
        /// The same, and keeps what was read.
        case atomic(next: Int)
        case match
    }

    let program: [Instruction]
    let sets: [ScalarSet]
    let groupCount: Int
    let groupNames: [String: Int]
    /// Positions of groups, then marks.
    let registerCount: Int

    /// - Parameters:
    ///   - text: the pattern; a point also matches ends of lines.
    ///   - flags: `i` ignores case, `m` lets `^` and `$` match at lines.
    init(_ text: String, flags: String = "") throws(PatternError) {
        var parser = PatternParser(text, flags: flags)
        let node = try parser.parse()
        var assembler = PatternAssembler(groupCount: parser.groupCount)
        try assembler.assemble(node)
        try assembler.append(.match)
        program = assembler.program
        sets = assembler.sets
        groupCount = parser.groupCount
        groupNames = parser.groupNames
        registerCount = assembler.registerCount
    }

    /// Whether the pattern matches anywhere.
    func isFound(in text: [UInt32]) throws(PatternError) -> Bool {
        var run = PatternRun(self, text)
        for start in 0...text.count {
            if try run.match(at: start) != nil { return true }
        }
        return false
    }

    /// Whether the pattern matches the whole text.
    func matchesAll(of text: [UInt32]) throws(PatternError) -> Bool {
        var run = PatternRun(self, text)
        run.mustReachEnd = true
        return try run.match(at: 0) != nil
    }

    /// The text with every match replaced.
    ///
    /// - Parameter substitution: `$1` and `${name}` stand for groups; `\$` for the sign itself.
    func replacing(in text: [UInt32], with substitution: [UInt32]) throws(PatternError) -> [UInt32] {
        var run = PatternRun(self, text)
        var (result, position, copied): ([UInt32], Int, Int) = ([], 0, 0)
        while position <= text.count {
            guard let end = try run.match(at: position) else {
                position += 1
                continue
            }
            result.append(contentsOf: text[copied..<position])
            append(substitution, run, position..<end, to: &result)
            copied = end
            if end == position {
                if position < text.count { result.append(text[position]) }
                copied = min(position + 1, text.count)
                position += 1
            } else {
                position = end
            }
        }
        if copied < text.count { result.append(contentsOf: text[copied...]) }
        return result
    }

    private func append(
        _ substitution: [UInt32], _ run: PatternRun, _ whole: Range<Int>, to result: inout [UInt32]
    ) {
        var index = 0
        func group(_ number: Int) -> ArraySlice<UInt32> {
            if number == 0 { return run.text[whole] }
            guard number <= groupCount else { return [] }
            let (start, end) = (run.registers[number * 2], run.registers[number * 2 + 1])
            return start >= 0 && end >= start ? run.text[start..<end] : []
        }
        while index < substitution.count {
            let scalar = substitution[index]
            index += 1
            if scalar == 92, index < substitution.count {
                result.append(substitution[index])
                index += 1
            } else if scalar == 36, index < substitution.count, substitution[index] &- 48 < 10 {
                result.append(contentsOf: group(Int(substitution[index] - 48)))
                index += 1
            } else if scalar == 36, index < substitution.count, substitution[index] == 123,
                let close = substitution[index...].firstIndex(of: 125)
            {
                let name = String(
                    String.UnicodeScalarView(substitution[(index + 1)..<close].compactMap(Unicode.Scalar.init)))
                if let number = groupNames[name] ?? Int(name) { result.append(contentsOf: group(number)) }
                index = close + 1
            } else {
                result.append(scalar)
            }
        }
    }
}
