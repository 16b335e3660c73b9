import Forms
import JSON
import Records

/// A form to be filled, as the template reads it.
struct FormView {
    struct Problem {
        let href: String
        let text: String
    }

    let title: String
    let purpose: String?
    let person: String
    let status: String?
    let notice: String?
    let conflict: String?
    let problems: [Problem]
    let hasProblems: Bool
    let address: String
    let form: String
    let patient: String
    let version: String
    let isAmending: Bool
    let items: [FormItemView]
    /// Whether anything on the page follows from answers.
    let isLive: Bool
    /// Whether a file can be added.
    let hasFiles: Bool
    let backHref: String
    /// Where the form is taken along; nil for who can't.
    let takeAddress: String?

    init(
        _ filling: Portal.Filling, problems: [FormProblem], conflict: String?, notice: String?, token: String,
        canTake: Bool, words: Words
    ) {
        let form = filling.state.form
        title = words.form(form.title)
        purpose = form.purpose.map(words.form)
        person = filling.person.name.isEmpty ? words["nameUnknown"] : filling.person.name
        isAmending = filling.isSigned
        status =
            isAmending ? words["formAmending"] : filling.key == nil ? nil : words.formStatus(filling.status)
        self.notice = notice
        self.conflict = conflict
        var told: Set<String> = []
        self.problems = problems.compactMap { problem in
            let text = words.form(problem.label) + words["colon"] + words.form(problem.text)
            return told.insert(text).inserted
                ? Problem(href: "#f-\(problem.name ?? "top")", text: text) : nil
        }
        hasProblems = !problems.isEmpty
        address = filling.address
        self.form = token
        patient = filling.patient.id
        version = filling.version.map(String.init) ?? ""
        let byName = Dictionary(grouping: problems.filter { $0.name != nil }) { $0.name ?? "" }
        items = FormItemView.all(filling.state, byName, words)
        isLive = form.items.contains { $0.calculated != nil || $0.isConditional || !$0.children.isEmpty }
        hasFiles = form.items.contains { $0.type == .attachment && $0.isEntered }
        backHref = Address.make("/forms", [("patient", filling.patient.id)])
        takeAddress = canTake ? filling.takeAddress : nil
    }
}

/// An item with what is below it.
struct FormItemView {
    struct Choice {
        let id: String
        let value: String
        let text: String
        let isChosen: Bool
    }

    struct Input {
        let id: String
        let value: String
        /// What tells it from the first, where there are several.
        let label: String?
        let isWrong: Bool
        let least: String?
        let most: String?
        /// What hangs below this answer.
        let items: [FormItemView]
        /// The answer's name, as the names of what hangs below it begin.
        let answer: String
    }

    /// What isn't asked for now but was answered: it goes along.
    struct Carried {
        let name: String
        let value: String
    }

    var name = ""
    var label = ""
    var hint: String?
    var problem: String?
    var isRequired = false
    var isGroup = false
    var isTop = false
    var isText = false
    var isOutput = false
    var isPicked = false
    var isMany = false
    var isLine = false
    var isList = false
    var isField = false
    var isFile = false
    var isArea = false
    var isOpen = false
    /// The type of the input, and the keyboard of a phone.
    var type = "text"
    var mode = "text"
    var longest = 2_000
    var unit: String?
    var units: [Choice] = []
    var hasUnits = false
    var choices: [Choice] = []
    var other = ""
    var output = ""
    var inputs: [Input] = []
    var items: [FormItemView] = []
    var carried: [Carried] = []
    var repeats = false
    var canRemove = false
    var addName: String?
    /// The field that counts a group's repetitions, and how many there are.
    var countName: String?
    var count = ""
    var described = ""
    var isDescribed = false
    /// Whether the page is filled without the house: everything stands on it, and its script shows what is asked for.
    var isOffline = false
    /// The item's place in the form, its type, and when it is asked for, for that script.
    var number = ""
    var kind = ""
    var rule: String?
    var isAgain = false
}

extension FormItemView {
    /// Choices up to this many stand as buttons, more as a list.
    private static let buttonsMax = 7

    /// Everything that is to be seen, and what goes along.
    /// - Parameter isOffline: for a page that is filled without the house: what isn't asked for now stands on it too.
    static func all(
        _ state: FormState, _ problems: [String: [FormProblem]], _ words: Words, isOffline: Bool = false
    ) -> [FormItemView] {
        views(state.nodes, in: "q", state, problems, words, isTop: true, isOffline)
    }

