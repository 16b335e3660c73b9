import FHIR
import FHIRPath
import JSON

extension FormCompiler {
    /// Reads all of an item but its name and type.
    mutating func read(_ index: Int) {
        let item = items[index]
        let (node, path, type) = (item.node, item.path, item.type)
        let contextType = "QuestionnaireResponse.item"
        items[index].prefix = node["prefix"]?.string ?? ""
        items[index].text = FormText(node, "text")
        items[index].isRequired = node["required"]?.bool ?? false
        items[index].repeats = node["repeats"]?.bool ?? false
        items[index].isReadOnly = node["readOnly"]?.bool ?? false
        items[index].isHidden = node.extended(FormURL.hidden)?.bool ?? false
        items[index].minOccurs = node.extended(FormURL.minOccurs)?.integer
        items[index].maxOccurs = node.extended(FormURL.maxOccurs)?.integer
        items[index].minLength = node.extended(FormURL.minLength)?.integer
        items[index].maxLength = node["maxLength"]?.integer
        items[index].maxDecimalPlaces = node.extended(FormURL.maxDecimalPlaces)?.integer
        items[index].entryFormat = node.extensions(FormURL.entryFormat).first.flatMap { FormText($0, "valueString") }
        items[index].isHorizontal = node.extended(FormURL.choiceOrientation)?.equals("horizontal") == true
        items[index].definition = node["definition"]?.string
        items[index].codes = node["code"].map { Array($0.elements) } ?? []
        let control = node.extended(FormURL.itemControl)?["coding"]?.elements.first { _ in true }?["code"]?.string
        items[index].control = control.flatMap(FormControl.init)
        if items[index].control == .help, let parent = item.parent { items[parent].help = items[index].text }
        if items[index].text == nil, type != .group, !items[index].isHidden {
            warn(path + ".text", "the item \(item.linkID) has no text")
        }
        for url in FormURL.unsupported
        where node["extension"]?.elements.contains(where: { $0["url"]?.equals(url) == true }) == true {
            warn(path + ".extension", "\(url) is not read here")
        }
        checkForm(index)
        readLimits(index)
        readUnits(index)
        readOptions(index)
        readInitial(index)
        readConditions(index)
        // Expressions, from the outside inwards.
        if let value = node.extended(FormURL.itemPopulationContext) {
            let place = path + ".extension(itemPopulationContext)"
            if type != .group || !items[index].repeats {
                fault(place, "only a group that repeats is filled several times", "type: group, repeats: true")
            }
            items[index].populationContext = expression(
                value, place, scope: scope(item.parent), type: contextType, wanted: nil)
        }
        items[index].variables = readVariables(node, path, scope: scope(item.parent), type: contextType)
        let scope = scope(index)
        items[index].constraints = readConstraints(node, path, scope: scope, type: contextType)
        if let value = node.extended(FormURL.enableWhenExpression) {
            let place = path + ".extension(enableWhenExpression)"
            if node["enableWhen"] != nil { fault(place, "an item has enableWhen or enableWhenExpression, not both") }
            items[index].enableExpression = expression(
                value, place, scope: scope, type: contextType, wanted: ["boolean"])
        }
        let wanted = Self.resultTypes(type)
        for (url, name) in [
            (FormURL.calculatedExpression, "calculatedExpression"), (FormURL.initialExpression, "initialExpression"),
        ] {
            guard let value = node.extended(url) else { continue }
            let place = "\(path).extension(\(name))"
            if !type.isQuestion { fault(place, "a \(type.rawValue) has no answer to compute") }
            let found = expression(value, place, scope: scope, type: contextType, wanted: wanted)
            if url == FormURL.calculatedExpression {
                items[index].calculated = found
            } else {
                items[index].initialExpression = found
            }
        }
        readExtraction(index)
    }

