public import JSON

/// What somebody makes of a Task of a pathway: the resource as it stands afterwards. Members that aren't concerned stay.
public enum TaskAnswer {
    /// Puts it off: it is asked again from a day on. Why stands in its notes.
    ///
    /// - Parameters:
    ///   - until: the instant from which it is asked again, in milliseconds since 1970 UTC; nil takes it back.
    ///   - note: what was done and why.
    ///   - author: who does it.
    public static func deferred(
        _ task: JSONNode, until: Int64?, note: String, by author: (reference: String, name: String)?, at: Int64
    ) throws -> JSONDocument {
        try changed(task, dropping: ["extension", "note"], at: at) { writer in
            let others = task.list("extension").filter { $0["url"]?.equals(WorkTask.deferredUntil) != true }
            if !others.isEmpty || until != nil {
                writer.key("extension")
                writer.beginArray()
                for other in others { writer.node(other) }
                if let until {
                    writer.beginObject()
                    writer.member("url", string: WorkTask.deferredUntil)
                    writer.member("valueDateTime", string: Moment(milliseconds: until).instantText)
                    writer.endObject()
                }
                writer.endArray()
            }
            writer.key("note")
            writer.beginArray()
            for other in task.list("note") { writer.node(other) }
            writer.beginObject()
            if let author { writer.reference("authorReference", author.reference, display: author.name) }
            writer.member("time", string: Moment(milliseconds: at).instantText)
            writer.member("text", string: note)
            writer.endObject()
            writer.endArray()
        }
    }

    /// Another status, such as `in-progress`, without an answer.
    public static func begun(_ task: JSONNode, status: String, at: Int64) throws -> JSONDocument {
        try changed(task, dropping: ["status"], at: at) { $0.member("status", string: status) }
    }

    /// Takes an answer back: it is asked for again.
    public static func withdrawn(_ task: JSONNode, at: Int64) throws -> JSONDocument {
        try changed(task, dropping: ["status", "statusReason", "executionPeriod"], at: at) {
            $0.member("status", string: "requested")
        }
    }

    private static func changed(
        _ task: JSONNode, dropping: Set<String>, at: Int64, _ write: (inout JSONWriter) -> Void
    ) throws -> JSONDocument {
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in task.members {
            guard let name = key.string, name != "meta", name != "lastModified", !dropping.contains(name) else {
                continue
            }
            writer.member(name, node: value)
        }
        write(&writer)
        writer.member("lastModified", string: Moment(milliseconds: at).instantText)
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }
}
