import HL7v2

/// Reads a mapping file; what it doesn't understand becomes a fault, and reading goes on.
struct MapReader {
    private(set) var faults: [MapFault] = []

    mutating func read(_ file: MapText) -> FileSyntax {
        var syntax = FileSyntax(name: file.name)
        for line in MapLine.tree(of: file, &faults) {
            let words = line.words
            switch words.first {
            case "source": break
            case "map": if let map = map(line, words) { syntax.maps.append(map) }
            case "table": if let table = table(line, words) { syntax.tables.append(table) }
            case "message": syntax.messages.append(message(line, words))
            case "choice" where words.count > 3 && words[2] == "=":
                syntax.choices.append((line, words[1], Array(words[3...])))
            case "column": if let column = column(line, words) { syntax.columns.append(column) }
            case "sheet": syntax.sheets.append(sheet(line, words))
            case "example": syntax.examples.append(example(line, words))
            case "sender": syntax.sender = sender(line, words)
            default:
                tell(
                    line, "'\(words.first ?? "")' begins no statement",
                    "use source, map, choice, table, message, column, sheet, sender or example")
            }
        }
        return syntax
    }

    private mutating func tell(_ line: MapLine, _ what: String, _ hint: String) {
        faults.append(line.fault(what, hint))
    }

    // MARK: - Maps

    private mutating func map(_ line: MapLine, _ words: [String]) -> MapSyntax? {
        guard words.count == 4, words[2] == "->" else {
            tell(line, "this is no map", "write map SOURCE -> Type")
            return nil
        }
        var map = MapSyntax(line: line, source: words[1], target: words[3])
        for child in line.children {
            let words = child.words
            // `display` and `key` may be elements too.
            switch words.count > 1 && words[1] == "=" ? "" : words[0] {
            case "match":
                guard words.count >= 2, words[1] == "identifier" else {
                    tell(
                        child, "only identifiers are matched",
                        "write match identifier, or match identifier prefer MR PI")
                    continue
                }
                map.isMatchedByIdentifier = true
                if words.count > 3, words[2] == "prefer" { map.preferredTypes = Array(words[3...]) }
            case "key": map.keys.append(words.dropFirst().compactMap { source($0, child) })
            case "needs": map.needs += words.dropFirst()
            case "display": map.display += words.dropFirst().filter { $0 != "|" }.compactMap { source($0, child) }
            default: if let rule = rule(child) { map.rules.append(rule) }
            }
        }
        return map
    }

    private mutating func rule(_ line: MapLine) -> RuleSyntax? {
        var words = line.words[...]
        let path = words.removeFirst().split(separator: ".").map { part in
            part.hasSuffix("[]") ? (name: String(part.dropLast(2)), isList: true) : (name: String(part), isList: false)
        }
        var rule = RuleSyntax(line: line, path: path)
        if words.first == "=" {
            words.removeFirst()
            while let word = words.first {
                guard let source = source(word, line) else { return nil }
                rule.sources.append(source)
                words.removeFirst()
                guard words.first == "|" else { break }
                words.removeFirst()
            }
            if rule.sources.isEmpty {
                tell(line, "there is no source after =", "write a field, a part, a literal or $name")
            }
        }
        guard modifiers(&rule, &words) else { return nil }
        for child in line.children {
            if let child = self.rule(child) { rule.children.append(child) }
        }
        if rule.sources.isEmpty, rule.children.isEmpty {
            tell(line, "the rule has neither source nor rules below it", "write = and a source")
            return nil
        }
        return rule
    }

    private mutating func modifiers(_ rule: inout RuleSyntax, _ words: inout ArraySlice<String>) -> Bool {
        while let word = words.popFirst() {
            switch word {
            case "words": rule.isSplitIntoWords = true
            case "together": rule.isTogether = true
            case "joined": rule.isJoined = true
            case "translated": rule.isTranslated = true
            case "within": rule.isWithin = true
            case "later": rule.isLater = true
            case "when":
                rule.conditions = conditions(words, rule.line)
                words = []
            case ":", "via", "else", "->":
                guard let value = words.popFirst() else {
                    tell(rule.line, "nothing follows '\(word)'", "name what it means")
                    return false
                }
                switch word {
                case ":": rule.conversion = value
                case "via": rule.table = value
                case "else": rule.otherwise = value.hasPrefix("\"") ? String(value.dropFirst()) : value
                default: rule.resource = value
                }
            default:
                tell(
                    rule.line, "'\(word)' isn't understood here",
                    "use :, via, else, ->, words, together, joined, translated, within, later or when")
                return false
            }
        }
        return true
    }

