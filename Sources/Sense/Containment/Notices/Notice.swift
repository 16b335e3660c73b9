import FHIR
public import JSON
public import Records
public import Signals

/// A notice about a signal to institutions or to the public: a FHIR Communication that leaves only when a second person has
/// approved it.
public struct Notice: Sendable, Hashable, Identifiable {
    /// Whom it is for.
    public enum Audience: String, Sendable, CaseIterable {
        /// The staff of institutions.
        case institutions
        /// Everybody.
        case everybody = "public"
    }

    /// Where it stands.
    public enum Stage: String, Sendable, CaseIterable {
        /// Written, and waiting for the second person.
        case waiting
        /// Approved, and out.
        case sent
        /// Not approved.
        case refused
        /// Taken back after it was out.
        case withdrawn

        /// `Communication.status`.
        var status: String {
            switch self {
            case .waiting: "preparation"
            case .sent: "completed"
            case .refused: "not-done"
            case .withdrawn: "stopped"
            }
        }
    }

    /// Somebody who did something to it: the account, by which persons are told apart, and the name.
    public struct Author: Sendable, Hashable {
        /// The account's id; empty in a house where nobody signs in.
        public let account: String
        /// The name.
        public let name: String

        /// An author.
        public init(account: String, name: String) {
            (self.account, self.name) = (account, name)
        }
    }

    /// A dated step.
    public struct Step: Sendable, Hashable {
        /// Where the notice came to stand by it.
        public let stage: Stage
        /// When, in milliseconds since 1970 UTC.
        public let at: Int64
        /// Who did it.
        public let by: Author
        /// Why, where it was refused or withdrawn.
        public let text: String
    }

    /// Why a notice or a step was refused.
    public enum Refusal: String, Error, Sendable, CaseIterable {
        /// Title or text is missing.
        case text
        /// The reason is missing.
        case reason
        /// It doesn't stand where that step begins.
        case stage
        /// Who wrote it can't approve it.
        case ownNotice = "own"
    }

    /// The Communication's id.
    public var id: String
    /// The version that was read; 0 for one that isn't stored.
    public var version: Int
    /// The id of the signal's Task.
    public let signal: String
    /// `Organization/…` that sends it: a centre for disease control.
    public let sender: String
    /// Whom it is for.
    public let audience: Audience
    /// In one line.
    public let title: String
    /// In full.
    public let text: String
    /// Where it stands.
    public private(set) var stage: Stage
    /// Its life, the writing first.
    public private(set) var steps: [Step]

    /// When it went out; nil where it didn't.
    public var sentAt: Int64? { steps.last { $0.stage == .sent }?.at }
    /// Who wrote it.
    public var author: Author? { steps.first?.by }

    /// A notice that waits for approval.
    /// - Parameter sender: `Organization/…` of the centre that answers for the signal.
    public init(
        of signal: Signal, from sender: String, to audience: Audience, title: String, text: String, by author: Author,
        now: Int64
    ) throws(Refusal) {
        guard !title.isEmpty, !text.isEmpty else { throw .text }
        (id, version, self.signal, self.sender, self.audience) = ("", 0, signal.id, sender, audience)
        (self.title, self.text, stage) = (title, text, .waiting)
        steps = [Step(stage: .waiting, at: now, by: author, text: "")]
    }

    /// Takes a step: approval sends it. Approval is another person's than who wrote it; where nobody signs in, accounts are empty and
    /// names must differ.
    public mutating func take(_ stage: Stage, by: Author, text: String = "", now: Int64) throws(Refusal) {
        switch (self.stage, stage) {
        case (.waiting, .sent):
            guard let author, author.account.isEmpty ? author.name != by.name : author.account != by.account else {
                throw .ownNotice
            }
        case (.waiting, .refused), (.sent, .withdrawn): guard !text.isEmpty else { throw .reason }
        default: throw .stage
        }
        self.stage = stage
        steps.append(Step(stage: stage, at: now, by: by, text: text))
    }

    // MARK: - As a Communication

    private static let audienceSystem = "https://healthbrain.dev/fhir/CodeSystem/notice-audience"
    private static let accountSystem = "https://healthbrain.dev/fhir/sid/account"
    private static let stepURL = "https://healthbrain.dev/fhir/StructureDefinition/notice-step"
    /// A notice has these members and no others, so that nothing in it makes another organisation answer for it.
    private static let members: Set<String> = [
        "resourceType", "id", "meta", "partOf", "status", "category", "topic", "sent", "sender", "payload", "note",
    ]

