import ArgumentParser
import Foundation
import JSON

/// `healthbrain highway out`: looks after the subscriptions of a running server.
struct HighwayOut: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "out", abstract: "Look after what is sent to others by subscriptions.",
        subcommands: [OutList.self, OutPause.self, OutResume.self, OutReplay.self, OutSecret.self],
        defaultSubcommand: OutList.self)
}

/// `healthbrain highway out list`
struct OutList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Tell who is sent what, and how it fares.")

    @OptionGroup var server: HighwayServer

    func run() async throws {
        server.say(try await server.get("out")) { answer in
            let all = answer.list("out")
            if all.isEmpty { return ["Nobody subscribes to anything."] }
            let columns = [
                "id", "status", "receiver", "purpose", "criteria", "events", "delivered", "behind", "lagSeconds",
                "failures", "fault",
            ]
            return [columns.joined(separator: "\t")]
                + all.map { one in columns.map { one.text(JSONKey($0)) }.joined(separator: "\t") }
        }
    }
}

/// `healthbrain highway out pause`
struct OutPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Send nothing more by a subscription until it is resumed.")

    @OptionGroup var server: HighwayServer

    @Argument(help: "The Subscription's id.")
    var id: String

    func run() async throws {
        server.say(try await server.post("out/\(id)/pause")) { ["\($0.text("id")) is \($0.text("status"))."] }
    }
}

/// `healthbrain highway out resume`
struct OutResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Greet the receiver anew, and go on where it stopped.")

    @OptionGroup var server: HighwayServer

    @Argument(help: "The Subscription's id.")
    var id: String

    func run() async throws {
        server.say(try await server.post("out/\(id)/resume")) { ["\($0.text("id")) is \($0.text("status"))."] }
    }
}

/// `healthbrain highway out replay`
struct OutReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Send again everything from a moment on, of each resource the newest version.")

    @OptionGroup var server: HighwayServer

    @Argument(help: "The Subscription's id.")
    var id: String

    @Option(help: "From when: 2026-11-22, or 2026-11-22T08:00:00+08:00.")
    var from: String

    func run() async throws {
        server.say(try await server.post("out/\(id)/replay", [("from", from)])) {
            ["\($0.text("changes")) changes are looked at again."]
        }
    }
}

/// `healthbrain highway out secret`
struct OutSecret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Make a new signing secret, print it this once, and end the one before.")

    @OptionGroup var server: HighwayServer

    @Argument(help: "The Subscription's id.")
    var id: String

    func run() async throws {
        server.say(try await server.post("out/\(id)/secret")) { [$0.text("secret")] }
    }
}
