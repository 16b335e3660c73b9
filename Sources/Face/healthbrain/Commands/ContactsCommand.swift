import ArgumentParser
import Calendar
import Containment
import FHIR
import Foundation
import JSON
import Records
import Syndromes

/// `healthbrain contacts`: contacts of cases and their observation.
struct ContactsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts", abstract: "Contacts of cases, whom to follow up, and until when (密切接触者).",
        subcommands: [List.self, Show.self, Follow.self])

    /// `healthbrain contacts list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the contacts of a running server, the most urgent first.",
            discussion: "One line each: id, stage, the last day of observation, until when to follow up; no name.")

        @OptionGroup var server: SignalServer

        @Option(help: ArgumentHelp("Of one signal alone.", valueName: "id"))
        var signal: String?

        @Flag(help: "Those whose observation has ended too.")
        var all = false

        @Flag(help: "Those alone whose follow-up is overdue.")
        var overdue = false

        func run() async throws {
            let (list, rules) = (try WatchList(), try ContactRules())
            let now = WallClock.milliseconds()
            let query = Contact.search(signal: signal, open: !all, count: 500).map { ($0.0, Optional($0.1)) }
            let contacts = try await server.tasks(query).compactMap { Contact($0, list) }
                .filter { !overdue || $0.isOverdue(at: now, rules) }
                .sorted { ($0.due(rules) ?? .max, $0.id) < ($1.due(rules) ?? .max, $1.id) }
            if server.format == .json {
                let texts = try contacts.map { String(decoding: try $0.task(rules).text, as: UTF8.self) }
                return Terminal.say("[" + texts.joined(separator: ",") + "]\n")
            }
            for contact in contacts {
                let due = contact.due(rules).map { CivilDay(milliseconds: $0 - 1).isoText } ?? ""
                let mark = contact.isAlarming ? "symptoms" : contact.isOverdue(at: now, rules) ? "overdue" : ""
                Terminal.say(
                    "\(contact.id)\t\(contact.stage.rawValue)\t\(contact.lastDay.isoText)\t\(due)\t\(mark)\t"
                        + "\(contact.condition.nameEn), \(contact.district)\n")
            }
            if contacts.isEmpty { Terminal.say("There is no such contact.\n") }
        }
    }

    /// `healthbrain contacts show`
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Tell the observation of a contact, day by day.")

        @OptionGroup var server: SignalServer

        @Argument(help: "The contact's id.")
        var id: String

        func run() async throws {
            let rules = try ContactRules()
            let contact = try await server.contact(id)
            if server.format == .json {
                return Terminal.say(String(decoding: try contact.task(rules).text, as: UTF8.self) + "\n")
            }
            Terminal.say("\(contact.name)\t\(contact.phone)\t\(contact.condition.nameZh) \(contact.stage.rawValue)\n")
            for item in contact.plan(today: CivilDay(milliseconds: WallClock.milliseconds())) {
                let state =
                    switch item.state {
                    case .done(let outcome): outcome.rawValue
                    case .missed: "missed"
                    case .today: "to do"
                    case .ahead: ""
                    }
                Terminal.say("\(item.day.isoText)\t\(state)\n")
            }
        }
    }

    /// `healthbrain contacts follow`
    struct Follow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Record a follow-up.")

        @OptionGroup var server: SignalServer

        @Argument(help: "The contact's id.")
        var id: String

        @Option(help: "well, symptoms, negative, positive or unreached.")
        var outcome: String

        @Option(help: "In degrees Celsius.")
        var temperature: Double?

        @Option(help: "Who followed up, for the record.")
        var by = ""

        @Option(help: "What was found.")
        var text = ""

        func run() async throws {
            guard let outcome = ContactOutcome(rawValue: outcome) else {
                throw Misuse("--outcome \(outcome): give well, symptoms, negative, positive or unreached.")
            }
            var contact = try await server.contact(id)
            var action = Contact.Action(.follow, by: by)
            (action.outcome, action.temperature, action.text) = (outcome, temperature, text)
            do { try contact.take(action, now: WallClock.milliseconds()) } catch {
                throw Failure("This follow-up can't be recorded: \(error.rawValue).")
            }
            let answer = try await FHIRClient(server.server, token: try server.token.token()).put(
                try contact.task(ContactRules()).text.map { $0 }, to: "Task/\(id)", over: contact.version)
            guard answer.isSuccess else {
                throw Failure(
                    answer.status == 412
                        ? "Somebody else has changed the contact: look again." : "The server answered \(answer.status)."
                )
            }
            Terminal.say("\(id)\t\(contact.stage.rawValue)\n")
        }
    }
}

extension SignalServer {
    /// A contact by its id.
    fileprivate func contact(_ id: String) async throws -> Contact {
        guard ResourceKey.isID(id) else { throw Misuse("\(id) is no id of a contact.") }
        guard let task = try await tasks([("_id", id)]).first, let contact = Contact(task, try WatchList()) else {
            throw Failure("There is no contact \(id).")
        }
        return contact
    }
}