    /// Parameters of the search for notices, the latest changed first.
    /// - Parameters:
    ///   - audience: for these alone; nil for all.
    ///   - signal: of one signal alone.
    ///   - stages: that stand here alone.
    public static func search(
        _ audience: Audience? = nil, signal: String? = nil, _ stages: [Stage] = Stage.allCases, count: Int
    ) -> [(String, String)] {
        [
            ("category", audience.map { "\(audienceSystem)|\($0.rawValue)" } ?? "\(audienceSystem)|"),
            ("status", stages.map(\.status).joined(separator: ",")), ("_count", "\(count)"), ("_sort", "-_lastUpdated"),
        ] + (signal.map { [("part-of", "Task/\($0)")] } ?? [])
    }

    /// Reads a Communication; nil for one that is no notice.
    public init?(_ version: Version) throws {
        self.init(try JSONDocument(parsing: version.json()).root)
    }

    /// Reads a Communication as a server gives it.
    public init?(_ communication: JSONNode) {
        let partOf = communication["partOf"].map { Array($0.elements) } ?? []
        guard communication["resourceType"]?.equals("Communication") == true,
            communication.members.allSatisfy({ name, _ in name.string.map(Self.members.contains) ?? false }),
            let coding = communication["category"]?[0]?["coding"]?[0],
            coding["system"]?.equals(Self.audienceSystem) == true,
            let audience = (coding["code"]?.string).flatMap({ Audience(rawValue: $0) }), partOf.count == 1,
            let signal = (partOf[0]["reference"]?.string).flatMap({ ResourceKey(reference: $0) }),
            signal.type == "Task",
            let stage = (communication["status"]?.string).flatMap({ code in Stage.allCases.first { $0.status == code } }
            ),
            let sender = communication["sender"]?["reference"]?.string, sender.hasPrefix("Organization/"),
            let title = communication["topic"]?["text"]?.string,
            let text = communication["payload"]?[0]?["contentString"]?.string
        else { return nil }
        id = communication["id"]?.string ?? ""
        version = communication["meta"]?["versionId"]?.string.flatMap { Int($0) } ?? 0
        (self.signal, self.sender, self.audience, self.title, self.text) = (signal.id, sender, audience, title, text)
        self.stage = stage
        steps = (communication["note"].map { Array($0.elements) } ?? []).compactMap { note in
            guard let step = note["extension"]?[0]?["valueCode"]?.string.flatMap({ Stage(rawValue: $0) }),
                let at = Containing.instant(note["time"])
            else { return nil }
            let words = note["text"]?.string ?? ""
            return Step(
                stage: step, at: at,
                by: Author(
                    account: note["authorReference"]?["identifier"]?["value"]?.string ?? "",
                    name: note["authorReference"]?["display"]?.string ?? note["authorString"]?.string ?? ""),
                text: words == Containing.nothing ? "" : words)
        }
    }

    /// Whether it is out, and two persons stand for it.
    public var isOut: Bool {
        guard stage == .sent, let first = steps.first, let last = steps.last, last.stage == .sent else { return false }
        return first.by.account.isEmpty ? first.by.name != last.by.name : first.by.account != last.by.account
    }

    /// The Communication.
    public func communication() throws -> JSONDocument {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Communication")
        if !id.isEmpty { writer.member("id", string: id) }
        writer.key("partOf")
        writer.beginArray()
        writer.beginObject()
        writer.member("reference", string: "Task/\(signal)")
        writer.endObject()
        writer.endArray()
        writer.member("status", string: stage.status)
        writer.key("category")
        writer.beginArray()
        writer.concept(Self.audienceSystem, audience.rawValue)
        writer.endArray()
        writer.key("topic")
        writer.beginObject()
        writer.member("text", string: title)
        writer.endObject()
        if let sentAt { writer.member("sent", string: Containing.text(sentAt)) }
        writer.reference("sender", sender)
        writer.key("payload")
        writer.beginArray()
        writer.beginObject()
        writer.member("contentString", string: text)
        writer.endObject()
        writer.endArray()
        writer.key("note")
        writer.beginArray()
        for step in steps { write(step, to: &writer) }
        writer.endArray()
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }

    private func write(_ step: Step, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("extension")
        writer.beginArray()
        writer.beginObject()
        writer.member("url", string: Self.stepURL)
        writer.member("valueCode", string: step.stage.rawValue)
        writer.endObject()
        writer.endArray()
        if !step.by.account.isEmpty {
            writer.key("authorReference")
            writer.beginObject()
            writer.key("identifier")
            writer.beginObject()
            writer.member("system", string: Self.accountSystem)
            writer.member("value", string: step.by.account)
            writer.endObject()
            if !step.by.name.isEmpty { writer.member("display", string: step.by.name) }
            writer.endObject()
        } else if !step.by.name.isEmpty {
            writer.member("authorString", string: step.by.name)
        }
        writer.member("time", string: Containing.text(step.at))
        writer.member("text", string: step.text.isEmpty ? Containing.nothing : step.text)
        writer.endObject()
    }
}
