import FHIR
import JSON
import Records

/// Something that is done to many tasks one after the other: a Task of the institution that is about nobody, with the tasks as its
/// input and what became of each as its output. So it is stored, is found again after a restart, and can be taken back.
struct BulkJob {
    enum Kind: String {
        /// Sends each resident the invitation, and marks it as sent.
        case invite
        /// Puts each task off.
        case putOff = "defer"
    }

    enum State: String {
        case running
        case stopped
        case done
        case undoing
        case undone

        /// Whether it is to go on by itself.
        var moves: Bool { self == .running || self == .undoing }
        var status: String {
            switch self {
            case .running, .undoing: "in-progress"
            case .stopped: "on-hold"
            case .done: "completed"
            case .undone: "cancelled"
            }
        }
    }

    /// What became of one task.
    enum Result: String {
        case done
        /// It wasn't fit for it, such as an invitation that was answered meanwhile.
        case skipped
        /// The rules or the store refused it.
        case failed
        case undone
        /// It was answered since, and stays as it is.
        case kept
    }

    static let system = "\(CareTask.base)/CodeSystem/bulk-work"
    /// Tasks at most in one job.
    static let most = 1_000

    var id = ""
    var version = 0
    /// When it was last written, in milliseconds since 1970 UTC: a job that moves writes after every few tasks.
    var written: Int64 = 0
    let kind: Kind
    var state: State
    let owner: String
    let author: (reference: String, name: String)?
    let authored: String
    /// What is sent, or why it is put off.
    let text: String
    /// Until when it is put off: a day.
    let until: String
    /// The tasks' ids, each once.
    let tasks: [String]
    /// What became of those that were gone through, in the order of ``tasks``; with a reason where there is one.
    var results: [String: (result: Result, reason: String)]

    /// A new one.
    init(
        _ kind: Kind, _ tasks: [String], text: String, until: String, owner: String,
        author: (reference: String, name: String)?, now: Int64
    ) {
        self.kind = kind
        state = .running
        self.owner = owner
        self.author = author
        authored = ReportTimes.text(now)
        self.text = text
        self.until = until
        self.tasks = tasks
        results = [:]
    }

    init?(_ version: Version) throws {
        let root = try JSONDocument(parsing: version.json()).root
        let coding = root["code"]?["coding"]?[0]
        guard coding?["system"]?.equals(Self.system) == true,
            let kind = coding?["code"]?.string.flatMap({ Kind(rawValue: $0) }),
            let state = root["businessStatus"]?["coding"]?[0]?["code"]?.string.flatMap({ State(rawValue: $0) })
        else { return nil }
        func task(_ node: JSONNode) -> String? {
            node["valueReference"]?["reference"]?.string.flatMap { ResourceKey(reference: $0) }?.id
        }
        func list(_ name: JSONKey) -> [JSONNode] { root[name].map { Array($0.elements) } ?? [] }
        id = version.key.id
        self.version = version.versionID
        written = version.lastUpdated
        self.kind = kind
        self.state = state
        owner = root["owner"]?["reference"]?.string ?? ""
        author = root["requester"]?["reference"]?.string.map { ($0, root["requester"]?["display"]?.string ?? "") }
        authored = root["authoredOn"]?.string ?? ""
        text = root["description"]?.string ?? ""
        until = root["restriction"]?["period"]?["end"]?.string ?? ""
        tasks = list("input").compactMap(task)
        var results: [String: (Result, String)] = [:]
        for output in list("output") {
            guard let id = task(output), let code = output["type"]?["coding"]?[0]?["code"]?.string,
                let result = Result(rawValue: code)
            else { continue }
            results[id] = (result, output["type"]?["text"]?.string ?? "")
        }
        self.results = results
    }

    /// The resource.
    func document() throws -> JSONDocument {
        var writer = JSONWriter()
        func concept(_ name: String, _ code: String, text: String = "") {
            writer.key(name)
            writer.beginObject()
            writer.key("coding")
            writer.beginArray()
            writer.beginObject()
            writer.member("system", string: Self.system)
            writer.member("code", string: code)
            writer.endObject()
            writer.endArray()
            if !text.isEmpty { writer.member("text", string: text) }
            writer.endObject()
        }
        func reference(_ name: String, _ reference: String, _ display: String = "") {
            writer.key(name)
            writer.beginObject()
            writer.member("reference", string: reference)
            if !display.isEmpty { writer.member("display", string: display) }
            writer.endObject()
        }
        writer.beginObject()
        writer.member("resourceType", string: "Task")
        if !id.isEmpty { writer.member("id", string: id) }
        writer.member("status", string: state.status)
        concept("businessStatus", state.rawValue)
        writer.member("intent", string: "order")
        concept("code", kind.rawValue)
        if !text.isEmpty { writer.member("description", string: text) }
        writer.member("authoredOn", string: authored)
        if let author { reference("requester", author.reference, author.name) }
        reference("owner", owner)
        if !until.isEmpty {
            writer.key("restriction")
            writer.beginObject()
            writer.key("period")
            writer.beginObject()
            writer.member("end", string: until)
            writer.endObject()
            writer.endObject()
        }
        writer.key("input")
        writer.beginArray()
        for task in tasks {
            writer.beginObject()
            concept("type", kind.rawValue)
            reference("valueReference", "Task/\(task)")
            writer.endObject()
        }
        writer.endArray()
        let gone = tasks.filter { results[$0] != nil }
        if !gone.isEmpty {
            writer.key("output")
            writer.beginArray()
            for task in gone {
                guard let (result, reason) = results[task] else { continue }
                writer.beginObject()
                concept("type", result.rawValue, text: reason)
                reference("valueReference", "Task/\(task)")
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }

    /// Whether it was to move and hasn't for a minute: whoever went through it is no longer there.
    func isLeft(at now: Int64) -> Bool { state.moves && now - written > 60_000 }

    /// The tasks that are still to be gone through.
    var waiting: [String] {
        switch state {
        case .undoing: tasks.filter { results[$0]?.result == .done }
        default: tasks.filter { results[$0] == nil }
        }
    }

    func count(_ result: Result) -> Int { results.values.count { $0.result == result } }
    /// The id of the message that a task's resident gets; the same when it is done again.
    func message(of task: String) -> String { "\(id.prefix(36))-\(tasks.firstIndex(of: task) ?? 0)" }
}
