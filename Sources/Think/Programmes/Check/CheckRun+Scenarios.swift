import Calendar
import JSON

// Stories whose names lead to the parts of a pathway.
extension CheckRun {
    /// The members of an expectation, with the part of the action that each names.
    private static let named: [(key: JSONKey, part: ActionPart)] = [
        ("stage", .stage), ("task", .activity), ("escalation", .activity), ("grade", .grade), ("milestone", .milestone),
    ]

    mutating func scenario(_ file: ProgrammeFile) {
        let root = file.document.root
        guard root.isObject else {
            return tell(file, .form, "", root, "a scenario has a title, a pathway, a person and steps")
        }
        for name: JSONKey in ["title", "pathway", "person", "steps"] where root[name] == nil {
            tell(file, .form, name.string, root, "\(name.string) is missing")
        }
        if let day = root["following"], day.string.flatMap({ CivilDay($0) }) == nil {
            tell(
                file, .form, "following", day, "following is the day since which the programme is followed, yyyy-MM-dd")
        }
        guard let id = root["pathway"]?.string else { return }
        let pathways = programme.files(.pathways)
        guard let pathway = pathways.first(where: { $0.id == id }) else {
            if programme.isIncomplete(.pathways) { return }
            return tell(
                file, .reference, "pathway", root["pathway"], "there is no pathway \(id)",
                hint: near(id, pathways.compactMap(\.id)))
        }
        let own = Self.actions(pathway.document.root)
        for (step, path) in root.list("steps", "") {
            let place = String(path.dropFirst())
            if step["on"] == nil { tell(file, .form, place, step, "the step has no day", hint: "add “on:”") }
            for (given, path) in step.list("given", place) { answer(file, given["answer"], path + ".answer") }
            for (answer, path) in step.list("answer", place) {
                guard let task = answer["task"]?.string else { continue }
                // Invitations are tasks too.
                let actions = actions(file, answer, path) ?? own
                lead(file, task, [.activity, .entry], actions, path + ".task", answer["task"])
            }
            for (expected, path) in step.list("expect", place) {
                let actions = actions(file, expected, path) ?? own
                for (key, part) in Self.named {
                    guard let name = expected[key]?.string else { continue }
                    let parts: [ActionPart] = part == .activity ? [.activity, .entry] : [part]
                    lead(file, name, parts, actions, "\(path).\(key.string)", expected[key])
                }
            }
        }
    }

    /// The actions of another pathway that an answer or expectation names; nil where it names none.
    private mutating func actions(
        _ file: ProgrammeFile, _ node: JSONNode, _ path: String
    ) -> [(id: String, part: ActionPart)]? {
        guard let id = node["pathway"]?.string else { return nil }
        let pathways = programme.files(.pathways)
        if let other = pathways.first(where: { $0.id == id }) { return Self.actions(other.document.root) }
        if !programme.isIncomplete(.pathways) {
            tell(
                file, .reference, path + ".pathway", node["pathway"], "there is no pathway \(id)",
                hint: near(id, pathways.compactMap(\.id)))
        }
        return nil
    }

    private mutating func answer(_ file: ProgrammeFile, _ node: JSONNode?, _ path: String) {
        guard let id = node?["questionnaire"]?.string else { return }
        let forms = programme.files(.questionnaires)
        guard !forms.contains(where: { $0.id == id || $0.url == id }), !knownURLs.contains(id),
            !programme.isIncomplete(.questionnaires)
        else { return }
        tell(
            file, .reference, path, node?["questionnaire"], "there is no questionnaire \(id)",
            hint: near(id, forms.compactMap(\.id)))
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
