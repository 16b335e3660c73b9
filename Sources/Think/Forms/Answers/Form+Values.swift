import FHIRPath
import JSON

extension Form {
    /// What an expression yielded, as an answer to an item; nil where it can't be one.
    func value(_ result: FHIRPathValue, for item: FormItem) -> FormValue? {
        if let node = result.node, node.isObject { return complex(node, item) }
        guard let value = result.system else { return nil }
        switch (item.type, value) {
        case (.boolean, .boolean(let truth)): return FormValue(.boolean, json: Array("\(truth)".utf8))
        case (.integer, .integer(let number)): return FormValue(.integer, json: Array("\(number)".utf8))
        case (.integer, .decimal(let number)):
            // A sum of scores is a decimal, though it is whole.
            return Self.whole(number).flatMap { FormValue(.integer, json: Array("\($0)".utf8)) }
        case (.decimal, .integer(let number)): return FormValue(.decimal, json: Array("\(number)".utf8))
        case (.decimal, .decimal(let number)): return FormValue(.decimal, json: Array(number.text.utf8))
        case (.quantity, .integer(let number)): return quantity("\(number)", item.unit ?? item.unitOptions.first)
        case (.quantity, .decimal(let number)): return quantity(number.text, item.unit ?? item.unitOptions.first)
        case (.quantity, .quantity(let found)):
            let known = ([item.unit].compactMap { $0 } + item.unitOptions).first { $0.code == found.unit }
            return quantity(
                found.value.text,
                known ?? FormUnit(system: "http://unitsofmeasure.org", code: found.unit, text: found.unit))
        case (.date, .date(let day)): return FormValue(.date, text: day.text)
        case (.date, .dateTime(let moment)): return FormValue(.date, text: String(moment.text.prefix(10)))
        case (.dateTime, .date(let moment)), (.dateTime, .dateTime(let moment)):
            return FormValue(.dateTime, text: moment.text)
        case (.time, .time(let moment)): return FormValue(.time, text: moment.text)
        case (.url, .string(let text)): return FormValue(.uri, text: text)
        case (.string, _), (.text, _):
            return Self.words(value).flatMap { FormValue(.string, text: $0) }
        case (.choice, _), (.openChoice, _):
            guard let text = Self.words(value) else { return nil }
            if let option = option(text, of: item) { return option.value }
            return item.type == .openChoice ? FormValue(.string, text: text) : nil
        case (.reference, .string(let text)):
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("reference", string: text)
            writer.endObject()
            return FormValue(.reference, json: writer.bytes)
        default: return nil
        }
    }

    /// The option with a key, or else with a code or text.
    func option(_ text: String, of item: FormItem) -> FormOption? {
        item.options.first { $0.key == text }
            ?? item.options.first {
                ($0.value.code ?? $0.value.text) == text || $0.text.zh == text || $0.text.en == text
            }
    }

    /// A Quantity with a number's text.
    func quantity(_ number: String, _ unit: FormUnit?) -> FormValue? {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("value")
        writer.decimal(text: number)
        if let unit {
            writer.member("unit", string: unit.text)
            if let system = unit.system {
                writer.member("system", string: system)
                writer.member("code", string: unit.code)
            }
        }
        writer.endObject()
        return FormValue(.quantity, json: writer.bytes)
    }

    private func complex(_ node: JSONNode, _ item: FormItem) -> FormValue? {
        let coding = node["coding"]?.elements.first { _ in true } ?? node
        switch item.type {
        case .choice, .openChoice:
            guard coding["code"] != nil || coding["display"] != nil else { return nil }
            let value = FormValue(.coding, coding)
            // What stands in the questionnaire has its score.
            if let option = item.options.first(where: { $0.value.kind == .coding && $0.value.means(value) }) {
                return option.value
            }
            return item.options.isEmpty || item.type == .openChoice ? value : nil
        case .quantity: return node["value"] == nil ? nil : FormValue(.quantity, node)
        case .decimal, .integer:
            guard let number = node["value"]?.numberText.flatMap({ FHIRPathDecimal($0) }) else { return nil }
            return value(.decimal(number), for: item)
        case .reference:
            if node["reference"] != nil { return FormValue(.reference, node) }
            guard let type = node["resourceType"]?.string, let id = node["id"]?.string else { return nil }
            return value(.string("\(type)/\(id)"), for: item)
        case .attachment: return FormValue(.attachment, node)
        case .string, .text:
            let words = node["text"]?.string ?? coding["display"]?.string ?? node["display"]?.string
            return words.flatMap { FormValue(.string, text: $0) }
        default: return nil
        }
    }

    private static func words(_ value: FHIRPathValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .decimal(let number): number.text
        case .boolean(let truth): "\(truth)"
        case .date(let moment), .dateTime(let moment), .time(let moment): moment.text
        case .quantity(let quantity): quantity.value.text + " " + quantity.unit
        default: nil
        }
    }

    /// A decimal without anything behind its point.
    private static func whole(_ number: FHIRPathDecimal) -> Int128? {
        var (coefficient, scale) = (number.coefficient, number.scale)
        while scale > 0 {
            guard coefficient % 10 == 0 else { return nil }
            coefficient /= 10
            scale -= 1
        }
        return coefficient
    }
}