    private static func views(
        _ nodes: [FormNode], in container: String, _ state: FormState, _ problems: [String: [FormProblem]],
        _ words: Words, isTop: Bool, _ isOffline: Bool
    ) -> [FormItemView] {
        var found: [FormItemView] = []
        var all: [(String, FormNode)] = []
        state.form.forEach(nodes, in: container) { all.append(($0, $1)) }
        for (position, (name, node)) in all.enumerated() {
            let item = state.form.items[node.item]
            let count = all.count { $0.1.item == node.item }
            guard state.isEnabled(name) || isOffline, !item.isHidden else {
                // What is hidden the house fills again.
                let carried = isOffline ? [] : carried(node, name, state)
                if !carried.isEmpty {
                    var view = FormItemView()
                    view.carried = carried
                    found.append(view)
                }
                continue
            }
            // A hint stands with what it explains.
            if item.control == .help { continue }
            var view = FormItemView()
            view.name = name
            view.isTop = isTop
            if isOffline {
                view.isOffline = true
                view.number = "\(node.item)"
                view.kind = item.type.rawValue
                view.isAgain = item.repeats
                view.rule = state.form.rule(of: node.item).map(Self.text)
            }
            view.label = (item.prefix.isEmpty ? "" : item.prefix + " ") + (item.text.map(words.form) ?? "")
            view.isRequired = item.isRequired && item.isEntered
            let hints = [item.help, item.entryFormat].compactMap { $0.map(words.form) }
            view.hint = (hints + (item.type == .attachment ? [words.fileHint] : [])).joined(separator: " ")
            if view.hint?.isEmpty == true { view.hint = nil }
            let told = problems[name]?.map { words.form($0.text) } ?? []
            view.problem = told.isEmpty ? nil : told.joined(separator: " ")
            view.described = [view.hint.map { _ in "h-\(name)" }, view.problem.map { _ in "p-\(name)" }]
                .compactMap { $0 }.joined(separator: " ")
            view.isDescribed = !view.described.isEmpty
            if item.type == .group {
                view.isGroup = true
                view.items = views(node.nodes, in: name, state, problems, words, isTop: false, isOffline)
                if item.repeats {
                    let isLast = position == all.lastIndex { $0.1.item == node.item }
                    view.repeats = true
                    view.canRemove = count > 1 || isOffline
                    view.addName = isLast || isOffline ? name : nil
                    if isLast, !isOffline {
                        view.countName = "\(container)_\(node.item).count"
                        view.count = "\(count)"
                    }
                }
                guard !view.items.isEmpty || !view.label.isEmpty else { continue }
            } else if item.type == .display {
                view.isText = true
            } else {
                view.question(item, node, name, state, problems, words)
            }
            found.append(view)
        }
        return found
    }

    private mutating func question(
        _ item: FormItem, _ node: FormNode, _ name: String, _ state: FormState, _ problems: [String: [FormProblem]],
        _ words: Words
    ) {
        func below(_ number: Int) -> [FormItemView] {
            guard number < node.answers.count else { return [] }
            return Self.views(
                node.answers[number].nodes, in: "\(name)-\(number)", state, problems, words, isTop: false, isOffline)
        }
        let values = node.answers.compactMap(\.value)
        guard item.isEntered, item.type != .attachment || !isOffline else {
            isOutput = true
            output =
                isOffline && item.calculated != nil
                ? words["offlineCalculated"]
                : isOffline && item.isEntered
                    ? words["offlineFile"]
                    : values.isEmpty
                        ? words["formNothingYet"]
                        : values.map { words.value($0, item) }.joined(separator: words["comma"])
            items = node.answers.indices.flatMap(below)
            return
        }
        if item.type == .boolean || (item.type.isChoice && !item.options.isEmpty) {
            choose(item, values, words)
            items = node.answers.indices.flatMap(below)
            return
        }
        if item.type == .attachment {
            isFile = true
            isMany = item.repeats
            choices = values.enumerated().map { number, value in
                Choice(
                    id: "f-\(name)-\(number + 1)", value: Self.entered(value, item), text: words.value(value, item),
                    isChosen: true)
            }
            items = node.answers.indices.flatMap(below)
            return
        }
        isField = true
        type = Self.inputType(item.type)
        mode = item.type == .integer ? "numeric" : [.decimal, .quantity].contains(item.type) ? "decimal" : "text"
        isArea = item.type == .text
        longest = item.maxLength ?? (isArea ? 10_000 : 2_000)
        let isLimited = type == "date" || type == "time"
        func input(_ number: Int, _ value: String, _ items: [FormItemView]) -> Input {
            Input(
                id: number == 0 ? "f-\(name)" : "f-\(name)-\(number)", value: value,
                label: number == 0 ? nil : "\(label) \(number + 1)", isWrong: problem != nil,
                least: isLimited ? item.minValue?.text : nil, most: isLimited ? item.maxValue?.text : nil, items: items,
                answer: "\(name)-\(number)")
        }
        let units = [item.unit].compactMap { $0 } + item.unitOptions
        if item.type == .quantity, units.count > 1 {
            hasUnits = true
            let chosen = values.first?.node["code"]?.string ?? units.first?.code
            var seen: Set<String> = []
            self.units = units.filter { seen.insert($0.code).inserted }.map {
                Choice(id: "", value: $0.code, text: $0.text, isChosen: $0.code == chosen)
            }
        } else {
            unit = units.first?.text
        }
        inputs = node.answers.enumerated().map { number, answer in
            input(number, answer.typed ?? answer.value.map { Self.entered($0, item) } ?? "", below(number))
        }
        if item.repeats, inputs.last?.value.isEmpty == false, !isOffline {
            inputs.append(input(inputs.count, "", []))
        }
    }

