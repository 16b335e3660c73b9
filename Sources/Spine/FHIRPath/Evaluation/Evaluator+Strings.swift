import Foundation

extension Evaluator {
    /// Functions on strings.
    mutating func stringFunction(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        let offset = call.offset
        if call.function == .join { return try joined(call, input) }
        guard let given = try text(input, offset) else { return Items() }
        switch call.function {
        case .upper: return .string(given.changed(from: UInt8(ascii: "a")) ?? given.string.uppercased())
        case .lower: return .string(given.changed(from: UInt8(ascii: "A")) ?? given.string.lowercased())
        case .length: return Items(.integer(given.count))
        case .matches, .matchesFull: return try matches(call, given)
        case .startsWith, .endsWith, .contains:
            guard let part = try text(try scoped(call.arguments[0]), offset) else { return Items() }
            return .boolean(contains(given, part, call.function))
        default: return try stringFunction(call, given.string)
        }
    }

    private func contains(_ text: Text, _ part: Text, _ function: Function) -> Bool {
        switch function {
        case .startsWith: text.withUTF8 { text in part.withUTF8 { text.starts(with: $0) } }
        case .endsWith: text.withUTF8 { text in part.withUTF8 { text.reversed().starts(with: $0.reversed()) } }
        default: text.contains(part)
        }
    }

    private mutating func stringFunction(_ call: Call, _ text: String) throws(FHIRPathError) -> Items {
        let offset = call.offset
        switch call.function {
        case .trim: return .string(text.trimmingCharacters(in: .whitespacesAndNewlines))
        case .toChars: return Items(text.map { Item.string(String($0)) })
        case .substring: return try substring(call, text)
        case .replaceMatches: return try replaceMatches(call, text)
        default: break
        }
        guard let argument = try string(try scoped(call.arguments[0]), offset) else { return Items() }
        switch call.function {
        case .indexOf:
            return Items(.integer(argument.isEmpty ? 0 : place(of: argument, in: text) ?? -1))
        case .lastIndexOf:
            return Items(.integer(argument.isEmpty ? 0 : place(of: argument, in: text, isLast: true) ?? -1))
        case .replace:
            guard let substitution = try string(try scoped(call.arguments[1]), offset) else { return Items() }
            guard argument.isEmpty else {
                return .string(text.replacingOccurrences(of: argument, with: substitution, options: .literal))
            }
            return .string(substitution + text.map { String($0) + substitution }.joined())
        case .split:
            guard !argument.isEmpty else { return Items(text.map { Item.string(String($0)) }) }
            return Items(text.components(separatedBy: argument).map { Item.string($0) })
        case .encode: return Items(TextCoding.encode(text, argument).map { .string($0) })
        case .decode: return Items(TextCoding.decode(text, argument).map { .string($0) })
        case .escape: return Items(TextCoding.escape(text, argument).map { .string($0) })
        case .unescape: return Items(TextCoding.unescape(text, argument).map { .string($0) })
        default: throw fault("\(call.function.rawValue)() isn't known here", offset)
        }
    }

    /// The place of a text in another, counted in characters.
    private func place(of part: String, in text: String, isLast: Bool = false) -> Int? {
        guard let range = text.range(of: part, options: isLast ? [.literal, .backwards] : .literal) else { return nil }
        return text.distance(from: text.startIndex, to: range.lowerBound)
    }

    private mutating func substring(_ call: Call, _ text: String) throws(FHIRPathError) -> Items {
        guard let start = try integer(try scoped(call.arguments[0]), call.offset) else { return Items() }
        guard start >= 0, let begin = text.index(text.startIndex, offsetBy: start, limitedBy: text.endIndex),
            begin < text.endIndex
        else { return Items() }
        guard call.arguments.count > 1, let length = try integer(try scoped(call.arguments[1]), call.offset) else {
            return .string(String(text[begin...]))
        }
        return .string(String(text[begin...].prefix(max(0, length))))
    }

    private mutating func joined(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        guard !input.isEmpty else { return options.joinsNothingToText ? .string("") : Items() }
        let separator = try call.arguments.first.map { argument throws(FHIRPathError) in
            try string(try scoped(argument), call.offset) ?? ""
        }
        var parts: [String] = []
        for item in input {
            guard let part = try string(Items(item), call.offset) else { continue }
            parts.append(part)
        }
        return .string(parts.joined(separator: separator ?? ""))
    }

    // MARK: Regular expressions

    private mutating func pattern(_ call: Call, flagsAt place: Int) throws(FHIRPathError) -> Pattern? {
        if let pattern = call.pattern { return pattern.pointee }
        guard let text = try string(try scoped(call.arguments[0]), call.offset) else { return nil }
        var flags = ""
        if call.arguments.count > place { flags = try string(try scoped(call.arguments[place]), call.offset) ?? "" }
        do throws(PatternError) {
            return try Pattern(text, flags: flags)
        } catch {
            throw fault("\(error)", call.offset)
        }
    }

    private mutating func matches(_ call: Call, _ text: Text) throws(FHIRPathError) -> Items {
        guard let pattern = try pattern(call, flagsAt: 1) else { return Items() }
        let result = text.withUTF8 { bytes in
            Result { () throws(PatternError) in try pattern.matches(bytes, whole: call.function == .matchesFull) }
        }
        switch result {
        case .success(let isFound): return .boolean(isFound)
        case .failure(let error): throw fault("\(error)", call.offset)
        }
    }

    private mutating func replaceMatches(_ call: Call, _ text: String) throws(FHIRPathError) -> Items {
        guard let pattern = try pattern(call, flagsAt: 2),
            let substitution = try string(try scoped(call.arguments[1]), call.offset)
        else { return Items() }
        // A pattern that is empty replaces nothing.
        if pattern.program.count == 1 { return .string(text) }
        do throws(PatternError) {
            return .string(try pattern.replacing(in: text, with: substitution))
        } catch {
            throw fault("\(error)", call.offset)
        }
    }
}
