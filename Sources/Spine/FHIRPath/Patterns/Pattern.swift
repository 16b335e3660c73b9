/// A regular expression, compiled: alternatives, groups, classes, repetitions, look-around and back references.
///
/// Matching keeps its own stack and counts its steps, so that no pattern can exhaust the stack or run forever.
final class Pattern: @unchecked Sendable {
    // Never changed once it is made.
    /// The longest program.
    static let instructionsMax = 100_000
    /// The most steps of one search, besides some for each character of the text.
    static let stepsMax = 1_000_000

    enum Instruction: Sendable {
        case scalar(UInt32)
        case folded(UInt32)
        case any
        case anyButNewline
        /// So many scalars of a set.
        case set(Int, count: Int)
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

    private let store = PlanStore()
    let program: UnsafeBufferPointer<Instruction>
    let sets: UnsafeBufferPointer<ScalarSet>
    /// The ASCII of each set.
    let ascii: UnsafeBufferPointer<ScalarSet.ASCII>
    let groupCount: Int
    let groupNames: [String: Int]
    /// Positions of groups, then marks; none where the program keeps no position.
    let registerCount: Int
    /// Whether the program never chooses and keeps no position, so that it needs neither stack nor registers.
    private let isStraight: Bool

    /// - Parameters:
    ///   - text: the pattern; a point also matches ends of lines.
    ///   - flags: `i` ignores case, `m` lets `^` and `$` match at lines.
    init(_ text: String, flags: String = "") throws(PatternError) {
        var parser = PatternParser(text, flags: flags)
        let node = try parser.parse()
        var assembler = PatternAssembler(groupCount: parser.groupCount)
        try assembler.assemble(node)
        try assembler.append(.match)
        program = store.keep(assembler.program)
        sets = store.keep(assembler.sets)
        ascii = store.keep(assembler.ascii)
        groupCount = parser.groupCount
        groupNames = parser.groupNames
        let usesRegisters = assembler.program.contains { instruction in
            switch instruction {
            case .save, .mark, .reference: true
            default: false
            }
        }
        registerCount = usesRegisters ? assembler.registerCount : 0
        isStraight = assembler.program.allSatisfy { instruction in
            switch instruction {
            case .scalar, .any, .anyButNewline, .set, .start, .end, .match: true
            default: false
            }
        }
    }

    /// Whether the pattern matches anywhere, or the whole text.
    ///
    /// - Parameter text: UTF-8.
    func matches(_ text: UnsafeBufferPointer<UInt8>, whole: Bool) throws(PatternError) -> Bool {
        if text.isASCII { return try isFound(in: text, whole: whole) }
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars.map(\.value)
        return try scalars.withUnsafeBufferPointer { scalars throws(PatternError) in
            try isFound(in: scalars, whole: whole)
        }
    }

    private func isFound<Unit: FixedWidthInteger>(
        in text: UnsafeBufferPointer<Unit>, whole: Bool
    ) throws(PatternError) -> Bool {
        let starts = 0...(whole || isAnchored ? 0 : text.count)
        if isStraight {
            var steps = 0
            for start in starts {
                if isMatch(text, at: start, whole: whole, &steps) { return true }
                guard steps <= Self.stepsMax(text.count) else { throw .tooManySteps }
            }
            return false
        }
        var run = PatternRun(self, text)
        run.mustReachEnd = whole
        for start in starts {
            if try run.match(at: start) != nil { return true }
        }
        return false
    }

    /// The most steps of a search in a text of so many units.
    static func stepsMax(_ count: Int) -> Int { stepsMax + 20 * count }

    /// Whether a straight program matches at a place.
    private func isMatch<Unit: FixedWidthInteger>(
        _ text: UnsafeBufferPointer<Unit>, at start: Int, whole: Bool, _ steps: inout Int
    ) -> Bool {
        var position = start
        defer { steps += position - start + 1 }
        for instruction in program {
            switch instruction {
            case .scalar(let scalar):
                guard position < text.count, UInt32(truncatingIfNeeded: text[position]) == scalar else { return false }
                position += 1
            case .any:
                guard position < text.count else { return false }
                position += 1
            case .anyButNewline:
                guard position < text.count, text[position] != 10 else { return false }
                position += 1
            case .set(let index, let count):
                guard count <= text.count - position else { return false }
                let few = ascii[index]
                for unit in text[position..<position + count] {
                    let scalar = UInt32(truncatingIfNeeded: unit)
                    guard scalar < 128 ? few.contains(scalar) : sets[index].contains(scalar) else {
                        steps += count
                        return false
                    }
                }
                position += count
            case .start: guard position == 0 else { return false }
            case .end: guard position == text.count else { return false }
            default: return !whole || position == text.count
            }
        }
        return false
    }

    /// Whether a match can only begin where the text begins.
    private var isAnchored: Bool {
        if case .start = program[0] { true } else { false }
    }

    /// The text with every match replaced.
    ///
    /// - Parameter substitution: `$1` and `${name}` stand for groups; `\$` for the sign itself.
    func replacing(in text: String, with substitution: String) throws(PatternError) -> String {
        let result = try text.unicodeScalars.map(\.value).withUnsafeBufferPointer { scalars throws(PatternError) in
            try replacing(in: scalars, with: substitution.unicodeScalars.map(\.value))
        }
        return String(String.UnicodeScalarView(result.compactMap(Unicode.Scalar.init)))
    }

    private func replacing(
        in text: UnsafeBufferPointer<UInt32>, with substitution: [UInt32]
    ) throws(PatternError) -> [UInt32] {
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
        _ substitution: [UInt32], _ run: PatternRun<UInt32>, _ whole: Range<Int>, to result: inout [UInt32]
    ) {
        var index = 0
        func group(_ number: Int) -> Slice<UnsafeBufferPointer<UInt32>> {
            if number == 0 { return run.text[whole] }
            guard number <= groupCount else { return run.text[0..<0] }
            let (start, end) = (run.registers[number * 2], run.registers[number * 2 + 1])
            return start >= 0 && end >= start ? run.text[start..<end] : run.text[0..<0]
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
