import Calendar
import FHIR
import JSON

// Stories: nothing in them is unknown, and their names lead to the parts of a pathway.
extension CheckRun {
    mutating func scenario(_ file: ProgrammeFile) {
        let root = file.document.root
        guard root.isObject else {
            return tell(file, .form, "", root, "a scenario has a title, a pathway, a person and steps")
        }
        members(file, root, "", ScenarioWords.story)
        for name: JSONKey in ["title", "pathway", "person", "steps"] where root[name] == nil {
            tell(file, .form, name.string, root, "\(name.string) is missing")
        }
        if let day = root["following"], day.string.flatMap({ CivilDay($0) }) == nil {
            tell(
                file, .form, "following", day, "following is the day since which the programme is followed, yyyy-MM-dd")
        }
        if let city = root["city"],
            (city.string ?? city.numberText).map({ $0.utf8.count == 6 && $0.utf8.allSatisfy { (48...57).contains($0) } }
            ) != true
        {
            tell(file, .form, "city", city, "city is a code of GB/T 2260", hint: "write six digits: \"330110\"")
        }
        if let person = root["person"], !person.isObject {
            tell(file, .form, "person", person, "the person is a Patient in FHIR's words")
        }
        guard let id = root["pathway"]?.string, let actions = actions(file, id, "pathway", root["pathway"]) else {
            return
        }
        var before: Int64?
        for (step, path) in root.list("steps", "") {
            let place = String(path.dropFirst())
            members(file, step, place, ScenarioWords.step)
            time(file, step, place, &before)
            for (given, path) in step.list("given", place) { self.given(file, given, path) }
            for (answer, path) in step.list("answer", place) { self.answer(file, answer, path, actions) }
            for (expected, path) in step.list("expect", place) { self.expected(file, expected, path, actions) }
        }
    }

    private mutating func time(_ file: ProgrammeFile, _ step: JSONNode, _ place: String, _ before: inout Int64?) {
        guard let on = step["on"] else {
            return tell(file, .form, place, step, "the step has no day", hint: "add “on:”")
        }
        guard let time = ScenarioWords.moment(on.string) else {
            return tell(
                file, .form, place + ".on", on, "“\(on.plainText ?? "")” is no day and no dateTime",
                hint: "write 2026-03-02 or 2026-03-02T14:00:00+08:00")
        }
        // A day is lived at nine in the morning.
        let lived = time + (on.string?.utf8.count == 10 ? 9 * 3_600_000 : 0)
        if let before, lived < before {
            tell(
                file, .form, place + ".on", on, "the step lies before the one above it",
                hint: "write steps in the order of time")
        }
        before = max(before ?? lived, lived)
    }

    private mutating func given(_ file: ProgrammeFile, _ given: JSONNode, _ path: String) {
        let names = given.isObject ? given.members.compactMap { $0.key.string } : []
        members(file, given, path, ScenarioWords.given)
        if names.count != 1 {
            tell(
                file, .form, path, given, names.isEmpty ? "a given fact is empty" : "a given fact is one fact",
                hint: names.isEmpty ? near("", ScenarioWords.given) : "write each with a “-” of its own")
        }
        for name in ["on", "at"] as [JSONKey] {
            guard let value = given.members.first(where: { _ in true })?.value, value.isObject,
                names.first != "resource",
                let time = value[name], ScenarioWords.moment(time.string) == nil
            else { continue }
            tell(file, .form, "\(path).\(name.string)", time, "“\(time.plainText ?? "")” is no day and no dateTime")
        }
        guard let answer = given["answer"] else { return }
        guard let id = answer["questionnaire"]?.string else {
            return tell(
                file, .form, path + ".answer", answer, "it isn't said which questionnaire is answered",
                hint: "add “questionnaire:”")
        }
        let forms = (programme.files(.questionnaires).map(\.document) + known).filter {
            $0.root["resourceType"]?.equals("Questionnaire") == true
        }
        guard !programme.isIncomplete(.questionnaires), !namesOthers(file),
            !forms.contains(where: { $0.root["id"]?.equals(id) == true || $0.root["url"]?.equals(id) == true })
        else { return }
        tell(
            file, .reference, path + ".answer", answer["questionnaire"], "there is no questionnaire \(id)",
            hint: near(id, forms.compactMap { $0.root["id"]?.string }))
    }

    private mutating func answer(
        _ file: ProgrammeFile, _ answer: JSONNode, _ path: String, _ actions: [(id: String, part: ActionPart)]
    ) {
        members(file, answer, path, ScenarioWords.answer)
        one(file, answer, "outcome", path, ScenarioWords.outcomes)
        one(file, answer, "escalation", path, ScenarioWords.kinds)
        guard let task = answer["task"]?.string else {
            return tell(file, .form, path, answer, "it isn't said which task is answered", hint: "add “task:”")
        }
        // Invitations are tasks too.
        guard let actions = other(file, answer, path) ?? actions else { return }
        lead(file, task, [.activity, .entry], actions, path + ".task", answer["task"])
    }

