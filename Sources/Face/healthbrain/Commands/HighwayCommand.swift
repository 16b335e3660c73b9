import ArgumentParser
import Foundation
import JSON

/// `healthbrain highway`: looks after the highway of a running server.
struct HighwayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "highway",
        abstract: "Look after what institutions send, and what is sent to others.",
        discussion: """
            Asks a running server, on its machine by house.token of its data folder (--token-file). What is on the shelf waits \
            there until it is replayed, discarded with a reason, or replaced by a corrected message.
            """,
        subcommands: [
            HighwayStatus.self, HighwayList.self, HighwayShow.self, HighwayReplay.self, HighwayDiscard.self,
            HighwayUnmapped.self, HighwayQuality.self, HighwayReload.self, HighwaySend.self,
            HighwayOut.self,
        ])
}

/// The server that is asked, and how to sign in there.
struct HighwayServer: ParsableArguments {
    @Option(help: "The server's address.")
    var server = ServerAddress.standard

    @OptionGroup var token: TokenChoice

    @Option(help: "The form of the result.")
    var format = OutputFormat.text

    /// Gets what an address of the highway says.
    func get(_ path: String, _ pairs: [(String, String?)] = []) async throws -> (JSONNode, [UInt8]) {
        try answer(try await client().get(url(path, pairs)))
    }

    /// Posts to an address of the highway.
    func post(
        _ path: String, _ pairs: [(String, String?)] = [], body: [UInt8] = [], contentType: String = "application/json"
    ) async throws -> (JSONNode, [UInt8]) {
        try answer(try await client().post(body, to: url(path, pairs), contentType: contentType))
    }

    /// Prints JSON as it came, or lines of a person's.
    func say(_ answer: (JSONNode, [UInt8]), _ lines: (JSONNode) -> [String]) {
        switch format {
        case .json: Terminal.say(String(decoding: answer.1, as: UTF8.self) + "\n")
        case .text: for line in lines(answer.0) { Terminal.say(line + "\n") }
        }
    }

    private func client() throws -> FHIRClient { FHIRClient(server, token: try token.token()) }

    private func url(_ path: String, _ pairs: [(String, String?)]) -> String {
        var parts = URLComponents(string: "\(server.root)/highway/\(path)") ?? URLComponents()
        let items = pairs.compactMap { name, value in value.map { URLQueryItem(name: name, value: $0) } }
        if !items.isEmpty { parts.queryItems = items }
        // A plus stands for a blank in a query.
        parts.percentEncodedQuery = parts.percentEncodedQuery?.replacing("+", with: "%2B")
        return parts.string ?? server.root
    }

    private func answer(_ answer: FHIRClient.Answer) throws -> (JSONNode, [UInt8]) {
        guard answer.isSuccess else { throw Failure(Self.reason(answer)) }
        do { return (try JSONDocument(parsing: answer.body).root, answer.body) } catch {
            throw Failure("\(server.root) answered what is no JSON.")
        }
    }

    private static func reason(_ answer: FHIRClient.Answer) -> String {
        let outcome = try? JSONDocument(parsing: answer.body).root
        let issue = outcome?["issue"]?.elements.map { $0 }.first?["diagnostics"]?.string
        return issue ?? "The server answered \(answer.status)."
    }
}

extension JSONNode {
    /// A member as text; empty where there is none.
    func text(_ key: JSONKey) -> String {
        guard let value = self[key] else { return "" }
        return value.string ?? String(decoding: value.rawText, as: UTF8.self)
    }

    func list(_ key: JSONKey) -> [JSONNode] { self[key].map { $0.elements.map { $0 } } ?? [] }
}

/// `healthbrain highway status`
struct HighwayStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Tell who sends, how much waits, and what is on the shelf.")

    @OptionGroup var server: HighwayServer

    func run() async throws {
        server.say(try await server.get("senders")) { answer in
            let senders = answer.list("senders")
            if senders.isEmpty { return ["Nobody has sent anything yet."] }
            return ["sender\twaiting\tdone\tdead\tduplicate\tscore\tlast"]
                + senders.map { sender in
                    ["name", "waiting", "done", "dead", "duplicate", "qualityScore", "last"].map {
                        sender.text(JSONKey($0))
                    }
                    .joined(separator: "\t")
                }
        }
    }
}

/// `healthbrain highway list`
struct HighwayList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List dead letters, the newest first.")

    @OptionGroup var server: HighwayServer

    @Option(help: "Of whom.")
    var sender: String?

    @Option(help: ArgumentHelp("Of which reason: STEP or STEP/RULE.", valueName: "reason"))
    var reason: String?

    @Option(help: "At most so many.")
    var count = 50

    func run() async throws {
        let answer = try await server.get("dead", [("sender", sender), ("reason", reason), ("_count", "\(count)")])
        server.say(answer) { answer in
            let letters = answer.list("letters")
            if letters.isEmpty { return ["The shelf is empty."] }
            return letters.map { letter in
                let reason = letter.list("reasons").first
                let why = reason.map {
                    "\($0.text("step"))/\($0.text("rule"))\t\($0.text("place"))\t\($0.text("what")); \($0.text("hint"))"
                }
                return [
                    letter.text("id"), letter.text("sender"), letter.text("kind"), letter.text("received"), why ?? "",
                ]
                .joined(separator: "\t")
            }
        }
    }
}

