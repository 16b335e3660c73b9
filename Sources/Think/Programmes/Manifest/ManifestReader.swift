import JSON

/// Reads `programme.yaml`, and tells everything that is wrong with it.
struct ManifestReader {
    let file: ProgrammeFile
    private(set) var programme: Programme
    private(set) var faults: [ProgrammeFault] = []

    private init(_ file: ProgrammeFile) {
        self.file = file
        programme = Programme()
        programme.manifest = file
    }

    /// - Parameter folder: the folder's name, which must be the programme's id.
    static func read(_ file: ProgrammeFile, folder: String) -> (Programme, [ProgrammeFault]) {
        var reader = ManifestReader(file)
        reader.read(folder)
        return (reader.programme, reader.faults)
    }

    private mutating func read(_ folder: String) {
        let root = file.document.root
        guard root.isObject else {
            programme.id = folder
            return tell(.form, "", root, "programme.yaml must begin with names and values, such as “id: \(folder)”")
        }
        members(
            root, "",
            ["id", "version", "status", "title", "purpose", "systems", "sources", "roles", "parameters", "escalation"])
        programme.id = required(root, "id", "") ?? folder
        if root["id"] != nil, programme.id != folder {
            tell(
                .name, "id", root["id"], "the id is \(programme.id), the folder's name \(folder)",
                hint: "give both the same name")
        }
        if !Self.isKebab(programme.id) {
            tell(.name, "id", root["id"], "the id \(programme.id) must be words of a–z and 0–9 with hyphens between")
        }
        programme.version = required(root, "version", "") ?? ""
        programme.status = choice(root, "status", "") ?? .draft
        programme.title = text(root, "title", "")
        programme.purpose = text(root, "purpose", "")
        programme.systems = list(root["systems"], "systems").compactMap(\.value.string)
        sources(root["sources"])
        roles(root["roles"])
        parameters(root["parameters"])
        programme.escalation = list(root["escalation"], "escalation").compactMap { escalation($0.value, $0.path) }
    }

    // Sources and roles