    private mutating func expected(
        _ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ actions: [(id: String, part: ActionPart)]
    ) {
        let names = ScenarioWords.expected.map(\.name)
        guard let kind = ScenarioWords.expected.first(where: { node[JSONKey($0.name)] != nil }) else {
            let told = node.isObject ? node.members.compactMap { $0.key.string } : []
            return tell(
                file, .form, path, node, "it isn't said what is expected",
                hint: told.first.map { near($0, names) } ?? near("", names))
        }
        members(file, node, path, [kind.name, "pathway"] + kind.members)
        for member in kind.members {
            if let values = ScenarioWords.values(member, of: kind.name) { one(file, node, member, path, values) }
        }
        for member in ["due", "opens", "on"] {
            guard let value = node[JSONKey(member)], ScenarioWords.moment(value.string) == nil else { continue }
            tell(
                file, .form, "\(path).\(member)", value, "“\(value.plainText ?? "")” is no day and no dateTime",
                hint: "write 2026-03-02 or 2026-03-02T14:00:00+08:00")
        }
        if kind.name == "enrolled" || (kind.name == "milestone" && node["is"] != nil) {
            let member: JSONKey = kind.name == "enrolled" ? "enrolled" : "is"
            if let value = node[member], value.bool == nil {
                tell(file, .form, "\(path).\(member.string)", value, "\(member.string) is true or false")
            }
        }
        if kind.name == "visit" { visit(file, node, path) }
        guard let part = kind.part, let name = node[JSONKey(kind.name)]?.string,
            let actions = other(file, node, path) ?? actions
        else { return }
        let parts: [ActionPart] = part == .activity ? [.activity, .entry] : [part]
        lead(file, name, parts, actions, "\(path).\(kind.name)", node[JSONKey(kind.name)])
    }

    /// The activities that one visit serves: `follow-up`, or `hypertension/follow-up` with its pathway.
    private mutating func visit(_ file: ProgrammeFile, _ node: JSONNode, _ path: String) {
        let names = node.list("visit", path)
        if names.isEmpty { tell(file, .form, path + ".visit", node["visit"], "visit is a list of activities") }
        for (entry, place) in names {
            let parts = (entry.string ?? "").split(separator: "/").map(String.init)
            let ids = parts.count > 1 ? [parts[0]] : pathways.compactMap { $0.root["id"]?.string }
            if parts.count > 1, !pathways.contains(where: { $0.root["id"]?.equals(parts[0]) == true }) {
                if !namesOthers(file) { _ = actions(file, parts[0], place, entry) }
                continue
            }
            let all = pathways.filter { $0.root["id"]?.string.map(ids.contains) == true }.flatMap {
                Self.actions($0.root)
            }
            lead(file, parts.last ?? "", [.activity], all, place, entry)
        }
    }

    /// Tells members that nobody reads.
    private mutating func members(_ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ known: [String]) {
        for (key, _) in node.isObject ? node.members.map({ ($0.key, $0.value) }) : [] {
            guard let name = key.string, !known.contains(name) else { continue }
            tell(
                file, .form, path.isEmpty ? name : "\(path).\(name)", key, "\(name) is not known here",
                hint: near(name, known))
        }
    }

    /// Tells a value that is none of those it may be.
    private mutating func one(
        _ file: ProgrammeFile, _ node: JSONNode, _ member: String, _ path: String, _ values: [String]
    ) {
        guard let value = node[JSONKey(member)], !values.contains(value.plainText ?? "") else { return }
        let text = value.plainText ?? ""
        tell(
            file, .form, "\(path).\(member)", value, "\(member) can't be “\(text)”",
            hint: Nearness.nearest(to: text, among: values).map { "is \($0) meant?" }
                ?? "it is one of \(values.joined(separator: ", "))")
    }

    private mutating func lead(
        _ file: ProgrammeFile, _ name: String, _ parts: [ActionPart], _ actions: [(id: String, part: ActionPart)],
        _ path: String, _ node: JSONNode?
    ) {
        let names = actions.filter { parts.contains($0.part) }.map(\.id)
        guard name != "none", !names.contains(name) else { return }
        tell(
            file, .reference, path, node, "the pathway has no \(parts[0].rawValue) \(name)", hint: near(name, names))
    }

    /// The actions of the pathway that a node names: nil where it names none; inside that nil where it is nobody's, which was told.
    private mutating func other(
        _ file: ProgrammeFile, _ node: JSONNode, _ path: String
    ) -> [(id: String, part: ActionPart)]?? {
        guard let id = node["pathway"]?.string else { return nil }
        return .some(actions(file, id, path + ".pathway", node["pathway"]))
    }

    /// The pathways of the programme, and those of others as far as they are known.
    private var pathways: [JSONDocument] {
        (programme.files(.pathways).map(\.document) + known).filter {
            $0.root["resourceType"]?.equals("PlanDefinition") == true
        }
    }

    /// The actions of a pathway, of this programme or of another that a story follows too; nil where it isn't there.
    private mutating func actions(
        _ file: ProgrammeFile, _ id: String, _ path: String, _ node: JSONNode?
    ) -> [(id: String, part: ActionPart)]? {
        if let found = pathways.first(where: { $0.root["id"]?.equals(id) == true }) { return Self.actions(found.root) }
        if !programme.isIncomplete(.pathways), path == "pathway" || !namesOthers(file) {
            tell(
                file, .reference, path, node, "there is no pathway \(id)",
                hint: near(id, pathways.compactMap { $0.root["id"]?.string }))
        }
        return nil
    }

    /// Whether a story follows other programmes, and nothing is known of those, as where one is checked alone.
    private func namesOthers(_ file: ProgrammeFile) -> Bool {
        known.isEmpty && file.document.root["programmes"] != nil
    }

    private static func actions(_ node: JSONNode) -> [(id: String, part: ActionPart)] {
        node.list("action", "").flatMap { action, _ in
            let part = action.codes("code", system: PathwayNames.partSystem).lazy.compactMap {
                ActionPart(rawValue: $0)
            }.first
            let own = part.flatMap { part in action["id"]?.string.map { [(id: $0, part: part)] } } ?? []
            return own + actions(action)
        }
    }
}
