/// The part of an invariant that the presence of elements decides: most of R4's invariants, most of the time.
///
/// `value.empty() or component.code.where(…).empty()` holds for every Observation without component, whatever the rest
/// says; only where presence leaves a doubt is FHIRPath asked. Truth has three values here as in FHIRPath: true, false
/// and unknown (nil).
indirect enum QuickRule: Sendable, Equatable {
    case present(UInt64)
    case absent(UInt64)
    /// Known when the element is absent.
    case whenAbsent(UInt64, Bool)
    case unknown
    case not(QuickRule)
    case and(QuickRule, QuickRule)
    case or(QuickRule, QuickRule)
    case xor(QuickRule, QuickRule)
    case implies(QuickRule, QuickRule)
    case equal(QuickRule, QuickRule)

    /// What presence decides.
    ///
    /// - Parameter elements: a bit for each element that the object has.
    func holds(_ elements: UInt64) -> Bool? {
        switch self {
        case .present(let bit): return elements & bit != 0
        case .absent(let bit): return elements & bit == 0
        case .whenAbsent(let bit, let truth): return elements & bit == 0 ? truth : nil
        case .unknown: return nil
        case .not(let rule): return rule.holds(elements).map { !$0 }
        case .and(let one, let other):
            let first = one.holds(elements)
            if first == false { return false }
            let second = other.holds(elements)
            if second == false { return false }
            return first == true && second == true ? true : nil
        case .or(let one, let other):
            let first = one.holds(elements)
            if first == true { return true }
            let second = other.holds(elements)
            if second == true { return true }
            return first == false && second == false ? false : nil
        case .xor(let one, let other):
            guard let first = one.holds(elements), let second = other.holds(elements) else { return nil }
            return first != second
        case .equal(let one, let other):
            guard let first = one.holds(elements), let second = other.holds(elements) else { return nil }
            return first == second
        case .implies(let one, let other):
            let first = one.holds(elements)
            if first == false { return true }
            let second = other.holds(elements)
            if second == true { return true }
            return first == true && second == false ? false : nil
        }
    }

    /// Whether presence alone can never decide.
    var isHopeless: Bool {
        switch self {
        case .present, .absent, .whenAbsent: false
        case .unknown: true
        case .not(let rule): rule.isHopeless
        case .and(let one, let other), .or(let one, let other), .implies(let one, let other):
            one.isHopeless && other.isHopeless
        case .xor(let one, let other), .equal(let one, let other): one.isHopeless || other.isHopeless
        }
    }
}

/// Reads a `QuickRule` from an invariant's FHIRPath. What it doesn't understand is unknown, never guessed.
struct QuickRuleReader {
    /// The bit of an element of the structure; 0 when it has no such element.
    let bit: (String) -> UInt64

    func rule(_ text: some StringProtocol) -> QuickRule {
        let text = trimmed(Array(text))
        // From loose to tight: implies; or and xor, from the left; and; equality.
        if let (left, right, _) = split(text, [" implies "]) {
            return .implies(rule(left), rule(right))
        }
        if let (left, right, word) = split(text, [" or ", " xor "]) {
            return word == " or " ? .or(rule(left), rule(right)) : .xor(rule(left), rule(right))
        }
        if let (left, right, _) = split(text, [" and "]) { return .and(rule(left), rule(right)) }
        if split(text, [" in ", " contains ", " is ", " as "]) != nil { return .unknown }
        if split(text, [" <= ", " >= ", " < ", " > "]) != nil { return .unknown }
        if let (left, right, word) = split(text, ["!=", "="]) {
            let equality = QuickRule.equal(rule(left), rule(right))
            return word == "!=" ? .not(equality) : equality
        }
        return term(text)
    }

    private func rule(_ text: [Character]) -> QuickRule {
        rule(String(text))
    }

    /// One chain of invocations, or brackets.
    private func term(_ text: [Character]) -> QuickRule {
        if text.first == "(", let end = matching(text, from: 0) {
            let rest = String(text[(end + 1)...])
            if rest.isEmpty { return rule(Array(text[1..<end])) }
            if rest == ".not()" { return .not(rule(Array(text[1..<end]))) }
            return .unknown
        }
        guard !text.contains(where: { "+-*&|<>~".contains($0) && !isInside(text, $0) }) else { return .unknown }
        var chain = String(text)
        var isNegated = false
        if chain.hasSuffix(".not()") {
            chain.removeLast(6)
            isNegated = true
        }
        let head = String(chain.prefix { $0.isLetter || $0.isNumber })
        let element = bit(head)
        guard element != 0, chain.dropFirst(head.count).first == "." else { return .unknown }
        let tail = String(chain.dropFirst(head.count))
        let found: QuickRule
        if tail == ".exists()" {
            found = .present(element)
        } else if tail == ".empty()" {
            found = .absent(element)
        } else if tail == ".hasValue()" {
            found = .whenAbsent(element, false)
        } else if isChain(tail), tail.hasSuffix(".empty()") || tail.hasSuffix(".isDistinct()") {
            found = .whenAbsent(element, true)
        } else if isChain(tail), tail.hasSuffix(".exists()") {
            found = .whenAbsent(element, false)
        } else if isChain(tail), tail.hasPrefix(".all("), matching(Array(tail), from: 4) == tail.count - 1 {
            found = .whenAbsent(element, true)
        } else {
            return .unknown
        }
        return isNegated ? .not(found) : found
    }

    /// Whether an operator character stands only inside brackets or quotes.
    private func isInside(_ text: [Character], _ character: Character) -> Bool {
        var depth = 0
        var isQuoted = false
        for (index, other) in text.enumerated() {
            if other == "'", index == 0 || text[index - 1] != "\\" { isQuoted.toggle() }
            guard !isQuoted else { continue }
            if other == "(" { depth += 1 }
            if other == ")" { depth -= 1 }
            if depth == 0, other == character { return false }
        }
        return true
    }

    private func isChain(_ tail: String) -> Bool {
        split(Array(tail), [" "]) == nil
    }

    private func trimmed(_ text: [Character]) -> [Character] {
        var text = text[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return Array(text)
    }

    private func matching(_ text: [Character], from start: Int) -> Int? {
        var depth = 0
        var isQuoted = false
        for index in start..<text.count {
            if text[index] == "'", index == 0 || text[index - 1] != "\\" { isQuoted.toggle() }
            guard !isQuoted else { continue }
            if text[index] == "(" { depth += 1 }
            if text[index] == ")" {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }

    /// Splits at the last of the words outside brackets and quotes, so that what is left of it binds first.
    private func split(_ text: [Character], _ words: [String]) -> ([Character], [Character], String)? {
        var depth = 0
        var isQuoted = false
        var found: (Int, String)?
        var index = 0
        while index < text.count {
            let character = text[index]
            if character == "'", index == 0 || text[index - 1] != "\\" { isQuoted.toggle() }
            if !isQuoted {
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                if depth == 0, let word = words.first(where: { text[index...].starts(with: $0) }) {
                    let isPartOfOther =
                        word == "=" && index > 0 && (text[index - 1] == "<" || text[index - 1] == ">")
                    if !isPartOfOther { found = (index, word) }
                    index += word.count - (word.hasSuffix(" ") ? 1 : 0)
                    continue
                }
            }
            index += 1
        }
        guard let found else { return nil }
        return (Array(text[..<found.0]), Array(text[(found.0 + found.1.count)...]), found.1)
    }
}
