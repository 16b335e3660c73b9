import Calendar
import JSON
import Series

/// Reads `series/*.yaml`, and tells everything that is wrong with them.
///
/// A file with `doses` is one series; any other holds what all of them share: products, states, bars.
struct SeriesReader {
    private let programme: Programme
    private var file: ProgrammeFile
    private(set) var book = DoseBook()
    private(set) var faults: [ProgrammeFault] = []
    /// The names of code systems, as codes write them before the bar.
    private var systems: [String: String] = [:]
    /// Sources and parameters that the files name.
    private(set) var sources: Set<String> = []
    private(set) var parameters: Set<String> = []

    private init(_ programme: Programme, _ file: ProgrammeFile) {
        self.programme = programme
        self.file = file
    }

    /// - Returns: nil when the programme has no series.
    static func read(_ programme: Programme) -> SeriesReader? {
        let files = programme.files(.series)
        guard let first = files.first else { return nil }
        var reader = SeriesReader(programme, first)
        // What is shared comes first, for the series refer to it.
        for file in files where file.document.root["doses"] == nil { reader.shared(file) }
        for file in files where file.document.root["doses"] != nil { reader.series(file) }
        reader.book.fingerprint = files.map { String(decoding: $0.document.text, as: UTF8.self) }.joined(
            separator: "\n")
        reader.book.series.sort { ($0.priority, $0.id) < ($1.priority, $1.id) }
        return reader
    }

    // MARK: - What is shared

    private mutating func shared(_ file: ProgrammeFile) {
        self.file = file
        let root = file.document.root
        guard root.isObject else {
            return tell(.form, "", root, "a file of series holds doses, or products, states and bars")
        }
        members(root, "", ["systems", "products", "states", "bars", "liveDistance"])
        for (key, value) in root["systems"]?.members.map({ ($0.key, $0.value) }) ?? [] {
            systems[key.string ?? ""] = value.string
        }
        for (id, node, path) in map(root["states"], "states") {
            members(node, path, ["title", "when", "source"])
            guard let when = required(node, "when", path) else { continue }
            book.states.append(
                .init(id: id, title: words(node, "title", path), expression: when, source: source(node, path)))
        }
        for (id, node, path) in map(root["products"], "products") { product(id, node, path) }
        for (id, node, path) in map(root["bars"], "bars") { bar(id, node, path) }
        if let node = root["liveDistance"] {
            members(node, "liveDistance", ["least", "source"])
            book.liveDistance = span(node, "least", "liveDistance", isNeeded: true)
            book.liveSource = source(node, "liveDistance")
        }
    }

    private mutating func product(_ id: String, _ node: JSONNode, _ path: String) {
        members(
            node, path, ["title", "codes", "names", "components", "live", "minimumAge", "minimumInterval", "source"])
        var codes: [DoseBook.Code] = []
        for (entry, place) in list(node["codes"], path + ".codes") {
            let parts = (entry.plainText ?? "").split(separator: "|", maxSplits: 1).map(String.init)
            guard parts.count == 2, let system = systems[parts[0]] ?? (parts[0].contains(":") ? parts[0] : nil) else {
                tell(
                    .form, place, entry, "“\(entry.plainText ?? "")” is no code",
                    hint: "write system|code, with the system under “systems:”"
                )
                continue
            }
            let code = DoseBook.Code(system: system, code: parts[1])
            if let other = book.products.first(where: { $0.codes.contains(code) }) {
                tell(.name, place, entry, "\(other.id) has the code \(parts[0])|\(parts[1]) too")
            }
            codes.append(code)
        }
        if codes.isEmpty { tell(.form, path, node, "\(id) has no code by which records name it", hint: "add “codes:”") }
        let live = node["live"]?.plainText
        if let live, DoseBook.Live(rawValue: live) == nil {
            tell(.form, path + ".live", node["live"], "live can't be “\(live)”", hint: "it is injected or oral")
        }
        book.products.append(
            .init(
                id: id, title: words(node, "title", path), codes: codes, names: names(node, "names", path).sorted(),
                components: names(node, "components", path),
                live: live.flatMap { DoseBook.Live(rawValue: $0) }, minimumAge: span(node, "minimumAge", path),
                minimumInterval: span(node, "minimumInterval", path), source: source(node, path)))
    }

    private mutating func bar(_ id: String, _ node: JSONNode, _ path: String) {
        members(
            node, path,
            ["title", "state", "components", "live", "except", "named", "wait", "until", "temporary", "source"])
        guard let state = required(node, "state", path) else { return }
        known(state, book.states.map(\.id), "state", path + ".state", node["state"])
        let live = names(node, "live", path).compactMap { DoseBook.Live(rawValue: $0) }
        let bar = DoseBook.Bar(
            id: id, title: words(node, "title", path), state: state,
            components: components(node, "components", path), live: Set(live),
            except: components(node, "except", path), named: node["named"]?.bool ?? false,
            wait: span(node, "wait", path), isUntil: node["until"]?.bool ?? false,
            isTemporary: node["temporary"]?.bool ?? false, source: source(node, path))
        if bar.components.isEmpty, bar.live.isEmpty, !bar.named {
            tell(
                .form, path, node, "\(id) bars nothing",
                hint: "add “components:”, “live: [injected, oral]”, or “named: true” for what the record names")
        }
        book.bars.append(bar)
    }

