import Forms
import JSON
import Records

/// What was answered, as the template reads it.
struct AnswersView {
    struct Row {
        let label: String
        let text: String
    }

    struct Group {
        let title: String?
        let rows: [Row]
    }

    struct File {
        let href: String
        let text: String
    }

    struct Edition {
        let href: String
        let text: String
        let isCurrent: Bool
    }

    let title: String
    let person: String
    let answer: String
    let tone: String
    let status: String
    let notice: String?
    let old: String?
    let groups: [Group]
    let files: [File]
    let hasFiles: Bool
    let editions: [Edition]
    let hasEditions: Bool
    let amendHref: String?
    let sourceHref: String
    let backHref: String
    /// The person on the programmes; nil where none are followed.
    let programmesHref: String?

    init(_ filling: Portal.Filling, versions: [Version], isOld: Bool, done: String?, _ visit: Portal.FormVisit) {
        let words = visit.words
        let form = filling.state.form
        title = words.form(form.title)
        person = filling.person.name.isEmpty ? words["nameUnknown"] : filling.person.name
        status = words.formStatus(filling.status)
        tone = filling.isSigned ? "good" : "watch"
        let by = filling.written.map { $0.by } ?? ""
        answer = words.text(
            by.isEmpty ? "formWritten" : "formWrittenBy",
            ["time": words.formTime(filling.written?.at ?? ""), "name": by])
        notice = done == "signed" && !isOld ? words[form.extracts ? "formDoneExtracted" : "formDone"] : nil
        old = isOld ? words["formOld"] : nil
        var groups: [Group] = []
        Self.gather(filling.state.nodes, in: "q", title: nil, filling.state, words, &groups)
        self.groups = groups.filter { !$0.rows.isEmpty }
        let id = filling.key?.id ?? ""
        files = FormFile.all(filling.state).map { file in
            File(
                href: Address.make(
                    "/forms/responses/\(id)",
                    [("version", isOld ? filling.version.map(String.init) : nil), ("file", "\(file.number)")]),
                text: words.file(file.value))
        }
        hasFiles = !files.isEmpty
        editions = versions.filter { $0.verb != .delete }.map { version in
            let root = (try? JSONDocument(parsing: version.json()))?.root
            let state = words.formStatus(root?["status"]?.string ?? "")
            let time = words.dateTime(milliseconds: version.lastUpdated)
            let name = root?["author"]?["display"]?.string
            return Edition(
                href: "/forms/responses/\(id)?version=\(version.versionID)",
                text: [state, time, name].compactMap { $0 }.joined(separator: " · "),
                isCurrent: version.versionID == filling.version)
        }
        hasEditions = editions.count > 1
        amendHref = filling.isSigned && !isOld ? "/forms/responses/\(id)?amend=1" : nil
        sourceHref = Address.source(type: "QuestionnaireResponse", id: id, version: isOld ? filling.version : nil)
        backHref = Address.make("/forms", [("patient", filling.patient.id)])
        programmesHref = visit.programmesHref(of: filling.patient.id)
    }

    private static func gather(
        _ nodes: [FormNode], in container: String, title: String?, _ state: FormState, _ words: Words,
        _ groups: inout [Group]
    ) {
        var rows: [Row] = []
        func flush() {
            groups.append(Group(title: title, rows: rows))
            rows = []
        }
        state.form.forEach(nodes, in: container) { name, node in
            let item = state.form.items[node.item]
            guard state.isEnabled(name), !item.isHidden, item.type != .display else { return }
            let label = (item.prefix.isEmpty ? "" : item.prefix + " ") + words.form(item.label)
            if item.type == .group {
                flush()
                gather(node.nodes, in: name, title: label, state, words, &groups)
                return
            }
            let values = node.answers.compactMap(\.value)
            guard !values.isEmpty else { return }
            rows.append(
                Row(label: label, text: values.map { words.value($0, item) }.joined(separator: words["comma"])))
            for (number, answer) in node.answers.enumerated() where !answer.nodes.isEmpty {
                var inner: [Group] = []
                gather(answer.nodes, in: "\(name)-\(number)", title: nil, state, words, &inner)
                rows += inner.flatMap(\.rows)
            }
        }
        flush()
    }
}
