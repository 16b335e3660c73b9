import Synchronization

/// Which of a record's resources an expression can mean: all of a type, or those with one of some codes or of a questionnaire.
struct RecordSelection: Sendable, Hashable {
    /// How they are found.
    enum Key: Sendable, Hashable {
        case all
        /// `system|code` of `code.coding`.
        case codes([String])
        /// The beginning of `questionnaire`.
        case questionnaire(String)
    }

    /// Names it: the same in every process.
    let name: String
    /// The name of the variable that stands for them in this process, short.
    let variable: String
    let type: String
    let key: Key

    /// Before the name of a type: the resources of the record that are of it.
    private static let prefix = "record_"
    /// The numbers of the names that are known.
    private static let numbers = Mutex<[String: Int]>([:])

    private init(_ type: String, _ detail: String, _ key: Key) {
        let name = Self.prefix + type + detail
        let number = Self.numbers.withLock { numbers in
            let number = numbers[name] ?? numbers.count
            numbers[name] = number
            return number
        }
        (self.name, self.type, self.key) = (name, type, key)
        variable = Self.prefix + "\(number)"
    }

    /// Reads what follows `%record`.
    ///
    /// A `where` directly after `.ofType(Type)` that can only hold for some codes, or for some questionnaires, narrows the resources
    /// that are gone through. It is still asked of each of them, so nothing of its meaning is decided here.
    ///
    /// - Returns: the selection, how many bytes `.ofType(Type)` takes, and what one resource must be to have a part in it whatever else
    ///   the record holds, where that is said; nil where something else follows.
    static func read(_ bytes: ArraySlice<UInt8>) -> (RecordSelection, length: Int, guarded: String?)? {
        let rest = String(decoding: bytes.prefix(2000), as: UTF8.self)
        guard let match = rest.prefixMatch(of: /\s*\.\s*ofType\(\s*(?:FHIR\.)?([A-Za-z]+)\s*\)/) else { return nil }
        let type = String(match.1)
        let length = rest[match.range].utf8.count
        let key: Key = criterion(rest[match.range.upperBound...]).flatMap { narrowed($0) } ?? .all
        let detail: String
        switch key {
        case .all: detail = ""
        case .codes(let codes): detail = " " + codes.joined(separator: " ")
        case .questionnaire(let beginning): detail = " " + beginning
        }
        let guarded = (criterion(rest[match.range.upperBound...]) ?? existing(rest[match.range.upperBound...])).flatMap
        {
            ownConditions($0)
        }
        return (RecordSelection(type, detail, key), length, guarded)
    }

    /// What stands in an `.exists(…)` at the beginning of a text.
    private static func existing(_ text: Substring) -> Substring? {
        guard let head = text.prefixMatch(of: /\s*\.\s*exists\(/) else { return nil }
        let inner = text[head.range.upperBound...]
        return end(of: inner).map { inner[..<$0] }
    }

    /// The conditions of a criterion, of those that all must hold, that ask for nothing but the resource; nil where there are none.
    private static func ownConditions(_ criterion: Substring) -> String? {
        var (conditions, word): ([String], String) = ([""], "")
        var (depth, isQuoted) = (0, false)
        for character in criterion + " " {
            if depth == 0, !isQuoted, character.isLetter {
                word.append(character)
                continue
            }
            if ["or", "xor", "implies"].contains(word) { return nil }
            if word == "and" { conditions.append("") } else { conditions[conditions.count - 1] += word }
            word = ""
            switch character {
            case "'": isQuoted.toggle()
            case "(" where !isQuoted: depth += 1
            case ")" where !isQuoted: depth -= 1
            default: break
            }
            conditions[conditions.count - 1].append(character)
        }
        let own = conditions.filter { condition in
            let text = condition.replacing(/'[^']*'/, with: "''")
            return !["%", "$", "//", "now", "today", "timeOfDay", "resolve", "memberOf"].contains { text.contains($0) }
        }
        return own.isEmpty ? nil : own.map { $0.trimmingPrefix(/\s+/) }.joined(separator: " and ")
    }

    /// What stands in a `.where(…)` at the beginning of a text.
    private static func criterion(_ text: Substring) -> Substring? {
        guard let head = text.prefixMatch(of: /\s*\.\s*where\(/) else { return nil }
        let inner = text[head.range.upperBound...]
        return end(of: inner).map { inner[..<$0] }
    }

    /// Where the parenthesis closes before a text.
    private static func end(of text: Substring) -> Substring.Index? {
        var (depth, isQuoted, index) = (0, false, text.startIndex)
        while index < text.endIndex {
            switch text[index] {
            case "'": isQuoted.toggle()
            case "\\": return nil
            case "`" where !isQuoted: return nil
            // A division is none of a comment's beginnings.
            case "/" where !isQuoted && (text[index...].hasPrefix("//") || text[index...].hasPrefix("/*")): return nil
            case "(" where !isQuoted: depth += 1
            case ")" where !isQuoted:
                if depth == 0 { return index }
                depth -= 1
            default: break
            }
            index = text.index(after: index)
        }
        return nil
    }

    /// What a criterion can hold for at most; nil where that isn't plain.
    private static func narrowed(_ criterion: Substring) -> Key? {
        // A place in the collection would be another in a part of it.
        guard !criterion.contains("$index"), !criterion.contains("$total") else { return nil }
        if let match = criterion.prefixMatch(of: /\s*questionnaire\.startsWith\('([^']+)'\)/) {
            return isRequired(criterion[match.range.upperBound...]) ? .questionnaire(String(match.1)) : nil
        }
        let one = /\s*code\.coding\.exists\(\s*system = '([^']+)' and code = '([^']+)'\s*\)/
        if let match = criterion.prefixMatch(of: one) {
            return isRequired(criterion[match.range.upperBound...]) ? .codes(["\(match.1)|\(match.2)"]) : nil
        }
        let some = /\s*code\.coding\.exists\(\s*system = '([^']+)' and \(((?:code = '[^']+'(?: or )?)+)\)\s*\)/
        if let match = criterion.prefixMatch(of: some) {
            let codes = match.2.matches(of: /'([^']+)'/).map { "\(match.1)|\($0.1)" }
            return isRequired(criterion[match.range.upperBound...]) ? .codes(codes) : nil
        }
        return nil
    }

    /// Whether a condition can't hold for somebody who hasn't entered: it begins with `%moment >= %entered`, or the days of both, and
    /// nothing stands beside that instead.
    static func needsEntry(_ condition: String) -> Bool {
        let head = /\s*%moment(\.toDate\(\))? >=? %entered(\.toDate\(\))?(?=\s|$)/
        guard let match = condition.prefixMatch(of: head) else { return false }
        let rest = condition[match.range.upperBound...]
        return end(of: rest + ")") != nil && isRequired(rest)
    }

    /// Whether what stands before a text must hold: nothing follows, or `and …` without any other operator of truth beside it.
    private static func isRequired(_ rest: Substring) -> Bool {
        var (depth, isQuoted) = (0, false)
        var words = ""
        for character in rest {
            switch character {
            case "'": isQuoted.toggle()
            case "(" where !isQuoted: depth += 1
            case ")" where !isQuoted: depth -= 1
            default: if depth == 0, !isQuoted { words.append(character.isWhitespace ? " " : character) }
            }
        }
        let parts = words.split(separator: " ")
        return parts.isEmpty || parts[0] == "and" && !parts.contains { ["or", "xor", "implies"].contains($0) }
    }
}
