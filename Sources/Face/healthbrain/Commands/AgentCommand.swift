import ArgumentParser
import Doors
import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// `healthbrain agent`: the agent 前置机 beside a hospital's system.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Bring what a hospital's system gives to the platform, through outages.",
        subcommands: [Run.self, Tell.self, Shelf.self, Key.self])

    /// `healthbrain agent run`
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Watch folders, queries and MLLP, and send what comes.",
            discussion:
                "Docs/highway.md describes the configuration. Ctrl-C ends it; what waits is sent at the next start.")

        @Option(name: .customLong("config"), help: ArgumentHelp("The configuration, in JSON.", valueName: "file"))
        var file: String

        @Option(
            help: ArgumentHelp(
                "Look for notifiable diseases in what comes, before it leaves, and lay report cards down here.",
                valueName: "folder"))
        var reports: String?

        @OptionGroup var maps: MappingInput

        @Option(help: "How much is logged: trace, debug, info, notice, warning, error, critical.")
        var logLevel = "notice"

        func run() async throws {
            umask(0o077)
            guard let level = Logger.Level(rawValue: logLevel) else {
                throw Misuse("--log-level must be one of trace, debug, info, notice, warning, error, critical.")
            }
            var logger = Logger(label: "healthbrain.agent")
            logger.logLevel = level
            let cards = try reports.map { try AgentReports(folder: $0, try maps.mapping(), logger) }
            var looking: (@Sendable (AgentPiece) -> Void)?
            if let cards { looking = { piece in cards.look(at: piece) } }
            let agent: Agent
            do {
                agent = try Agent(
                    try AgentConfiguration(file: file), logger: logger,
                    onListening: { source, address in
                        Terminal.say("\(source): mllp://\(address.ipAddress ?? ""):\(address.port ?? 0)\n")
                    }, looking: looking)
            } catch let misuse as AgentMisuse {
                throw Misuse("\(misuse)")
            }
            Terminal.say("The agent is ready.\n")
            var configuration = ServiceGroupConfiguration(
                services: [agent], gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
            configuration.maximumGracefulShutdownDuration = .seconds(20)
            do { try await ServiceGroup(configuration: configuration).run() } catch let misuse as AgentMisuse {
                throw Misuse("\(misuse)")
            } catch {
                throw Failure("The agent ended: \(error)")
            }
        }
    }

    /// `healthbrain agent status`
    struct Tell: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status",
            abstract: "Tell what waits, what was last sent, and what is wrong.",
            discussion: "Works while the agent runs and while it doesn't. The exit code is 1 when something is wrong.")

        @Option(help: ArgumentHelp("The folder of the agent's queue.", valueName: "folder"))
        var data: String

        @Option(help: "The form of the result.")
        var format = OutputFormat.text

        func run() async throws {
            let status: AgentStatus
            do { status = try AgentStatus(folder: data) } catch let misuse as AgentMisuse {
                throw Misuse("\(misuse)")
            } catch {
                throw Failure("The queue can't be read: \(error)")
            }
            Terminal.say(format == .text ? status.text : status.json + "\n")
            if !status.isWell { throw ExitCode(1) }
        }
    }

    /// `healthbrain agent shelf`
    struct Shelf: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what was refused for good, and send it again.",
            discussion: "One line each: its number, when, the source, the file or address, the reason.")

        @Option(help: ArgumentHelp("The folder of the agent's queue.", valueName: "folder"))
        var data: String

        @Flag(help: "Put everything back into the queue; the agent must be stopped.")
        var resend = false

        func run() async throws {
            do {
                let lock = resend ? try AgentLock(folder: data) : nil
                defer { withExtendedLifetime(lock) {} }
                let shelf = try AgentShelf(folder: data)
                if resend {
                    Terminal.say("\(try shelf.resend()) items wait to be sent again.\n")
                } else {
                    for entry in try shelf.entries() {
                        let reason = entry.reason.split(whereSeparator: \.isNewline).joined(separator: " ")
                        let time = entry.refused.formatted(.iso8601)
                        Terminal.say("\(entry.number)\t\(time)\t\(entry.source)\t\(entry.origin)\t\(reason)\n")
                    }
                }
                try shelf.close()
            } catch let misuse as AgentMisuse {
                throw Misuse("\(misuse)")
            } catch {
                throw Failure("The shelf can't be read: \(error)")
            }
        }
    }

    /// `healthbrain agent key`
    struct Key: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the key by which an agent signs in, and print its public half.",
            discussion: """
                What is printed is registered at the platform: healthbrain client add NAME --type backend --jwks FILE \
                --organization Organization/ID --scopes "system/*.cu" …
                """)

        @Option(help: ArgumentHelp("The new file of the private key.", valueName: "file"))
        var out: String

        func run() async throws {
            let key = AgentKey()
            let file = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw Misuse("\(out) is there already, or can't be made.") }
            let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
            try handle.write(contentsOf: Data((key.pem + "\n").utf8))
            Terminal.say(key.publicKeys + "\n")
        }
    }
}
