public import JSON

extension PathwayDesk {
    /// Where a person would stand by the documents that are given: nothing is read from the store, but since when an undated
    /// diagnosis or death is known, and nothing is written.
    ///
    /// - Parameters:
    ///   - documents: the Patient and the resources about them.
    ///   - others: pathways to try; nil for those that are followed.
    /// - Returns: nil where there is no Patient among them.
    public func look(at documents: [JSONDocument], now: Int64, along others: [Pathway]? = nil) -> Look? {
        let following = try? following.value(store)
        let record = (try? PersonRecord(documents, told: firstTold)) ?? PersonRecord(documents)
        return record.map { record in
            Look(
                record: record,
                plans: (others ?? pathways).map {
                    $0.plan(record, now: now, memberOf: memberOf, following: following)
                })
        }
    }

    /// The id of the Task that stands for an occurrence once the engine has written it.
    public static func taskID(_ person: String, _ pathway: Pathway, _ occurrence: Occurrence) -> String {
        FactID.of(person, pathway.id, "task", occurrence.key)
    }

    /// 32 hexadecimal digits that follow from some words: the same words always give the same ones.
    public static func name(_ words: String...) -> String { FactID.of(words.joined(separator: "\u{1F}")) }

    /// A resource that would do what an occurrence asks for, as a draft for somebody to sign: a ServiceRequest or an Appointment as
    /// the action's output says, else a Task with the form to be filled.
    ///
    /// - Returns: nil where the action neither proposes one nor has a form.
    public static func draft(_ person: String, _ pathway: Pathway, _ occurrence: Occurrence) -> [UInt8]? {
        guard let part = pathway.part(occurrence.part) else { return nil }
        let reference = "Patient/\(person)"
        var writer = JSONWriter()
        writer.beginObject()
        if let type = part.outputs.first(where: { $0 == "ServiceRequest" || $0 == "Appointment" }) {
            writer.member("resourceType", string: type)
            writer.identifier(PathwayFacts.outputSystem, "\(pathway.id)/\(occurrence.key)")
            let status = type == "ServiceRequest" ? "draft" : "proposed"
            writer.output(type, status: status, part, occurrence, person: reference, carePlan: nil)
        } else if part.questionnaire != nil {
            writer.member("resourceType", string: "Task")
            writer.member("status", string: "requested")
            writer.member("intent", string: "proposal")
            writer.key("code")
            writer.action(pathway, part)
            writer.reference("for", reference)
            writer.restriction(occurrence.opens, occurrence.due)
            writer.inputs(part, keeping: nil)
        } else {
            return nil
        }
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    /// The code of an action: `pathway.action`.
    mutating func action(_ pathway: Pathway, _ part: PathwayPart) {
        concept("\(PathwayFacts.base)/CodeSystem/pathway-action", "\(pathway.id).\(part.id)", part.title)
    }
}
