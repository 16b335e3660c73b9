import FHIRPath
import JSON

extension FormState {
    /// Takes what a page's form has sent, and computes what follows.
    ///
    /// A node that people enter is a field of its name (``Form/visit(_:in:_:)``): the key of a choice, `true` or `false`, a
    /// number, a date; several values are several answers. `NAME.unit` is the unit of a quantity, `NAME.other` an answer
    /// of one's own beside the choices, a file an Attachment as JSON. A group that repeats has its count in `CONTAINER_ITEM.count`; what is not sent stays
    /// as it was.
    ///
    /// - Parameters:
    ///   - fields: the values of a field by its name; nil where it was not on the page.
    ///   - context: whom the form is filled for.
    public mutating func enter(_ fields: (_ name: String) -> [String]?, _ context: FormContext) {
        let entered = enter(nodes, form.top, in: "q", fields)
        replace(entered, context)
    }

    /// Adds a repetition of a group, behind the last.
    /// - Parameter name: the name of a node of the group.
    public mutating func add(_ name: String, _ context: FormContext) {
        replace(adding(nodes, in: "q", name), context)
    }

    /// Takes a repetition of a group away, unless it is the last.
    /// - Parameter name: the node's name.
    public mutating func remove(_ name: String, _ context: FormContext) {
        replace(removing(nodes, in: "q", name), context)
    }

    // MARK: Fields

    private func enter(
        _ nodes: [FormNode], _ items: [Int], in container: String, _ fields: (String) -> [String]?
    ) -> [FormNode] {
        items.flatMap { index -> [FormNode] in
            let item = form.items[index]
            let before = nodes.filter { $0.item == index }
            if item.type == .group {
                var count = max(1, before.count)
                if item.repeats, let sent = fields("\(container)_\(index).count")?.last.flatMap({ Int($0) }) {
                    count = min(max(1, sent), FormLimits.repetitionsMax)
                }
                return (0..<count).map { number in
                    var node = number < before.count ? before[number] : FormNode(index)
                    let name = form.name(node, number: number, in: container)
                    node.nodes = enter(node.nodes, item.children, in: name, fields)
                    return node
                }
            }
            var node = before.first ?? FormNode(index)
            let name = form.name(node, number: 0, in: container)
            if item.isEntered, let sent = fields(name) {
                let read = answers(sent, item, unit: fields(name + ".unit")?.last, other: fields(name + ".other") ?? [])
                node.answers = read.enumerated().map { number, answer in
                    var answer = answer
                    if number < node.answers.count { answer.nodes = node.answers[number].nodes }
                    return answer
                }
                if node.answers.isEmpty { node.answers = [FormAnswer()] }
            }
            for number in node.answers.indices where !item.children.isEmpty {
                node.answers[number].nodes = enter(
                    node.answers[number].nodes, item.children, in: "\(name)-\(number)", fields)
            }
            return [node]
        }
    }

    private func answers(_ sent: [String], _ item: FormItem, unit: String?, other: [String]) -> [FormAnswer] {
        let given = (sent + other.map { $0.isEmpty ? "" : FormLimits.otherMark + $0 })
            .map { $0.trimmingBlanks }.filter { !$0.isEmpty && $0 != FormLimits.otherMark }
        let some = item.repeats ? Array(given.prefix(FormLimits.answersMax)) : Array(given.suffix(1))
        return some.map { text in
            if text.hasPrefix(FormLimits.otherMark) {
                let own = String(text.dropFirst(FormLimits.otherMark.count))
                return FormAnswer(item.type == .openChoice ? FormValue(.string, text: own) : nil)
            }
            let value = self.value(text, item, unit: unit)
            return FormAnswer(value, typed: value == nil ? text : nil)
        }
    }

    private func value(_ text: String, _ item: FormItem, unit: String?) -> FormValue? {
        switch item.type {
        case .boolean: return text == "true" || text == "false" ? FormValue(.boolean, json: Array(text.utf8)) : nil
        case .integer: return Int(text.halfWidth).flatMap { FormValue(.integer, json: Array("\($0)".utf8)) }
        case .decimal:
            return FormLimits.decimal(text).flatMap { FormValue(.decimal, json: Array($0.utf8)) }
        case .quantity:
            let units = [item.unit].compactMap { $0 } + item.unitOptions
            let chosen = units.first { $0.code == unit } ?? units.first
            return FormLimits.decimal(text).flatMap { form.quantity($0, chosen) }
        case .date: return FormLimits.date(text).flatMap { FormValue(.date, text: $0) }
        case .dateTime: return FormLimits.dateTime(text).flatMap { FormValue(.dateTime, text: $0) }
        case .time: return FormLimits.time(text).flatMap { FormValue(.time, text: $0) }
        case .string, .text: return FormValue(.string, text: text)
        case .url: return text.contains(" ") ? nil : FormValue(.uri, text: text)
        case .choice:
            return form.option(text, of: item)?.value ?? (item.options.isEmpty ? FormValue(.string, text: text) : nil)
        case .openChoice: return form.option(text, of: item)?.value ?? FormValue(.string, text: text)
        case .reference: return form.value(.string(text), for: item)
        case .attachment:
            // A file that was too large comes without its content.
            return FormValue(.attachment, json: Array(text.utf8)).flatMap {
                $0.node["data"] == nil && $0.node["url"] == nil ? nil : $0
            }
        case .group, .display: return nil
        }
    }

