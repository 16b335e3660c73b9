import ArgumentParser
import Calendar
import FHIR
import Foundation
import JSON
import Records
import Reporting
import Signals
import Syndromes

/// `healthbrain reports`: report cards of notifiable diseases.
struct ReportsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reports", abstract: "Report cards of notifiable diseases, and their clocks (传染病报告卡).",
        subcommands: [List.self, Show.self, Confirm.self, Review.self, Export.self, Run.self])

    /// `healthbrain reports list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the cards of a running server in which something is to be done, the most urgent first.",
            discussion: "One line each: id, stage, due, institution, and what is to be reported; no name of a person.")

        @OptionGroup var server: SignalServer

        @Flag(help: "Those that are done too.")
        var all = false

        func run() async throws {
            let stages = all ? nil : ReportStage.allCases.filter { $0 != .reviewed && $0 != .dismissed }
            let cards = try await server.cards(ReportCard.search(stages, count: 500)).sorted {
                ($0.due ?? .max, $0.id) < ($1.due ?? .max, $1.id)
            }
            if server.format == .json { return try Terminal.say(ReportTable.json(cards, ReportForm()) + "\n") }
            for card in cards {
                Terminal.say(
                    "\(card.id)\t\(card.stage.code)\t\(card.due.map(ReportTime.text) ?? "")\t"
                        + "\(card.values["institution"] ?? "")\t\(card.explanation)\n")
            }
            if cards.isEmpty { Terminal.say("No card is \(all ? "kept" : "open").\n") }
        }
    }

    /// `healthbrain reports show`
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a card: its fields, what is wrong with them, and its life.")

        @OptionGroup var server: SignalServer

        @Argument(help: "The card's id.")
        var id: String

        func run() async throws {
            let form = try ReportForm()
            let card = try await server.card(id)
            if server.format == .json {
                return Terminal.say(String(decoding: try card.task(form).text, as: UTF8.self) + "\n")
            }
            Terminal.say("\(card.disease.nameZh) \(card.explanation)\n")
            for field in form.fields {
                Terminal.say("\(field.id)\t\(field.zh)\t\(card.values[field.id] ?? "")\n")
            }
            for problem in card.problems(form, now: WallClock.milliseconds()) {
                Terminal.say("problem\t\(problem.field)\t\(problem.kind.rawValue)\n")
            }
            for step in card.steps {
                Terminal.say("\(ReportTime.text(step.at))\t\(step.code)\t\(step.by)\t\(step.text)\n")
            }
        }
    }

    /// `healthbrain reports confirm`
    struct Confirm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Report a card, with fields set on the way.",
            discussion: "What is missing or wrong is told field by field, and the card then isn't reported.")

        @OptionGroup var server: SignalServer

        @Argument(help: "The card's id.")
        var id: String

        @Option(help: "Who reports, for the record.")
        var by = ""

        @Option(help: ArgumentHelp("A field: population=3.", valueName: "field=value"))
        var set: [String] = []

        func run() async throws {
            var changes: [String: String] = [:]
            for text in set {
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2, try ReportForm().field(parts[0]) != nil else {
                    throw Misuse("--set \(text): give field=value, with a field that healthbrain reports show lists.")
                }
                changes[parts[0]] = parts[1]
            }
            try await server.take(.confirm, id, by: by, changes: changes)
        }
    }

    /// `healthbrain reports review`
    struct Review: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accept a reported card, or send it back with a reason.")

        @OptionGroup var server: SignalServer

        @Argument(help: "The card's id.")
        var id: String

        @Option(help: "Who reviews, for the record.")
        var by = ""

        @Option(name: .customLong("return"), help: ArgumentHelp("Send it back.", valueName: "reason"))
        var reason: String?

        func run() async throws {
            try await server.take(reason == nil ? .review : .sendBack, id, by: by, text: reason ?? "")
        }
    }

    /// `healthbrain reports export`
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Write the reported cards of some days as CSV or JSON, the columns in the order of the national card.",
            discussion: "Days are those on which cards were prepared, in Shanghai; today unless given.")

        @OptionGroup var server: SignalServer

        @Option(help: ArgumentHelp("The first day.", valueName: "yyyy-mm-dd"))
        var from: String?

        @Option(help: ArgumentHelp("The last day.", valueName: "yyyy-mm-dd"))
        var until: String?

        @Option(help: ArgumentHelp("The file; the standard output unless given.", valueName: "file"))
        var out: String?

        func validate() throws {
            for day in [from, until].compactMap({ $0 }) where CivilDay(day) == nil {
                throw ValidationError("\(day) is no day such as 2026-11-22.")
            }
        }

        func run() async throws {
            let last = until.flatMap { CivilDay($0) } ?? CivilDay(milliseconds: WallClock.milliseconds())
            let first = from.flatMap { CivilDay($0) } ?? last
            guard first <= last else { throw Misuse("--from is later than --until.") }
            let form = try ReportForm()
            let cards = try await server.cards(
                ReportCard.search([.confirmed, .reviewed, .correctionDue], days: first...last, count: 500)
            ).reversed()
            let text =
                server.format == .json
                ? ReportTable.json(Array(cards), form) + "\n" : ReportTable.csv(Array(cards), form)
            guard let out else { return Terminal.say(text) }
            do { try Data(text.utf8).write(to: URL(fileURLWithPath: out), options: .atomic) } catch {
                throw Failure("\(out) can't be written.")
            }
            Terminal.complain("\(cards.count) cards in \(out)")
        }
    }

    /// `healthbrain reports run`
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prepare the cards of a store and look at their clocks.",
            discussion: """
                A running server does so by itself as cases come. The store of a data folder must not be in use by a server.
                """)

        @OptionGroup var store: StoreChoice

        func run() async throws {
            let opened = try self.store.open(creating: false)
            defer { withExtendedLifetime(opened) {} }
            let store = try App.openStore(opened.location, try Definitions.r4())
            await store.settle()
            let signals = SignalDesk(store, try WatchList())
            let desk = ReportDesk(store, try ReportForm(), try UnitClusters(signals.list), signals)
            let start = ContinuousClock.now
            do {
                let report = try await desk.run(now: WallClock.milliseconds())
                Terminal.say(
                    "prepared \(report.prepared.count), changed \(report.changed.count), late \(report.late.count), "
                        + "signals \(report.signals.count)\n")
                Terminal.complain("in \(ContinuousClock.now - start)")
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }
}

