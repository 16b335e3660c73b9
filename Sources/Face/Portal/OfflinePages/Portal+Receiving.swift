import Forms
import HTTPTypes
import JSON
import Records

extension Portal {
    /// Takes what was answered on a device. A sending that has arrived before is told so again and nothing is written; over what
    /// its writer has not seen nothing is written either, and both are told side by side.
    func receive(_ sending: OfflineSending, _ filling: Filling, _ visit: FormVisit) async throws -> Page {
        let sent = visit.sent
        let key = filling.key ?? ResourceKey(type: "QuestionnaireResponse", id: sending.response)
        if try visit.desk.hasArrived(sending.id, as: key, visit.records) { return .arrived(key) }
        var mine = filling
        mine.state.enter({ name in sent.holds(name) ? sent.all(name) : nil }, filling.context)
        let isKnown = try filling.key != nil || visit.desk.store.number(of: key) != nil
        let standing = isKnown ? try resume(visit, key.id, version: nil) : nil
        guard standing?.version == sent.given("version").flatMap({ Int($0) }) else {
            return try conflict(mine, with: standing, visit)
        }
        guard sent["action"] == "sign" || sent["action"] == "save", !filling.isSigned || sent["amend"] == "1" else {
            return visit.visit.fault(.malformed)
        }
        let isSigning = sent["action"] == "sign" || filling.isSigned
        let problems = mine.state.problems(isFinal: isSigning, mine.context).filter { !$0.isWarning }
        let stops = isSigning ? problems : problems.filter { $0.kind == .unreadable }
        guard stops.isEmpty else { return .refused(stops, visit.words) }
        var head = mine.head(visit, isSigning: isSigning, at: sending.answered(now: visit.visit.now))
        head.sending = sending.id
        do {
            if isSigning {
                _ = try await visit.desk.sign(mine.state, head, as: key, over: standing?.version, visit.records)
            } else {
                _ = try await visit.desk.save(
                    mine.state, head, as: key, over: standing?.version, isNew: standing == nil, visit.records)
            }
            return .arrived(key)
        } catch let error as RecordsError where error.category == .preconditionFailed {
            // The same sending may have come twice at once.
            if try visit.desk.hasArrived(sending.id, as: key, visit.records) { return .arrived(key) }
            return try conflict(mine, with: resume(visit, key.id, version: nil), visit)
        }
    }

    private func conflict(_ mine: Filling, with standing: Filling?, _ visit: FormVisit) throws -> Page {
        guard let standing, let version = standing.version else { return visit.visit.fault(.unreached) }
        let words = visit.words
        let (ours, theirs) = (mine.state.told(words), standing.state.told(words))
        let names = ours.map(\.name) + theirs.map(\.name).filter { name in !ours.contains { $0.name == name } }
        var same = 0
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("address", string: standing.address)
        writer.member("version", integer: version)
        writer.member("amend", bool: standing.isSigned)
        writer.member("status", string: words.formStatus(standing.status))
        writer.member("by", string: standing.written?.by ?? "")
        writer.member("at", string: words.formTime(standing.written?.at ?? ""))
        writer.key("rows")
        writer.beginArray()
        for name in names {
            let own = ours.first { $0.name == name }
            let other = theirs.first { $0.name == name }
            guard own?.text != other?.text else {
                same += 1
                continue
            }
            writer.beginObject()
            writer.member("label", string: own?.label ?? other?.label ?? "")
            writer.member("mine", string: own?.text ?? "")
            writer.member("theirs", string: other?.text ?? "")
            writer.endObject()
        }
        writer.endArray()
        writer.member("same", integer: same)
        writer.endObject()
        return .json(writer, .conflict)
    }
}

extension Portal.Page {
    /// An answer to a script of ours.
    static func json(_ writer: JSONWriter, _ status: HTTPResponse.Status = .ok) -> Portal.Page {
        Portal.Page(html: "", status: status, file: ("application/json", writer.bytes))
    }

    fileprivate static func arrived(_ key: ResourceKey) -> Portal.Page {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("href", string: "/forms/responses/\(key.id)")
        writer.endObject()
        return .json(writer)
    }

    fileprivate static func refused(_ problems: [FormProblem], _ words: Words) -> Portal.Page {
        var told: Set<String> = []
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("problems")
        writer.beginArray()
        for problem in problems {
            let text = words.form(problem.label) + words["colon"] + words.form(problem.text)
            guard told.insert(text).inserted else { continue }
            writer.beginObject()
            writer.member("name", string: problem.name ?? "")
            writer.member("text", string: text)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return .json(writer, .unprocessableContent)
    }
}

extension FormState {
    /// What is answered and asked for, in words.
    fileprivate func told(_ words: Words) -> [(name: String, label: String, text: String)] {
        var found: [(name: String, label: String, text: String)] = []
        form.visit(nodes) { name, node in
            let item = form.items[node.item]
            let values = node.answers.compactMap(\.value)
            guard item.type.isQuestion, isEnabled(name), !item.isHidden, !values.isEmpty else { return }
            let text = values.map { words.value($0, item) }.joined(separator: words["comma"])
            found.append((name, words.form(item.label), text))
        }
        return found
    }
}