    private mutating func sources(_ node: JSONNode?) {
        for (id, value, path) in map(node, "sources") {
            members(value, path, ["title", "date", "url", "standing"])
            let title = required(value, "title", path) ?? ""
            let standing: ProgrammeSource.Standing? = choice(value, "standing", path)
            let date = value["date"]?.plainText
            if let date, date.wholeMatch(of: /[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?/) == nil {
                tell(.form, path + ".date", value["date"], "\(date) is no day such as 2017-02-28")
            }
            programme.sources.append(
                ProgrammeSource(
                    id: id, title: title, date: date, url: value["url"]?.string, standing: standing ?? .ours))
        }
        if programme.sources.isEmpty {
            tell(
                .source, "sources", node ?? file.document.root, "no source is named",
                hint: "every rule names its source; one with “standing: ours” is a default of this platform")
        }
    }

    private mutating func roles(_ node: JSONNode?) {
        for (id, value, path) in map(node, "roles") {
            members(value, path, ["title", "reach"])
            let title = text(value, "title", path)
            guard let reach: ProgrammeRole.Reach = choice(value, "reach", path) else { continue }
            programme.roles.append(ProgrammeRole(id: id, title: title, reach: reach))
        }
    }

    private mutating func escalation(_ node: JSONNode, _ path: String) -> EscalationStep? {
        members(node, path, ["after", "kind", "to", "source"])
        let after = duration(node, "after", path)
        let kind: EscalationStep.Kind? = choice(node, "kind", path)
        let role = required(node, "to", path)
        let source = self.source(node, path)
        if let role, programme.role(role) == nil {
            tell(
                .reference, path + ".to", node["to"], "there is no role \(role)",
                hint: near(role, programme.roles.map(\.id)))
        }
        guard let after, let kind, let role, let source else { return nil }
        return EscalationStep(after: after, kind: kind, role: role, source: source)
    }

    // Parameters

    private mutating func parameters(_ node: JSONNode?) {
        for (name, value, path) in map(node, "parameters", isKebab: false) {
            members(value, path, ["title", "type", "unit", "source", "default", "min", "max", "values"])
            if name.wholeMatch(of: /[a-z][A-Za-z0-9]*/) == nil {
                tell(.name, path, value, "the name \(name) must be camelCase, so that expressions can write %\(name)")
            }
            let engine = ExpressionScope.Use.evidence.names.union([
                "context", "resource", "rootResource", "sct", "loinc", "ucum",
            ])
            if engine.contains(name) {
                tell(.name, path, value, "%\(name) is a name that the engine gives", hint: "choose another name")
            }
            let title = text(value, "title", path)
            guard let type: ProgrammeParameter.ValueType = choice(value, "type", path) else { continue }
            parameter(name, title, type, value, path)
        }
    }

    private mutating func parameter(
        _ name: String, _ title: ProgrammeText, _ type: ProgrammeParameter.ValueType, _ node: JSONNode, _ path: String
    ) {
        let unit = node["unit"]?.plainText
        if type.isNumeric {
            if unit == nil {
                tell(
                    .parameter, path, node, "%\(name) is a number and names no unit",
                    hint: "add “unit:” with a unit of UCUM, such as \"mm[Hg]\", a (years), or \"1\" for a bare number")
            } else if let unit, !Units.isKnown(unit) {
                tell(.parameter, path + ".unit", node["unit"], "\(unit) is no unit of UCUM")
            }
        } else if unit != nil {
            tell(.parameter, path + ".unit", node["unit"], "%\(name) is no number and has no unit of its own")
        }
        let source = self.source(node, path, .parameter)
        guard let given = node["default"], !given.isNull else {
            return tell(
                .parameter, path, node, "%\(name) has no default",
                hint: "add “default:”, the value where no other holds")
        }
        let base = value(given, type, unit, path + ".default")
        let min = node["min"].flatMap { value($0, type, unit, path + ".min") }
        let max = node["max"].flatMap { value($0, type, unit, path + ".max") }
        if let min, let max, max.isLess(than: min) == true {
            tell(
                .parameter, path + ".max", node["max"],
                "the least value, \(min.text), is more than the most, \(max.text)")
        }
        if let base { bounds(base, given, path + ".default", min, max) }
        var values: [ProgrammeParameter.Dated] = []
        for (entry, place) in list(node["values"], path + ".values") {
            guard let dated = self.dated(entry, place, type, unit) else { continue }
            bounds(dated.value, entry["value"], place + ".value", min, max)
            if values.contains(where: { $0.from == dated.from && $0.area == dated.area }) {
                tell(.parameter, place, entry, "there are two values of %\(name) for one place from one day on")
            }
            values.append(dated)
        }
        guard let base else { return }
        programme.parameters.append(
            ProgrammeParameter(
                name: name, title: title, type: type, unit: unit, source: source ?? "", base: base, min: min, max: max,
                values: values))
    }

    private mutating func dated(
        _ node: JSONNode, _ path: String, _ type: ProgrammeParameter.ValueType, _ unit: String?
    ) -> ProgrammeParameter.Dated? {
        members(node, path, ["from", "city", "value", "source"])
        let source = self.source(node, path, .parameter)
        let from = node["from"]?.plainText
        if let from, from.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/) == nil {
            tell(.parameter, path + ".from", node["from"], "\(from) is no day such as 2025-01-01")
        }
        let city = node["city"]?.plainText
        if let city, city.wholeMatch(of: /[1-9][0-9]{5}([0-9]{3}){0,2}/) == nil {
            tell(.parameter, path + ".city", node["city"], "\(city) is no code of GB/T 2260, such as 330100")
        }
        guard let given = node["value"] else {
            tell(.parameter, path, node, "a value is missing", hint: "add “value:”")
            return nil
        }
        guard let value = value(given, type, unit, path + ".value") else { return nil }
        return ProgrammeParameter.Dated(
            from: from, area: city.map(ProgrammeParameter.areaPrefix), value: value, source: source ?? "")
    }