    // MARK: - A series

    private mutating func series(_ file: ProgrammeFile) {
        self.file = file
        let root = file.document.root
        members(
            root, "",
            [
                "id", "title", "disease", "priority", "components", "groups", "who", "season", "again", "complete",
                "doses", "source",
            ])
        let id = required(root, "id", "") ?? file.path
        if !ManifestReader.isKebab(id) {
            tell(.name, "id", root["id"], "the id \(id) must be words of a–z and 0–9 with hyphens between")
        }
        if book.series(id) != nil { tell(.name, "id", root["id"], "there is another series \(id)") }
        var series = DoseSeries(
            id: id, title: words(root, "title", ""), disease: words(root, "disease", ""),
            priority: root["priority"]?.integer ?? 10, components: components(root, "components", ""),
            who: who(root["who"], "who"), source: source(root, ""))
        if series.components.isEmpty { tell(.form, "components", root, "the series counts no component") }
        for (name, node, path) in map(root["groups"], "groups") {
            members(node, path, ["of", "from", "before"])
            series.groups[name] = .init(
                components: components(node, "of", path), from: age(node, "from", path),
                before: age(node, "before", path))
        }
        if let again = span(root, "again", "") { series.again = again }
        if let node = root["season"] { series.season = season(node) }
        for (node, path) in list(root["complete"], "complete") {
            members(node, path, ["have", "who", "source"])
            series.goals.append(
                .init(
                    have: have(node["have"], path + ".have", series), who: who(node["who"], path + ".who"),
                    source: node["source"] == nil ? series.source : source(node, path)))
        }
        if series.goals.isEmpty {
            tell(
                .form, "complete", root["complete"] ?? root, "it isn't said when the series is complete",
                hint: "add “complete:”")
        }
        for (node, path) in list(root["doses"], "doses") {
            guard let step = step(node, path, series) else { continue }
            if series.steps.contains(where: { $0.id == step.id }) {
                tell(.name, path + ".id", node["id"], "there is another dose \(step.id)")
            }
            series.steps.append(step)
        }
        book.series.append(series)
    }

    private mutating func season(_ node: JSONNode) -> DoseSeries.Season? {
        members(node, "season", ["from", "until"])
        func day(_ name: String) -> Int? {
            let text = node[JSONKey(name)]?.plainText ?? ""
            let parts = text.split(separator: "-").compactMap { Int($0) }
            if parts.count == 2, CivilDay(year: 2023, month: parts[0], day: parts[1]) != nil {
                return parts[0] * 100 + parts[1]
            }
            tell(.form, "season.\(name)", node[JSONKey(name)] ?? node, "“\(text)” is no day of the year such as 09-01")
            return nil
        }
        guard let from = day("from"), let until = day("until") else { return nil }
        return DoseSeries.Season(from: from, until: until)
    }

    private mutating func step(_ node: JSONNode, _ path: String, _ series: DoseSeries) -> DoseSeries.Step? {
        members(
            node, path,
            [
                "id", "number", "note", "give", "accepts", "have", "who", "inForce", "from", "before", "after",
                "finish",
                "within", "best", "needs", "needsNote", "counts", "source",
            ])
        guard let id = required(node, "id", path) else { return nil }
        var step = DoseSeries.Step(
            id: id, number: node["number"]?.integer, have: have(node["have"], path + ".have", series),
            who: who(node["who"], path + ".who"), source: node["source"] == nil ? series.source : source(node, path))
        for (entry, place) in list(node["give"], path + ".give") {
            let name = entry.plainText ?? ""
            known(name, book.products.map(\.id), "product", place, entry)
            step.give.append(name)
        }
        step.accepts = components(node, "accepts", path)
        if step.accepts.isEmpty { step.accepts = series.components }
        for name in step.give {
            guard let product = book.product(name), product.components.isDisjoint(with: step.accepts) else { continue }
            tell(.form, path + ".give", node["give"], "\(name) is proposed, and would not count here")
        }
        if node["note"] != nil { step.note = words(node, "note", path) }
        if let from = age(node, "from", path) { step.from = from }
        step.before = age(node, "before", path)
        step.finish = age(node, "finish", path)
        step.within = span(node, "within", path)
        step.best = span(node, "best", path)
        step.after = intervals(node["after"], path + ".after", series)
        step.counts = node["counts"]?.bool ?? true
        if let needs = node["needs"]?.plainText {
            known(needs, book.states.map(\.id), "state", path + ".needs", node["needs"])
            step.needs = needs
            if node["needsNote"] != nil { step.needsNote = words(node, "needsNote", path) }
        }
        if let force = node["inForce"] {
            members(force, path + ".inForce", ["from", "until"])
            step.inForceFrom = day(force, "from", path + ".inForce")
            step.inForceUntil = day(force, "until", path + ".inForce")
        }
        if let before = step.before, Self.isEarlier(before.span, step.from.span) {
            tell(.form, path + ".before", node["before"], "it is too late before it can be given")
        }
        if step.after.isEmpty, step.have.contains(where: { $0.value.lowerBound > 0 }) {
            tell(
                .deadline, path + ".after", node, "a dose that follows another has no least interval",
                hint: "add “after: 28 d”")
        }
        return step
    }