    private mutating func conditions(_ words: ArraySlice<String>, _ line: MapLine) -> [ConditionSyntax] {
        words.split(separator: "and").compactMap { words in
            var words = words
            let isNegated = words.first == "not"
            if isNegated { words.removeFirst() }
            guard let first = words.popFirst(), let source = source(first, line) else { return nil }
            var sources = [source]
            while words.first == "|", words.count > 1 {
                words.removeFirst()
                if let next = self.source(words.removeFirst(), line) { sources.append(next) }
            }
            if Array(words) == ["is", "number"] {
                return ConditionSyntax(sources: sources, isNegated: isNegated, values: [], isNumber: true)
            }
            let values = words.dropFirst().map { $0.hasPrefix("\"") ? String($0.dropFirst()) : $0 }
            if let comparison = words.first, comparison != "=", comparison != "in" {
                tell(
                    line, "'\(comparison)' compares nothing",
                    "write when A, when A | B, when not A, when A = B, when A in B C or when A is number")
            }
            return ConditionSyntax(sources: sources, isNegated: isNegated, values: values)
        }
    }

    private mutating func source(_ word: String, _ line: MapLine) -> SourceSyntax? {
        if word.hasPrefix("\"") { return .literal(String(word.dropFirst())) }
        if word.hasPrefix("$") { return .resource(String(word.dropFirst())) }
        if word.hasPrefix("@") { return .setting(String(word.dropFirst())) }
        if word.hasPrefix("["), word.hasSuffix("]"), word.count > 2 {
            return .column(String(word.dropFirst().dropLast()))
        }
        if word == "." { return .here }
        if word.hasPrefix(".") {
            let numbers = word.dropFirst().split(separator: ".").map { Int($0) }
            if numbers.count <= 2, let first = numbers.first ?? nil, let second = numbers.count == 2 ? numbers[1] : 0 {
                return .part(first, second)
            }
        } else if let name = SegmentName(String(word.prefix(3))) {
            if word.count == 3 { return .segments(name) }
            let numbers = word.dropFirst(4).split(separator: ".").map { Int($0) ?? 0 }
            if word.dropFirst(3).first == "-", (1...3).contains(numbers.count), !numbers.contains(0) {
                return .field(
                    name, field: numbers[0], component: numbers.count > 1 ? numbers[1] : 0,
                    subcomponent: numbers.count > 2 ? numbers[2] : 0)
            }
        }
        tell(line, "'\(word)' is no source", "write PID-3.1, .2.1, NK1, [column], \"text\", $patient or @received")
        return nil
    }

    // MARK: - Tables

    /// `F, 2 = female "女" http://…`
    private mutating func table(_ line: MapLine, _ words: [String]) -> TableSyntax? {
        guard words.count == 2 || (words.count == 4 && words[2] == "->") else {
            tell(line, "this is no table", "write table Name -> system, or table Name for plain codes")
            return nil
        }
        var table = TableSyntax(line: line, name: words[1], system: words.count == 4 ? words[3] : nil)
        for child in line.children {
            let words = child.words
            guard let equals = words.firstIndex(of: "="), equals > 0, equals + 1 < words.count else {
                tell(child, "this is no entry", "write CODE = target, or CODE, CODE = target \"display\" system")
                continue
            }
            let unquoted = { (word: String) in word.hasPrefix("\"") ? String(word.dropFirst()) : word }
            let rest = words[(equals + 2)...]
            let entry = TableSyntax.Entry(
                line: child, system: rest.first { !$0.hasPrefix("\"") }, code: unquoted(words[equals + 1]),
                display: rest.first { $0.hasPrefix("\"") }.map(unquoted))
            for word in words[..<equals] {
                let key = unquoted(word.last == "," ? String(word.dropLast()) : word)
                if table.entries[key] != nil { tell(child, "the code '\(key)' stands twice", "keep one of the two") }
                table.entries[key] = entry
            }
        }
        return table
    }

    // MARK: - Messages

    private mutating func message(_ line: MapLine, _ words: [String]) -> MessageSyntax {
        var message = MessageSyntax(
            line: line, name: words.count > 1 ? words[1] : "", root: GroupSyntax(line: line, name: "message"))
        if words.count != 2 { tell(line, "a message needs one name", "write message ADT_A01") }
        var rest: [MapLine] = []
        for child in line.children {
            let words = child.words
            switch words[0] {
            case "events": message.events += words.dropFirst()
            case "require": message.required += words.dropFirst().compactMap { SegmentName($0) }
            default: rest.append(child)
            }
        }
        if message.events.isEmpty { tell(line, "the message names no event", "write events ADT^A01 ADT^A04") }
        fill(&message.root, rest)
        return message
    }