    private mutating func choose(_ item: FormItem, _ values: [FormValue], _ words: Words) {
        if item.type == .boolean {
            let chosen = values.first?.text
            choices = [("true", words["formYes"]), ("false", words["formNo"])].enumerated().map {
                Choice(
                    id: $0 == 0 ? "f-\(name)" : "f-\(name)-\($0)", value: $1.0, text: $1.1, isChosen: chosen == $1.0)
            }
            isLine = true
        } else {
            choices = item.options.enumerated().map { number, option in
                Choice(
                    id: number == 0 ? "f-\(name)" : "f-\(name)-\(number)", value: option.key,
                    text: words.form(option.text), isChosen: values.contains { option.value.means($0) })
            }
            isLine = item.isHorizontal
        }
        isMany = item.repeats
        isOpen = item.type == .openChoice
        if isOpen {
            let own = values.filter { value in !item.options.contains { $0.value.means(value) } }
            other = own.map(\.text).joined(separator: " ")
        }
        isList =
            !isMany && item.type != .boolean
            && (item.control == .dropDown || (item.control == nil && choices.count > Self.buttonsMax))
        isPicked = !isList
        // What was chosen can be taken back where no answer is needed.
        if isList || (!isMany && !item.isRequired) {
            let none = Choice(
                id: isList ? "" : "f-\(name)-none", value: "", text: words["formNoAnswer"], isChosen: values.isEmpty)
            if isList { choices.insert(none, at: 0) } else { choices.append(none) }
        }
    }

    /// A rule as the page's script reads it: whether one condition is enough, and each with item, comparison and values.
    private static func text(_ rule: FormRule) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("any")
        writer.bool(rule.isAny)
        writer.key("tests")
        writer.beginArray()
        for test in rule.tests {
            writer.beginArray()
            writer.string("\(test.question)")
            writer.string(test.comparison)
            for value in test.values { writer.string(value) }
            writer.endArray()
        }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func inputType(_ type: FormItemType) -> String {
        switch type {
        case .date: "date"
        case .dateTime: "datetime-local"
        case .time: "time"
        case .url: "url"
        default: "text"
        }
    }

    /// A value as its field holds it.
    private static func entered(_ value: FormValue, _ item: FormItem) -> String {
        switch value.kind {
        case .quantity: value.node["value"]?.numberText ?? ""
        case .dateTime: value.text.count >= 16 ? String(value.text.prefix(16)) : value.text
        case .time: String(value.text.prefix(5))
        case .reference: value.node["reference"]?.string ?? value.text
        case .attachment: String(decoding: value.json, as: UTF8.self)
        default: value.text
        }
    }

    /// What was entered where nothing is asked for now.
    private static func carried(_ node: FormNode, _ name: String, _ state: FormState) -> [Carried] {
        let item = state.form.items[node.item]
        guard !item.isHidden else { return [] }
        var found: [Carried] = []
        if item.isEntered {
            for answer in node.answers {
                guard let value = answer.value else { continue }
                let option = item.options.first { $0.value.means(value) }
                let text = option?.key ?? (value.kind == .dateTime ? value.text : entered(value, item))
                found.append(Carried(name: name, value: text))
                if value.kind == .quantity, let unit = value.node["code"]?.string {
                    found.append(Carried(name: name + ".unit", value: unit))
                }
            }
        }
        state.form.forEach(node.nodes, in: name) { found += carried($1, $0, state) }
        for (number, answer) in node.answers.enumerated() {
            state.form.forEach(answer.nodes, in: "\(name)-\(number)") { found += carried($1, $0, state) }
        }
        return found
    }
}

extension Words {
    /// An answer as people read it.
    func value(_ value: FormValue, _ item: FormItem) -> String {
        switch value.kind {
        case .boolean: self[value.text == "true" ? "formYes" : "formNo"]
        case .date: fhirDate(value.text)
        case .dateTime: formTime(value.text)
        case .time: String(value.text.prefix(5))
        case .attachment: file(value)
        case .integer, .decimal: value.text + (item.unit.map { " " + $0.text } ?? "")
        default: item.options.first { $0.value.means(value) }.map { form($0.text) } ?? value.text
        }
    }

    /// A file by its name and size.
    func file(_ value: FormValue) -> String {
        let name = value.text.isEmpty ? value.node["contentType"]?.string ?? "" : value.text
        guard let bytes = value.node["size"]?.numberText.flatMap(Double.init) else { return name }
        let size =
            bytes < 1_048_576
            ? "\(Int((bytes / 1_024).rounded(.up))) KB" : "\((bytes / 104_857.6).rounded() / 10) MB"
        return "\(name) (\(size))"
    }

    /// What files are taken.
    var fileHint: String { text("formFileHint", ["most": "\(FileFields.fileBytesMax >> 20) MB"]) }
}