    private static func isEarlier(_ one: DoseSpan, _ other: DoseSpan) -> Bool {
        let day = CivilDay(number: 0)
        return one.after(day) <= other.after(day)
    }

    private mutating func intervals(
        _ node: JSONNode?, _ path: String, _ series: DoseSeries
    ) -> [DoseSeries.Interval] {
        guard let node else { return [] }
        if !node.isArray { return self.span(node, path).map { [.init($0)] } ?? [] }
        return list(node, path).compactMap { entry, place in
            members(entry, place, ["since", "least"])
            guard let least = span(entry, "least", place, isNeeded: true) else { return nil }
            let since = entry["since"]?.plainText
            if let since { group(since, place + ".since", entry["since"], series) }
            return .init(least, since: since)
        }
    }

    private mutating func have(_ node: JSONNode?, _ path: String, _ series: DoseSeries) -> DoseSeries.Counts {
        var counts: DoseSeries.Counts = [:]
        for (key, value) in node?.members.map({ ($0.key, $0.value) }) ?? [] {
            let (name, text) = (key.string ?? "", value.plainText ?? "")
            group(name, "\(path).\(name)", key, series)
            let parts = text.split(separator: ".", omittingEmptySubsequences: true).map { Int($0) }
            switch (parts.count, text.hasPrefix(".."), text.hasSuffix("..")) {
            case (1, false, false): if let count = parts[0] { counts[name] = count...count }
            case (1, true, false): if let count = parts[0] { counts[name] = 0...count }
            case (1, false, true): if let count = parts[0] { counts[name] = count...Int.max }
            case (2, false, false):
                if let low = parts[0], let high = parts[1], low <= high { counts[name] = low...high }
            default: break
            }
            if counts[name] == nil {
                tell(.form, "\(path).\(name)", value, "“\(text)” is no count", hint: "write 2, 1.., ..3 or 1..2")
            }
        }
        return counts
    }

    private mutating func group(_ name: String, _ path: String, _ node: JSONNode?, _ series: DoseSeries) {
        let names = ["any", "all"] + series.groups.keys.sorted() + series.components.sorted()
        known(name, names, "group or component", path, node)
    }

    private mutating func who(_ node: JSONNode?, _ path: String) -> DoseSeries.Who {
        guard let node else { return DoseSeries.Who() }
        members(node, path, ["sex", "bornFrom", "bornBefore", "states", "without"])
        let sex = node["sex"]?.plainText
        if let sex, sex != "female", sex != "male" {
            tell(.form, path + ".sex", node["sex"], "the sex is female or male, not “\(sex)”")
        }
        func states(_ name: String) -> [String] {
            list(node[JSONKey(name)], "\(path).\(name)").map { entry, place in
                let state = entry.plainText ?? ""
                known(state, book.states.map(\.id), "state", place, entry)
                return state
            }
        }
        return DoseSeries.Who(
            sex: sex, bornFrom: day(node, "bornFrom", path), bornBefore: day(node, "bornBefore", path),
            states: states("states"), without: states("without"))
    }

    // MARK: - Members