    /// What R4 and SDC demand of an item's form.
    private mutating func checkForm(_ index: Int) {
        let item = items[index]
        let (node, path, type) = (item.node, item.path, item.type)
        if type == .display {
            if node["item"] != nil { fault(path + ".item", "a text for display has no items below it") }
            if item.isRequired || item.repeats {
                fault(path, "a text for display is neither required nor repeated")
            }
        }
        if type == .group, item.children.isEmpty { fault(path + ".item", "the group \(item.linkID) is empty") }
        if item.isReadOnly, item.isRequired, node["initial"] == nil,
            node.extended(FormURL.calculatedExpression) == nil, node.extended(FormURL.initialExpression) == nil
        {
            fault(path, "\(item.linkID) has to be answered, but nobody and nothing can answer it", "readOnly: false")
        }
        if item.maxLength != nil, ![.string, .text, .url, .openChoice, .decimal, .integer].contains(type) {
            fault(path + ".maxLength", "a \(type.rawValue) has no length")
        }
        if let least = item.minOccurs, let most = item.maxOccurs, least > most {
            fault(path, "minOccurs is more than maxOccurs")
        }
        if let most = item.maxOccurs, most > 1, !item.repeats {
            fault(path, "maxOccurs is \(most), but the item doesn't repeat", "repeats: true")
        }
    }

    private mutating func readLimits(_ index: Int) {
        let item = items[index]
        func limit(_ urls: [String]) -> FormValue? {
            for url in urls {
                if let holder = item.node.extensions(url).first { return FormValue(holder, "value") }
            }
            return nil
        }
        items[index].minValue = limit([FormURL.minValue, FormURL.minQuantity])
        items[index].maxValue = limit([FormURL.maxValue, FormURL.maxQuantity])
        let comparable: [FormItemType: Set<FormValue.Kind>] = [
            .integer: [.integer, .decimal], .decimal: [.integer, .decimal], .date: [.date],
            .dateTime: [.dateTime, .date],
            .time: [.time], .quantity: [.quantity, .decimal, .integer],
        ]
        for (name, limit) in [("minValue", items[index].minValue), ("maxValue", items[index].maxValue)] {
            guard let limit else { continue }
            if comparable[item.type]?.contains(limit.kind) != true {
                fault(
                    "\(item.path).extension(\(name))",
                    "a \(item.type.rawValue) is not limited by a \(limit.kind.typeName)")
            }
        }
        if let low = items[index].minValue, let high = items[index].maxValue, Comparison.greater.holds(low, high) {
            fault(item.path + ".extension(minValue)", "minValue is more than maxValue")
        }
        guard let pattern = item.node.extended(FormURL.regex)?.string else { return }
        let quoted = pattern.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        do {
            items[index].regex = try FHIRPathExpression("%value.matchesFull('\(quoted)')", definitions: definitions)
        } catch {
            fault(item.path + ".extension(regex)", "\(error)")
        }
    }

    private mutating func readUnits(_ index: Int) {
        let item = items[index]
        func unit(_ coding: JSONNode) -> FormUnit? {
            guard let code = coding["code"]?.string else { return nil }
            return FormUnit(
                system: coding["system"]?.string, code: code, text: coding["display"]?.string ?? code)
        }
        items[index].unit = item.node.extended(FormURL.unit).flatMap(unit)
        items[index].unitOptions = item.node.extensions(FormURL.unitOption).compactMap {
            $0.choice("value").flatMap { unit($0.node) }
        }
        let isNumber = [.quantity, .decimal, .integer].contains(item.type)
        if !isNumber, items[index].unit != nil || !items[index].unitOptions.isEmpty {
            fault(item.path, "a \(item.type.rawValue) has no unit")
        }
        if item.type == .quantity, items[index].unit == nil, items[index].unitOptions.isEmpty {
            warn(item.path, "the quantity \(item.linkID) has no unit", "questionnaire-unit")
        }
        for unit in items[index].unitOptions + [items[index].unit].compactMap({ $0 })
        where unit.system == "http://unitsofmeasure.org" && !Self.isUCUM(unit.code) {
            fault(item.path, "\(unit.code) is no UCUM unit")
        }
    }

    /// The types of result that can be an answer.
    private static func resultTypes(_ type: FormItemType) -> Set<String>? {
        switch type {
        case .boolean: ["boolean"]
        case .integer, .decimal: ["integer", "decimal", "positiveInt", "unsignedInt"]
        case .date: ["date", "dateTime", "instant"]
        case .dateTime: ["date", "dateTime", "instant"]
        case .time: ["time"]
        case .quantity: ["Quantity", "Age", "Duration", "SimpleQuantity", "integer", "decimal"]
        case .string, .text, .url, .choice, .openChoice, .reference, .attachment, .group, .display: nil
        }
    }
}
