import JSON
import UCUM

extension FormCompiler {
    static func isUCUM(_ code: String) -> Bool { UCUM.isValid(code) }

    mutating func readOptions(_ index: Int) {
        let item = items[index]
        let path = item.path
        let listed = item.node["answerOption"].map { Array($0.elements) } ?? []
        let valueSet = item.node["answerValueSet"]?.string
        guard item.type.isChoice else {
            if !listed.isEmpty || valueSet != nil, ![.integer, .date, .time, .string, .text].contains(item.type) {
                fault(path, "a \(item.type.rawValue) has no list of answers", "type: choice")
            } else if !listed.isEmpty || valueSet != nil {
                fault(path, "in R4 only a choice has a list of answers", "type: choice")
            }
            return
        }
        if !listed.isEmpty, valueSet != nil { fault(path, "an item has answerOption or answerValueSet, not both") }
        if listed.isEmpty, valueSet == nil, item.type == .choice {
            return fault(path, "the choice \(item.linkID) has nothing to choose from", "answerOption or answerValueSet")
        }
        var options: [FormOption] = []
        for (position, node) in listed.enumerated() {
            let place = "\(path).answerOption[\(position)]"
            guard let option = Self.option(node) else {
                fault(place + ".value[x]", "an answer to choose is a Coding, string, integer, date, time or Reference")
                continue
            }
            if options.contains(where: { $0.value.means(option.value) && $0.value.kind == option.value.kind }) {
                fault(place, "\(option.key) can be chosen twice")
            }
            options.append(option)
        }
        if let valueSet { options = codes(of: valueSet, path + ".answerValueSet").compactMap(Self.option) }
        items[index].options = options
    }

    private mutating func codes(of url: String, _ path: String) -> [FormCode] {
        let contained =
            url.hasPrefix("#")
            ? root["contained"]?.elements.first {
                $0["id"]?.equals(String(url.dropFirst())) == true && $0["resourceType"]?.equals("ValueSet") == true
            } : nil
        if url.hasPrefix("#"), contained == nil {
            fault(path, "the questionnaire holds no value set \(url)")
            return []
        }
        if let contained, let codes = FormCode.listed(in: contained) { return codes }
        guard let valueSets else { return [] }
        guard let codes = valueSets(url, contained) else {
            fault(path, "the value set \(url) is not known, or can't be listed")
            return []
        }
        if codes.isEmpty { fault(path, "the value set \(url) is empty") }
        return codes
    }

    private static func option(_ node: JSONNode) -> FormOption? {
        guard let value = FormValue(node, "value"),
            [.coding, .string, .integer, .date, .time, .reference].contains(value.kind)
        else { return nil }
        // R4 allows the score at the option and at its coding; answers carry it at the coding.
        let outer = node.extended(FormURL.ordinalValue) ?? node.extended(FormURL.itemWeight)
        let score = value.kind == .coding && value.weight == nil ? outer?.numberText : nil
        let text =
            value.kind == .coding
            ? FormText(value.node, "display") ?? FormText(value.code ?? "")
            : value.kind == .string ? FormText(node, "valueString") ?? FormText(value.text) : FormText(value.text)
        return FormOption(
            value: score.flatMap { weighted(value, $0) } ?? value, text: text,
            isExclusive: node.extended(FormURL.optionExclusive)?.bool ?? false,
            isInitial: node["initialSelected"]?.bool ?? false)
    }

    private static func weighted(_ value: FormValue, _ weight: String) -> FormValue? {
        let text = Array(#"[{"url":"\#(FormURL.ordinalValue)","valueDecimal":\#(weight)}]"#.utf8)
        guard let own = try? JSONDocument(parsing: value.json) else { return nil }
        var edits = JSONEdits()
        edits.insertFirstMember("extension", of: own.root, rawJSON: text)
        return FormValue(.coding, json: edits.applied(to: own))
    }

    private static func option(_ code: FormCode) -> FormOption? {
        var writer = JSONWriter()
        writer.beginObject()
        if let weight = code.weight {
            writer.member(
                "extension", raw: Array(#"[{"url":"\#(FormURL.ordinalValue)","valueDecimal":\#(weight)}]"#.utf8))
        }
        writer.member("system", string: code.system)
        writer.member("code", string: code.code)
        writer.member("display", string: code.text.zh)
        writer.endObject()
        return FormValue(.coding, json: writer.bytes).map {
            FormOption(value: $0, text: code.text, isExclusive: false, isInitial: false)
        }
    }

    // MARK: Initial answers

    mutating func readInitial(_ index: Int) {
        let item = items[index]
        let listed = item.node["initial"].map { Array($0.elements) } ?? []
        let chosen = item.options.filter(\.isInitial).map(\.value)
        guard !listed.isEmpty || !chosen.isEmpty else { return }
        let path = item.path + ".initial"
        guard item.type.isQuestion else { return fault(path, "a \(item.type.rawValue) has no answer (que-8)") }
        if !item.options.isEmpty, item.type == .choice, !listed.isEmpty, item.node["answerOption"] != nil {
            return fault(path, "a choice from options begins with answerOption.initialSelected (que-11)")
        }
        var values = chosen
        for (position, node) in listed.enumerated() {
            guard let value = FormValue(node, "value"), item.type.kinds.contains(value.kind) else {
                fault("\(path)[\(position)]", "this is no answer to a \(item.type.rawValue)")
                continue
            }
            values.append(value)
        }
        if values.count > 1, !item.repeats {
            fault(path, "only an item that repeats begins with several answers (que-13)")
        }
        items[index].initial = values
    }
}