    private mutating func fill(_ group: inout GroupSyntax, _ lines: [MapLine]) {
        for line in lines {
            let words = line.words
            switch words[0] {
            case "add": if let add = add(line, words) { group.adds.append(add) }
            case "group":
                var inner = GroupSyntax(line: line, name: words.count > 1 ? words[1] : "")
                if words.count > 3, words[2] == "starts" {
                    inner.starts = words[3...].compactMap { SegmentName($0) }
                } else {
                    tell(line, "the group doesn't say where it starts", "write group order starts ORC OBR")
                }
                fill(&inner, line.children)
                group.groups.append(inner)
            default: tell(line, "'\(words[0])' isn't understood here", "use events, require, add or group")
            }
        }
    }

    private mutating func add(_ line: MapLine, _ words: [String]) -> AddSyntax? {
        guard words.count >= 2 else {
            tell(line, "nothing is added", "write add PID[Patient]")
            return nil
        }
        var add = AddSyntax(line: line, map: words[1])
        var rest = words.dropFirst(2)
        while let word = rest.popFirst() {
            if word == "as" {
                add.alias = rest.popFirst()
            } else if word == "when" {
                add.conditions = conditions(rest, line)
                rest = []
            } else if let action = ResourceAction(rawValue: word) {
                add.action = action
            } else {
                tell(line, "'\(word)' isn't understood here", "use as, put, update, mention or when")
            }
        }
        return add
    }

    // MARK: - Tables in text files

    /// `column birth date = 出生日期 "birth date"`
    private mutating func column(_ line: MapLine, _ words: [String]) -> ColumnSyntax? {
        guard let equals = words.firstIndex(of: "="),
            equals == 2 || (equals == 3 && ["date", "number"].contains(words[2])), equals + 1 < words.count
        else {
            tell(
                line, "this is no column",
                "write column mrn = 病案号 MRN, column birth date = 出生日期, or column value number = 结果")
            return nil
        }
        let titles = words[(equals + 1)...].map { $0.hasPrefix("\"") ? String($0.dropFirst()) : $0 }
        return ColumnSyntax(
            line: line, name: words[1], titles: titles, isMoment: words[2] == "date", isNumber: words[2] == "number")
    }

    private mutating func sheet(_ line: MapLine, _ words: [String]) -> SheetSyntax {
        var sheet = SheetSyntax(
            line: line, name: words.count > 1 ? words[1] : "", root: GroupSyntax(line: line, name: "sheet"))
        if words.count != 2 { tell(line, "a sheet needs one name", "write sheet patients") }
        var rest: [MapLine] = []
        for child in line.children {
            let words = child.words
            switch words[0] {
            case "columns": sheet.columns += words.dropFirst()
            case "require": sheet.required += words.dropFirst()
            default: rest.append(child)
            }
        }
        if sheet.required.isEmpty {
            tell(line, "the sheet requires no column", "write require and the columns by which it is recognised")
        }
        fill(&sheet.root, rest)
        return sheet
    }

    // MARK: - Examples and senders

    private mutating func example(_ line: MapLine, _ words: [String]) -> ExampleSyntax {
        var example = ExampleSyntax(line: line, title: words.count > 1 ? String(words[1].dropFirst()) : "")
        for child in line.children {
            if example.message.isEmpty, example.sheet == nil, child.words.count == 2, child.words[0] == "sheet" {
                example.sheet = child.words[1]
            } else if child.text.hasPrefix("= ") {
                let words = child.words
                if words.count == 3 {
                    example.expectations.append(
                        (child, words[1], words[2].hasPrefix("\"") ? String(words[2].dropFirst()) : words[2]))
                } else {
                    tell(child, "this expects nothing", "write = Patient.gender female")
                }
            } else {
                example.message.append(child.text)
            }
        }
        if example.message.isEmpty { tell(line, "the example has no message", "write its segments, one a line") }
        return example
    }

    private mutating func sender(_ line: MapLine, _ words: [String]) -> SenderSyntax {
        var sender = SenderSyntax(line: line, name: words.count > 1 ? words[1].filter { $0 != "\"" } : "")
        if words.count > 3, words[2] == "when" { sender.conditions = conditions(words[3...], line) }
        if sender.conditions.isEmpty {
            tell(line, "the sender can't be recognised", "write sender \"XH\" when MSH-4 = \"…\"")
        }
        for child in line.children {
            let words = child.words.map { $0.hasPrefix("\"") ? String($0.dropFirst()) : $0 }
            switch (words[0], words.count) {
            case ("zone", 2): sender.zone = words[1]
            case ("charset", 2):
                sender.charset = words[1]
                if Charset(words[1]) == nil {
                    tell(child, "the character set '\(words[1])' isn't known", "use UTF-8 or GB18030")
                }
            case ("authority", 4): sender.authorities[words[1]] = words[3]
            case ("translate", 4): sender.translations[words[1]] = words[3]
            default:
                tell(
                    child, "'\(child.text)' isn't understood here",
                    "use zone +08:00, charset GB18030, authority HIS -> urn:oid:…, translate system via ConceptMap-URL")
            }
        }
        return sender
    }
}