    private mutating func value(
        _ node: JSONNode, _ type: ProgrammeParameter.ValueType, _ unit: String?, _ path: String
    ) -> ProgrammeValue? {
        let text = node.plainText ?? ""
        let isQuoted = node.isString
        let value: ProgrammeValue? =
            switch type {
            case .decimal: isQuoted ? nil : node.numberText.map { .decimal($0) }
            case .integer: isQuoted ? nil : node.integer.map { .integer($0) }
            case .quantity: isQuoted ? nil : node.numberText.map { .quantity($0, unit: unit ?? "1") }
            case .boolean: node.bool.map { .boolean($0) }
            case .string: node.plainText.map { .string($0) }
            case .code: text.wholeMatch(of: /\S+( \S+)*/) == nil ? nil : .code(text)
            case .date: text.wholeMatch(of: /[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?/) == nil ? nil : .date(text)
            case .duration: ProgrammeDuration(text).map { .duration($0) }
            }
        if value == nil {
            let units = ProgrammeDuration.Unit.allCases.map(\.rawValue).joined(separator: ", ")
            tell(
                .parameter, path, node, "“\(text)” is no \(type.rawValue)",
                hint: type == .duration
                    ? "write a number, a space and one of \(units)"
                    : isQuoted && type.isNumeric ? "leave the quotes out" : "")
        }
        return value
    }

    private mutating func bounds(
        _ value: ProgrammeValue, _ node: JSONNode?, _ path: String, _ min: ProgrammeValue?, _ max: ProgrammeValue?
    ) {
        if let min, value.isLess(than: min) == true {
            tell(.parameter, path, node, "\(value.text) is less than the least value, \(min.text)")
        }
        if let max, max.isLess(than: value) == true {
            tell(.parameter, path, node, "\(value.text) is more than the most, \(max.text)")
        }
    }

    // Members

    private mutating func source(
        _ node: JSONNode, _ path: String, _ kind: ProgrammeFault.Kind = .source
    ) -> String? {
        guard let source = node["source"]?.string else {
            tell(
                kind, path, node, "no source is named",
                hint: "add “source:” with one of \(programme.sources.map(\.id).joined(separator: ", "))")
            return nil
        }
        if programme.source(source) == nil {
            tell(
                .reference, path + ".source", node["source"], "there is no source \(source)",
                hint: near(source, programme.sources.map(\.id)))
        }
        return source
    }

    private mutating func duration(_ node: JSONNode, _ name: String, _ path: String) -> ProgrammeDuration? {
        guard let text = required(node, name, path) else { return nil }
        let duration = ProgrammeDuration(text)
        if duration == nil {
            let units = ProgrammeDuration.Unit.allCases.map(\.rawValue).joined(separator: ", ")
            tell(
                .form, "\(path).\(name)", node[JSONKey(name)], "“\(text)” is no span of time",
                hint: "write a number, a space and one of \(units)")
        }
        return duration
    }

    private mutating func text(_ node: JSONNode, _ name: String, _ path: String) -> ProgrammeText {
        let place = path.isEmpty ? name : "\(path).\(name)"
        guard let value = node[JSONKey(name)], value.isObject else {
            tell(
                .form, place, node[JSONKey(name)] ?? node, "\(name) is missing in Chinese and English",
                hint: "write “\(name): {zh: …, en: …}”")
            return ProgrammeText(zh: "", en: "")
        }
        members(value, place, ["zh", "en"])
        return ProgrammeText(zh: required(value, "zh", place) ?? "", en: required(value, "en", place) ?? "")
    }

    private mutating func required(_ node: JSONNode, _ name: String, _ path: String) -> String? {
        if let text = node[JSONKey(name)]?.plainText, !text.isEmpty { return text }
        tell(.form, path.isEmpty ? name : "\(path).\(name)", node[JSONKey(name)] ?? node, "\(name) is missing")
        return nil
    }

    private mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ node: JSONNode, _ name: String, _ path: String
    ) -> Choice? where Choice.RawValue == String {
        guard let text = required(node, name, path) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        tell(
            .form, path.isEmpty ? name : "\(path).\(name)", node[JSONKey(name)], "\(name) can't be “\(text)”",
            hint: "it is one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    private mutating func list(_ node: JSONNode?, _ path: String) -> [(value: JSONNode, path: String)] {
        guard let node, !node.isNull else { return [] }
        guard node.isArray else {
            tell(.form, path, node, "\(path) must be a list", hint: "begin each entry with “- ”")
            return []
        }
        return node.elements.enumerated().map { ($1, "\(path)[\($0)]") }
    }

    private mutating func map(
        _ node: JSONNode?, _ path: String, isKebab: Bool = true
    ) -> [(id: String, value: JSONNode, path: String)] {
        guard let node, !node.isNull else { return [] }
        guard node.isObject else {
            tell(.form, path, node, "\(path) must be names with what they stand for")
            return []
        }
        var result: [(id: String, value: JSONNode, path: String)] = []
        for (key, value) in node.members {
            let id = key.string ?? ""
            let place = "\(path).\(id)"
            guard value.isObject else {
                tell(.form, place, value, "\(id) must have members, such as a title")
                continue
            }
            if isKebab, !Self.isKebab(id) {
                tell(.name, place, key, "the name \(id) must be words of a–z and 0–9 with hyphens between")
            }
            result.append((id, value, place))
        }
        return result
    }

    private mutating func members(_ node: JSONNode, _ path: String, _ known: [String]) {
        guard node.isObject else { return }
        for (key, _) in node.members {
            guard let name = key.string, !known.contains(name) else { continue }
            tell(
                .form, path.isEmpty ? name : "\(path).\(name)", key, "\(name) is not known here",
                hint: near(name, known))
        }
    }

    private func near(_ name: String, _ names: [String]) -> String {
        if let near = Nearness.nearest(to: name, among: names) { return "is \(near) meant?" }
        return names.isEmpty ? "" : "known here: \(names.joined(separator: ", "))"
    }

    static func isKebab(_ text: String) -> Bool { text.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil }

    private mutating func tell(
        _ kind: ProgrammeFault.Kind, _ path: String, _ node: JSONNode?, _ message: String, hint: String = ""
    ) {
        faults.append(file.fault(kind, path, at: node, message, hint: hint))
    }
}

extension JSONNode {
    /// The text of a string, a number or a truth value, as written.
    var plainText: String? { string ?? numberText ?? bool.map(String.init) }
}