extension SignalServer {
    /// The cards that a search finds, page by page.
    func cards(_ query: [(String, String)]) async throws -> [ReportCard] {
        let list = try WatchList()
        var found: [ReportCard] = []
        var cursor: String?
        let client = FHIRClient(server, token: try token.token())
        repeat {
            var parts = URLComponents(string: "\(server.root)/fhir/Task") ?? URLComponents()
            parts.queryItems = query.map { URLQueryItem(name: $0.0, value: $0.1) }
            let answer = try await client.get(cursor ?? parts.string ?? server.root)
            guard answer.isSuccess, let bundle = try? JSONDocument(parsing: answer.body).root else {
                throw Failure("The server answered \(answer.status).")
            }
            for entry in bundle["entry"].map({ Array($0.elements) }) ?? [] {
                if let card = entry["resource"].flatMap({ ReportCard($0, list) }) { found.append(card) }
            }
            let next = bundle["link"]?.elements.first { $0["relation"]?.equals("next") == true }?["url"]?.string
            cursor = next.flatMap { $0.hasPrefix(server.root) ? $0 : nil }
        } while cursor != nil
        return found
    }

    /// One card.
    func card(_ id: String) async throws -> ReportCard {
        guard ResourceKey.isID(id) else { throw Misuse("\(id) is no id of a card.") }
        guard let task = try await tasks([("_id", id)]).first, let card = ReportCard(task, try WatchList()) else {
            throw Failure("There is no card \(id).")
        }
        return card
    }

    /// Takes a step of a card at the server.
    func take(
        _ action: ReportAction, _ id: String, by: String, text: String = "", changes: [String: String] = [:]
    ) async throws {
        let form = try ReportForm()
        var card = try await card(id)
        do {
            try card.take(action, by: by, text: text, changes: changes, form, now: WallClock.milliseconds())
        } catch ReportCard.Refusal.fields(let problems) {
            let lines = problems.map { "\($0.field)\t\(form.field($0.field)?.zh ?? "")\t\($0.kind.rawValue)" }
            throw Failure("The card can't be reported:\n" + lines.joined(separator: "\n"))
        } catch ReportCard.Refusal.reason {
            throw Misuse("A reason is missing.")
        } catch {
            throw Failure("The card is \(card.stage.code): that step isn't possible.")
        }
        let answer = try await FHIRClient(server, token: try token.token()).put(
            try card.task(form).text.map { $0 }, to: "Task/\(id)", over: card.version)
        guard answer.isSuccess else {
            throw Failure(
                answer.status == 412
                    ? "Somebody else has changed the card: look again." : "The server answered \(answer.status).")
        }
        Terminal.say("\(id)\t\(card.stage.code)\n")
    }
}
