import JSON
import Syndromes

extension HazardKind {
    /// Reads a kind of `hazards.json`.
    init(_ file: DefinitionFile, _ node: JSONNode, _ path: String, _ list: WatchList) throws(DefinitionFault) {
        func text(_ key: JSONKey) throws(DefinitionFault) -> Text {
            guard let node = node[key] else { throw file.fault(path, "\(key.string) is missing") }
            return try Self.text(file, node, "\(path).\(key.string)")
        }
        id = try file.required(node, "id", path)
        number = try file.number(node, "number", path)
        let about = try file.required(node, "condition", path)
        guard let condition = list[about] else {
            throw file.fault("\(path).condition", "\(about) isn't watched; add it to syndromes.json")
        }
        self.condition = condition
        guard let tells = Telling(rawValue: try file.required(node, "tells", path)) else {
            throw file.fault("\(path).tells", "must be exceeding, cases or rise")
        }
        self.tells = tells
        name = try Self.text(file, node, path)
        point = Text(zh: try file.required(node, "pointZh", path), en: try file.required(node, "pointEn", path))
        share = Text(zh: try file.required(node, "shareZh", path), en: try file.required(node, "shareEn", path))
        sharesWithin = node["share"]?.equals("within") == true
        if let aim = node["target"] {
            target = Target(
                least: try Self.number(file, aim, "least", "\(path).target"),
                source: try Self.text(file, aim, "\(path).target"))
        } else {
            target = nil
        }
        if let aim = node["plan"] {
            let place = "\(path).plan"
            plan = Plan(
                city: try Self.number(file, aim, "city", place), county: try Self.number(file, aim, "county", place),
                source: try Self.text(file, aim, place),
                list: Text(zh: try file.required(aim, "listZh", place), en: try file.required(aim, "listEn", place)))
        } else {
            plan = nil
        }
        if let rule = node["rise"] {
            let place = "\(path).rise"
            rise = Rise(
                points: try Self.number(file, rule, "points", place), least: try file.number(rule, "least", place),
                source: try Self.text(file, rule, place))
        } else {
            rise = nil
        }
        if tells == .rise, rise == nil { throw file.fault(path, "tells a rise; say which with rise") }
        department = try text("department")
        act = try text("act")
        retest = try text("retest")
        verifyHours = try file.number(node, "verifyHours", path)
        actDays = try file.number(node, "actDays", path)
        retestDays = try file.number(node, "retestDays", path)
        lookBackDays = try file.number(node, "lookBackDays", path)
        _ = try file.required(node, "timesSource", path)
        if let made = node["result"] {
            result = (
                try file.required(made, "item", "\(path).result"),
                made.list("any").map { $0.elements.compactMap(\.string) }
            )
        } else {
            result = nil
        }
        var forms: [Form] = []
        for (index, form) in node.list("forms").enumerated() {
            let place = "\(path).forms[\(index)]"
            var items: [String: String] = [:]
            for (key, value) in form["items"].map({ Array($0.members) }) ?? [] {
                items[key.string ?? ""] = value.string ?? ""
            }
            forms.append(
                Form(
                    questionnaire: try file.required(form, "questionnaire", place),
                    site: try file.required(form, "site", place), part: form["part"]?.string ?? "",
                    date: form["date"]?.string ?? "", items: items))
        }
        self.forms = forms
    }

    private static func text(_ file: DefinitionFile, _ node: JSONNode, _ path: String) throws(DefinitionFault) -> Text {
        Text(zh: try file.required(node, "zh", path), en: try file.required(node, "en", path))
    }

    private static func number(
        _ file: DefinitionFile, _ node: JSONNode, _ key: JSONKey, _ path: String
    ) throws(DefinitionFault) -> Double {
        guard let number = node[key]?.double, number > 0, number <= 100 else {
            throw file.fault("\(path).\(key.string)", "must be above 0 and at most 100")
        }
        return number
    }
}