    // MARK: Repetitions

    private func adding(_ nodes: [FormNode], in container: String, _ wanted: String) -> [FormNode] {
        var counts: [Int: Int] = [:]
        var result: [FormNode] = []
        var added: Int?
        for node in nodes {
            let number = counts[node.item, default: 0]
            counts[node.item] = number + 1
            let name = form.name(node, number: number, in: container)
            var node = node
            if name == wanted, form.items[node.item].repeats, form.items[node.item].type == .group {
                added = node.item
            } else if wanted.hasPrefix(name) {
                node.nodes = adding(node.nodes, in: name, wanted)
                for answer in node.answers.indices {
                    node.answers[answer].nodes = adding(node.answers[answer].nodes, in: "\(name)-\(answer)", wanted)
                }
            }
            result.append(node)
        }
        if let added, counts[added, default: 0] < FormLimits.repetitionsMax,
            let last = result.lastIndex(where: { $0.item == added })
        {
            result.insert(FormNode(added), at: last + 1)
        }
        return result
    }

    private func removing(_ nodes: [FormNode], in container: String, _ wanted: String) -> [FormNode] {
        var counts: [Int: Int] = [:]
        var result: [FormNode] = []
        for node in nodes {
            let number = counts[node.item, default: 0]
            counts[node.item] = number + 1
            let name = form.name(node, number: number, in: container)
            if name == wanted, form.items[node.item].repeats { continue }
            var node = node
            if wanted.hasPrefix(name) {
                node.nodes = removing(node.nodes, in: name, wanted)
                for answer in node.answers.indices {
                    node.answers[answer].nodes = removing(node.answers[answer].nodes, in: "\(name)-\(answer)", wanted)
                }
            }
            result.append(node)
        }
        return result
    }
}

/// How answers are typed, and how many there may be.
enum FormLimits {
    /// Repetitions of a group, so that nobody fills the memory.
    static let repetitionsMax = 50
    /// Answers to a question.
    static let answersMax = 200
    /// What marks an answer of one's own among keys of choices.
    static let otherMark = "\u{1}other:"

    /// A decimal as JSON writes it; nil where the text is none.
    static func decimal(_ text: String) -> String? {
        var text = text.halfWidth
        if text.hasPrefix("+") { text.removeFirst() }
        if text.hasPrefix(".") { text = "0" + text }
        return text.wholeMatch(of: /-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?/) == nil ? nil : text
    }

    /// A date, also as `2026/3/2`, `2026年3月2日` or `20260302`.
    static func date(_ text: String) -> String? {
        let text = text.halfWidth
        if text.wholeMatch(of: /[0-9]{8}/) != nil {
            return day(Int(text.prefix(4)), Int(text.dropFirst(4).prefix(2)), Int(text.suffix(2)))
        }
        guard let match = text.wholeMatch(of: /([0-9]{4})[-\/.年]([0-9]{1,2})[-\/.月]([0-9]{1,2})日?/) else {
            return nil
        }
        return day(Int(match.output.1), Int(match.output.2), Int(match.output.3))
    }

    private static func day(_ year: Int?, _ month: Int?, _ day: Int?) -> String? {
        guard let year, let month, let day, year > 1800, (1...12).contains(month), day >= 1 else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[month - 1] else { return nil }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day))"
    }

    /// A date and time as browsers send it, in Shanghai; a date alone stays one.
    static func dateTime(_ text: String) -> String? {
        let parts = text.halfWidth.split(whereSeparator: { $0 == "T" || $0 == " " }).map(String.init)
        guard let first = parts.first, let day = date(first), parts.count <= 2 else { return nil }
        if parts.count == 1 { return day }
        // What was kept has its zone already.
        if parts[1].count > 8 { return "\(day)T\(parts[1])" }
        return time(parts[1]).map { "\(day)T\($0)+08:00" }
    }

    /// A time of day, with seconds.
    static func time(_ text: String) -> String? {
        guard let match = text.halfWidth.wholeMatch(of: /([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(\.[0-9]+)?/),
            let hour = Int(match.output.1), let minute = Int(match.output.2), hour < 24, minute < 60
        else { return nil }
        return (hour < 10 ? "0\(hour)" : "\(hour)") + ":\(match.output.2):\(match.output.3 ?? "00")"
    }
}

extension String {
    /// Without blanks at either end.
    var trimmingBlanks: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }

    /// With digits and signs as they are typed without an input method.
    var halfWidth: String {
        let signs: [Character: Character] = [".": ".", "。": ".", "-": "-", "+": "+", ":": ":", "/": "/"]
        return String(
            trimmingBlanks.map { character in
                if let sign = signs[character] { return sign }
                guard let scalar = character.unicodeScalars.first, (0xFF10...0xFF19).contains(scalar.value),
                    let digit = Unicode.Scalar(scalar.value - 0xFEE0)
                else { return character }
                return Character(digit)
            })
    }
}
