/// The text of an expression as far as its parts show without being read: the alternatives of its outermost union, and
/// the functions that it calls.
struct ExpressionText {
    /// One alternative of the outermost union.
    struct Alternative {
        /// The whole text, in which all but the alternative is blank: places in it are places in the whole.
        var text: String
        /// The name that it begins with.
        var head: String
    }

    struct Call {
        var name: String
        /// The line and the column of the name, counted from one.
        var line: Int
        var column: Int
        /// The first word behind the brackets, when these are empty.
        var next: String
    }

    private(set) var alternatives: [Alternative] = []
    private(set) var calls: [Call] = []

    init(_ text: String) {
        let characters = Array(text)
        var starts = [0]
        var depth = 0
        var index = 0
        while index < characters.count {
            let character = characters[index]
            switch character {
            case "'", "`", "\"":
                index = Self.end(ofQuoted: index, in: characters)
            case "/" where Self.next(index, in: characters) == "/":
                while index < characters.count, !characters[index].isNewline { index += 1 }
            case "/" where Self.next(index, in: characters) == "*":
                index += 2
                while index < characters.count, characters[index] != "*" || Self.next(index, in: characters) != "/" {
                    index += 1
                }
                index += 2
            case "(", "[", "{":
                depth += 1
                index += 1
            case ")", "]", "}":
                depth -= 1
                index += 1
            case "|" where depth == 0:
                index += 1
                starts.append(index)
            case _ where character.isLetter || character == "_":
                let end = Self.end(ofName: index, in: characters)
                if let call = Self.call(characters, index..<end) { calls.append(call) }
                index = end
            default:
                index += 1
            }
        }
        starts.append(characters.count + 1)
        for (start, end) in zip(starts, starts.dropFirst()) {
            let own = start..<(end - 1)
            let blank = characters.enumerated().map { own.contains($0) || $1.isNewline ? $1 : " " }
            var head = start
            while head < own.upperBound, characters[head].isWhitespace || characters[head] == "(" { head += 1 }
            let name = String(characters[head..<max(head, min(Self.end(ofName: head, in: characters), own.upperBound))])
            alternatives.append(Alternative(text: String(blank), head: name))
        }
    }

    private static func next(_ index: Int, in text: [Character]) -> Character? {
        index + 1 < text.count ? text[index + 1] : nil
    }

    private static func end(ofName start: Int, in text: [Character]) -> Int {
        var end = start
        while end < text.count, text[end].isLetter || text[end].isNumber || text[end] == "_" { end += 1 }
        return end
    }

    private static func end(ofQuoted start: Int, in text: [Character]) -> Int {
        var index = start + 1
        while index < text.count, text[index] != text[start] { index += text[index] == "\\" ? 2 : 1 }
        return index + 1
    }

    private static func call(_ text: [Character], _ name: Range<Int>) -> Call? {
        var index = name.upperBound
        func skip() { while index < text.count, text[index].isWhitespace { index += 1 } }
        skip()
        guard index < text.count, text[index] == "(" else { return nil }
        index += 1
        skip()
        var next = ""
        if index < text.count, text[index] == ")" {
            index += 1
            skip()
            if index < text.count, text[index] == "." { index += 1 }
            skip()
            next = String(text[index..<end(ofName: index, in: text)])
        }
        let before = text[..<name.lowerBound]
        let line = before.count(where: \.isNewline) + 1
        let column = name.lowerBound - (before.lastIndex(where: \.isNewline) ?? -1)
        return Call(name: String(text[name]), line: line, column: column, next: next)
    }
}
