import ArgumentParser
import Calendar
import Containment
import FHIR
import Foundation
import JSON
import Records
import Signals
import Syndromes

/// `healthbrain signals`: what has become unusual in the city.
struct SignalsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signals", abstract: "Look for signals of surveillance, and tell what is done about them (监测信号).",
        subcommands: [List.self, Run.self, Show.self])

    /// `healthbrain signals list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the signals of a running server, the least likely first.")

        @OptionGroup var server: SignalServer

        @Flag(help: "Those that have ended too.")
        var all = false

        func run() async throws {
            let list = try WatchList()
            let query = Signal.search(open: !all, count: 500).map { ($0.0, Optional($0.1)) }
            let tasks = try await server.tasks(query)
            let signals = tasks.compactMap { Signal($0, list) }
                .sorted { ($0.isRuled ? 0 : 1, $0.p) < ($1.isRuled ? 0 : 1, $1.p) }
            switch server.format {
            case .json:
                let texts = try signals.map { String(decoding: try $0.task().text, as: UTF8.self) }
                Terminal.say("[\(texts.joined(separator: ","))]\n")
            case .text:
                for signal in signals {
                    Terminal.say("\(signal.id)\t\(signal.stage.rawValue)\t\(signal.explanation)\n")
                }
                if signals.isEmpty { Terminal.say("No signal is \(all ? "kept" : "open").\n") }
            }
        }
    }

    /// `healthbrain signals show`
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Tell the life of a signal.")

        @OptionGroup var server: SignalServer

        @Argument(help: "The signal's id.")
        var id: String

        func run() async throws {
            guard ResourceKey.isID(id) else { throw Misuse("\(id) is no id of a signal.") }
            guard let task = try await server.tasks([("_id", id)]).first, let signal = Signal(task, try WatchList())
            else { throw Failure("There is no signal \(id).") }
            if server.format == .json {
                return Terminal.say(String(decoding: try signal.task().text, as: UTF8.self) + "\n")
            }
            Terminal.say("\(signal.condition.nameZh) \(signal.explanation)\n\(signal.condition.source)\n")
            if !signal.assignee.isEmpty { Terminal.say("to act: \(signal.assignee)\n") }
            for step in signal.steps {
                let time = Date(timeIntervalSince1970: Double(step.at) / 1000).formatted(.iso8601)
                Terminal.say("\(time)\t\(step.stage.rawValue)\t\(step.by)\t\(step.text)\n")
            }
        }
    }

    /// `healthbrain signals timeliness`
    struct TimelinessOf: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "timeliness",
            abstract: "Tell how long the steps from signal to close take, in hours from the detection.",
            discussion: "One line each: step, signals, median, P25, P75, P90.")

        @OptionGroup var server: SignalServer

        @Option(help: ArgumentHelp("Of the signals of so many days.", valueName: "days"))
        var days = 365

        func run() async throws {
            let list = try WatchList()
            let now = WallClock.milliseconds()
            func asked(_ query: [(String, String)]) -> [(String, String?)] { query.map { ($0.0, Optional($0.1)) } }
            let signals = try await server.tasks(asked(Signal.search(open: false, count: 500)))
                .compactMap { Signal($0, list) }.filter { $0.detectedAt >= now - Int64(days) * 86_400_000 }
            let measures = try await server.tasks(asked(Measure.search(signal: nil, count: 500)))
                .compactMap { Measure($0) }
            let notices = try await server.resources("Communication", asked(Notice.search(nil, [.sent], count: 500)))
                .compactMap { Notice($0) }
            let found = Timeliness(signals, measures, notices, SignalOptions(), now: now)
            for span in found.spans {
                let hours = [span.median, span.quarter, span.threeQuarters, span.ninety].map {
                    "\(($0 * 100).rounded() / 100)"
                }
                Terminal.say("\(span.step.rawValue)\t\(span.count)\t\(hours.joined(separator: "\t"))\n")
            }
            Terminal.say("judged in time\t\(found.inTime.count)\tof\t\(found.inTime.of)\n")
        }
    }

    /// `healthbrain signals run`
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look through the counts of a store and keep what is unusual as signals.",
            discussion: """
                A running server does so by itself whenever the counts have moved. The store of a data folder must not be in \
                use by a server.
                """)

        @OptionGroup var store: StoreChoice

        @Option(help: ArgumentHelp("The last day that is counted; today unless given.", valueName: "yyyy-mm-dd"))
        var until: String?

        @Option(help: ArgumentHelp("The share of the signals that may be false.", valueName: "share"))
        var falseDiscoveryRate = SignalOptions().falseDiscoveryRate

        @Flag(help: "Only tell what is unusual, and keep nothing.")
        var dryRun = false

        func validate() throws {
            if let until, CivilDay(until) == nil { throw ValidationError("--until must be a day such as 2026-11-22.") }
            guard (0..<1).contains(falseDiscoveryRate), falseDiscoveryRate > 0 else {
                throw ValidationError("--false-discovery-rate must lie between 0 and 1.")
            }
        }

        func run() async throws {
            let opened = try self.store.open(creating: false)
            defer { withExtendedLifetime(opened) {} }
            let store = try App.openStore(opened.location, try Definitions.r4())
            await store.settle()
            var options = SignalOptions()
            options.falseDiscoveryRate = falseDiscoveryRate
            let desk = SignalDesk(store, try WatchList(), options)
            let now = WallClock.milliseconds()
            let day = until.flatMap { CivilDay($0) } ?? CivilDay(milliseconds: now)
            let start = ContinuousClock.now
            do {
                let report =
                    dryRun ? try desk.look(until: day, now: now) : try await desk.run(until: day, now: now)
                for (word, signals) in [("new", report.new), ("open", report.grown)] {
                    for signal in signals { Terminal.say("\(word)\t\(signal.id)\t\(signal.explanation)\n") }
                }
                Terminal.complain("until \(day.isoText), in \(ContinuousClock.now - start)")
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }
}

/// The server that is asked for signals, and how to sign in there.
struct SignalServer: ParsableArguments {
    @Option(help: "The server's address.")
    var server = ServerAddress.standard

    @OptionGroup var token: TokenChoice

    @Option(help: "The form of the result.")
    var format = OutputFormat.text

    /// The Tasks that a search finds.
    func tasks(_ query: [(String, String?)]) async throws -> [JSONNode] { try await resources("Task", query) }

    /// The resources of a type that a search finds.
    func resources(_ type: String, _ query: [(String, String?)]) async throws -> [JSONNode] {
        var parts = URLComponents(string: "\(server.root)/fhir/\(type)") ?? URLComponents()
        parts.queryItems = query.compactMap { name, value in value.map { URLQueryItem(name: name, value: $0) } }
        let answer = try await FHIRClient(server, token: try token.token()).get(parts.string ?? server.root)
        guard answer.isSuccess, let bundle = try? JSONDocument(parsing: answer.body).root else {
            throw Failure("The server answered \(answer.status).")
        }
        return (bundle["entry"].map { Array($0.elements) } ?? []).compactMap { $0["resource"] }
    }
}