/// `healthbrain highway show`
struct HighwayShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a dead letter, and the message as it was received.",
        discussion: "Values are hidden unless --reason says why they are needed; that is written into the audit log.")

    @OptionGroup var server: HighwayServer

    @Argument(help: "The letter's id, as list prints it.")
    var id: String

    @Option(help: "Why the values are needed, in at least 10 characters.")
    var reason: String?

    func run() async throws {
        server.say(try await server.get("dead/\(id)", [("reason", reason)])) { answer in
            answer.list("letters").flatMap { letter in
                [
                    "\(letter.text("id"))  \(letter.text("kind")) of \(letter.text("sender")), received \(letter.text("received"))"
                ]
                    + letter.list("reasons").map { reason in
                        "  \(reason.text("step"))/\(reason.text("rule"))  \(reason.text("place")): \(reason.text("what")); "
                            + reason.text("hint")
                    }
            } + ["", answer.text("content").replacing("\r", with: "\n")]
        }
    }
}

/// Which letters are meant.
struct LetterChoice: ParsableArguments {
    @Argument(help: "The letter's id; else --sender, --reason or --all.")
    var id: String?

    @Option(help: "All of a sender.")
    var sender: String?

    @Option(help: ArgumentHelp("All of a reason: STEP or STEP/RULE.", valueName: "reason"))
    var reason: String?

    @Flag(help: "All.")
    var all = false

    func validate() throws {
        guard [id, sender, reason, all ? "" : nil].compactMap({ $0 }).count == 1 else {
            throw ValidationError("Give a letter's id, --sender, --reason or --all.")
        }
    }

    /// Where to post a verb, and what with.
    func address(_ verb: String) -> (String, [(String, String?)]) {
        if let id { return ("dead/\(id)/\(verb)", []) }
        return ("dead/\(verb)", [("sender", sender), ("reason", reason), ("all", all ? "true" : nil)])
    }
}

/// `healthbrain highway replay`
struct HighwayReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Work again on dead letters, by the mapping of now.")

    @OptionGroup var server: HighwayServer
    @OptionGroup var letters: LetterChoice

    func run() async throws {
        let (path, pairs) = letters.address("replay")
        server.say(try await server.post(path, pairs)) { ["\($0.text("deliveries")) are worked on again."] }
    }
}

/// `healthbrain highway discard`
struct HighwayDiscard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard", abstract: "Take dead letters off the shelf for good. The deliveries stay in the inbox.")

    @OptionGroup var server: HighwayServer
    @OptionGroup var letters: LetterChoice

    @Option(help: "Why, in a few words.")
    var why: String

    func run() async throws {
        let (path, pairs) = letters.address("discard")
        server.say(try await server.post(path, pairs + [("why", why)])) {
            ["\($0.text("deliveries")) are off the shelf."]
        }
    }
}

/// `healthbrain highway unmapped`
struct HighwayUnmapped: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unmapped", abstract: "List codes that no table knows, the most frequent first.")

    @OptionGroup var server: HighwayServer

    @Option(help: "Of whom.")
    var sender: String?

    func run() async throws {
        server.say(try await server.get("unmapped", [("sender", sender)])) { answer in
            answer.list("codes").map { code in
                ["count", "sender", "system", "code", "place", "first", "last"].map { code.text(JSONKey($0)) }
                    .joined(separator: "\t")
            }
        }
    }
}

/// `healthbrain highway quality`
struct HighwayQuality: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quality", abstract: "Score what senders send by the rules of quality, a line a rule and day.")

    @OptionGroup var server: HighwayServer

    @Option(help: "Whose.")
    var sender: String?

    @Option(help: ArgumentHelp("From which day, by Beijing's clock; seven days ago unless given.", valueName: "day"))
    var from: String?

    @Option(help: ArgumentHelp("To which day.", valueName: "day"))
    var to: String?

    func run() async throws {
        let answer = try await server.get("quality", [("sender", sender), ("from", from), ("to", to)])
        server.say(answer) { answer in
            answer.list("scores").map { score in
                ["day", "sender", "kind", "rule", "dimension", "checked", "failed", "score", "title"]
                    .map { score.text(JSONKey($0)) }.joined(separator: "\t")
            }
        }
    }
}

/// `healthbrain highway reload`
struct HighwayReload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Read the mapping files anew, and work again on what they concern.")

    @OptionGroup var server: HighwayServer

    func run() async throws {
        server.say(try await server.post("reload")) { ["\($0.text("deliveries")) are worked on again."] }
    }
}

/// `healthbrain highway send`
struct HighwaySend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Post files to the highway, each as one delivery.")

    @OptionGroup var server: HighwayServer

    @Option(help: "In whose name.")
    var sender: String

    @Option(help: "What the files are: hl7v2, fhir or ndjson.")
    var kind = "hl7v2"

    @Argument(help: ArgumentHelp("The files.", valueName: "file"))
    var paths: [String]

    private static let types = [
        "hl7v2": "application/hl7-v2", "fhir": "application/fhir+json", "ndjson": "application/fhir+ndjson",
    ]

    func run() async throws {
        guard let type = Self.types[kind] else { throw Misuse("--kind is hl7v2, fhir or ndjson.") }
        guard let name = sender.addingPercentEncoding(withAllowedCharacters: .alphanumerics) else {
            throw Misuse("The sender's name can't be written into an address.")
        }
        for path in paths {
            guard let bytes = FileManager.default.contents(atPath: path) else { throw Misuse("\(path) can't be read.") }
            let answer = try await server.post(name, body: Array(bytes), contentType: type)
            server.say(answer) { ["\(path)\t\($0.text("id"))\t\($0.text("state"))"] }
        }
    }
}