    private func place(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private mutating func known(_ name: String, _ names: [String], _ what: String, _ path: String, _ node: JSONNode?) {
        guard !names.contains(name) else { return }
        tell(.reference, path, node, "there is no \(what) \(name)", hint: near(name, names))
    }

    private mutating func components(_ node: JSONNode, _ name: String, _ path: String) -> Set<String> {
        let found = names(node, name, path)
        let all = book.products.reduce(into: Set<String>()) { $0.formUnion($1.components) }
        for component in found.sorted() {
            known(component, all.sorted(), "component", place(path, name), node[JSONKey(name)])
        }
        return found
    }

    private mutating func names(_ node: JSONNode, _ name: String, _ path: String) -> Set<String> {
        Set(list(node[JSONKey(name)], place(path, name)).compactMap { $0.value.plainText })
    }

    private mutating func age(_ node: JSONNode, _ name: String, _ path: String) -> DoseAge? {
        guard let value = node[JSONKey(name)], let text = value.plainText, text.hasPrefix("%") else {
            return span(node, name, path).map { DoseAge($0) }
        }
        let parameter = String(text.dropFirst())
        parameters.insert(parameter)
        guard let known = programme.parameter(parameter) else {
            tell(
                .reference, place(path, name), value, "there is no parameter \(text)",
                hint: near(parameter, programme.parameters.map(\.name)))
            return nil
        }
        guard let span = DoseSpan(known.base.text) else {
            tell(.parameter, place(path, name), value, "\(text) is no age in d, wk, mo or a")
            return nil
        }
        return DoseAge(span, parameter: parameter)
    }

    private mutating func span(
        _ node: JSONNode, _ name: String, _ path: String, isNeeded: Bool = false
    ) -> DoseSpan? {
        guard let value = node[JSONKey(name)] else {
            if isNeeded { tell(.form, place(path, name), node, "\(name) is missing") }
            return nil
        }
        return span(value, place(path, name))
    }

    private mutating func span(_ node: JSONNode, _ path: String) -> DoseSpan? {
        if let span = node.plainText.flatMap({ DoseSpan($0) }) { return span }
        tell(
            .form, path, node, "“\(node.plainText ?? "")” is no age or interval",
            hint: "write a number, a space and d, wk, mo or a")
        return nil
    }

    private mutating func day(_ node: JSONNode, _ name: String, _ path: String) -> CivilDay? {
        guard let value = node[JSONKey(name)] else { return nil }
        if let day = value.plainText.flatMap({ CivilDay($0) }) { return day }
        tell(.form, place(path, name), value, "“\(value.plainText ?? "")” is no day such as 2025-01-01")
        return nil
    }

    private mutating func source(_ node: JSONNode, _ path: String) -> String {
        guard let source = node["source"]?.string else {
            tell(
                .source, path, node, "no source is named",
                hint: "add “source:” with one of \(programme.sources.map(\.id).joined(separator: ", "))")
            return ""
        }
        sources.insert(source)
        known(source, programme.sources.map(\.id), "source", place(path, "source"), node["source"])
        return source
    }

    private mutating func words(_ node: JSONNode, _ name: String, _ path: String) -> DoseWords {
        let value = node[JSONKey(name)]
        guard let zh = value?["zh"]?.plainText, let en = value?["en"]?.plainText, !zh.isEmpty, !en.isEmpty else {
            tell(
                .form, place(path, name), value ?? node, "\(name) is missing in Chinese and English",
                hint: "write “\(name): {zh: …, en: …}”")
            return DoseWords(zh: "", en: "")
        }
        return DoseWords(zh: zh, en: en)
    }

    private mutating func required(_ node: JSONNode, _ name: String, _ path: String) -> String? {
        if let text = node[JSONKey(name)]?.plainText, !text.isEmpty { return text }
        tell(.form, place(path, name), node[JSONKey(name)] ?? node, "\(name) is missing")
        return nil
    }

    private mutating func list(_ node: JSONNode?, _ path: String) -> [(value: JSONNode, path: String)] {
        guard let node, !node.isNull else { return [] }
        guard node.isArray else {
            tell(.form, path, node, "\(path) must be a list", hint: "write “[…]”")
            return []
        }
        return node.elements.enumerated().map { ($1, "\(path)[\($0)]") }
    }

    private mutating func map(_ node: JSONNode?, _ path: String) -> [(id: String, value: JSONNode, path: String)] {
        guard let node, !node.isNull else { return [] }
        var result: [(id: String, value: JSONNode, path: String)] = []
        for (key, value) in node.members {
            let id = key.string ?? ""
            if value.isObject {
                result.append((id, value, "\(path).\(id)"))
            } else {
                tell(.form, "\(path).\(id)", value, "\(id) must have members, such as a title")
            }
        }
        return result
    }

    private mutating func members(_ node: JSONNode, _ path: String, _ known: [String]) {
        for (key, _) in node.isObject ? node.members.map({ ($0.key, $0.value) }) : [] {
            guard let name = key.string, !known.contains(name) else { continue }
            tell(.form, place(path, name), key, "\(name) is not known here", hint: near(name, known))
        }
    }

    private func near(_ name: String, _ names: [String]) -> String {
        if let near = Nearness.nearest(to: name, among: names) { return "is \(near) meant?" }
        return names.isEmpty ? "" : "known here: \(names.joined(separator: ", "))"
    }

    private mutating func tell(
        _ kind: ProgrammeFault.Kind, _ path: String, _ node: JSONNode?, _ message: String, hint: String = ""
    ) {
        faults.append(file.fault(kind, path, at: node, message, hint: hint))
    }
}
