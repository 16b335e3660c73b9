import API
import Accounts
import ArgumentParser
import Doors
import Edge
import FHIR
import Foundation
import Gate
import Hazards
import JSON
import Logging
import NIOCore
import NIOPosix
import Pathways
import Programmes
import Records
import Reporting
import ServiceLifecycle
import SignIn
import UnixSignals

/// `healthbrain serve`: the server.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve FHIR and the pages from a data folder or a PostgreSQL database.",
        discussion: """
            Opens the store in the data folder or the database, or makes an empty one. Several servers may serve one \
            PostgreSQL database. With --demo an empty store is filled with a \
            simulated city through the server's own FHIR door, while it already answers. Ctrl-C finishes running requests \
            and ends. Everybody signs in, sees what the rules of access let them see, and leaves a trace in the audit log. \
            With --access open nobody is asked, everybody who reaches the server does everything, and it listens on this \
            machine only: for development and tests with invented people.
            """)

    @Option(help: "The TCP port, 0 to 65535; 0 takes a free one.")
    var port = 8080

    @Option(
        help: "The address to listen on; beyond this machine it needs TLS or --behind-proxy, and --public-name.")
    var host = "127.0.0.1"

    @OptionGroup(title: "The network")
    var network: NetworkChoice

    @OptionGroup(title: "HL7 v2 by MLLP")
    var mllp: MLLPChoice

    @OptionGroup(title: "What goes out")
    var out: OutChoice

    @OptionGroup var store: StoreChoice

    @Option(help: "Whether the server asks who is there: enforced or open.")
    var access = AccessMode.enforced

    @OptionGroup(title: "Who signs in")
    var rules: HouseRules

    @Option(help: "A file that names other providers of identities (OpenID Connect), as Docs/security/sign-in.md says.")
    var providers: String?

    @Option(
        help: ArgumentHelp(
            "Mapping files (.map) of senders, and the ConceptMaps (.json) that they name; read again at SIGHUP.",
            valueName: "folder"))
    var maps: String?

    @Option(
        help: ArgumentHelp(
            "The folder of programmes whose pathways are followed, “shipped” for those that come with the house, or “none”; with --demo shipped unless given, else none.",
            valueName: "folder"))
    var programmes: String?

    @Option(
        help: ArgumentHelp(
            "For how many days messages that were worked on stay in the highway's inbox; 0: for ever.",
            valueName: "days"))
    var keepMessages = 365

    @Flag(
        inversion: .prefixedNo,
        help: "Join Patients of institutions that are one person for certain; else reviewers join them all.")
    var matchPersons = true

    @Flag(help: "Fill an empty store with a simulated city.")
    var demo = false

    @OptionGroup(title: "The simulated city")
    var choice: CityChoice

    @Option(
        help:
            "With --demo and --programmes: residents who live with the programmes through the days of the city; 0 for none."
    )
    var living = 150

    @Option(help: "How much is logged: trace, debug, info, notice, warning, error, critical.")
    var logLevel = "notice"

    @Option(help: "How the addresses are printed.")
    var format = OutputFormat.text

    /// The programmes that are followed; nil for none.
    private var followed: String? { programmes ?? (demo && ProgrammePlace.shipped != nil ? "shipped" : nil) }

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535.") }
        guard (0...100_000).contains(living) else { throw ValidationError("--living must be 0 to 100000.") }
        guard (0...36_500).contains(keepMessages) else {
            throw ValidationError("--keep-messages must be 0 to 36500 days.")
        }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level must be one of trace, debug, info, notice, warning, error, critical.")
        }
    }

    func run() async throws {
        let edge = try network.options(
            host: host, port: try chosenPort(), isAccessEnforced: access == .enforced,
            beside: mllp.isWanted ? MLLPLimits().connectionsMax : 0)
        let (listeners, callers) = try mllp.listeners(network)
        if demo || choice.city != nil { _ = try choice.note.simulation() }
        let opened = try store.open(creating: true)
        defer { withExtendedLifetime(opened) {} }
        if demo, opened.folder == nil {
            throw Misuse("--demo notes in a folder how far it has come: give --data too.")
        }
        if access == .enforced, opened.folder == nil {
            throw Misuse("The server keeps its keys and the audit log's journal in a folder: give --data too.")
        }
        if let folder = opened.folder {
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        var settings = App.Settings(database: opened.location, edge: edge)
        settings.mapsFolder = maps
        settings.matchesPersons = matchPersons
        settings.programmes = try ProgrammePlace.programmes(followed)
        settings.keptMessageDays = keepMessages
        let life = LifeBoard()
        if demo { settings.livesThrough = { life.day } }
        settings.out = try out.door(isOpen: access == .open)
        settings.outAttempts = out.attempts
        settings.folder = opened.folder
        settings.exportFolder = opened.folder.map { "\($0)/exports" }
        let filled = opened.folder.flatMap { CityNote.read($0) }
        settings.isDemo = demo || filled != nil
        settings.city = filled?.city ?? (demo ? choice.note.city : choice.city)
        settings.assets = ProcessInfo.processInfo.environment["HEALTHBRAIN_ASSETS"]
        if access == .enforced, let folder = opened.folder {
            // What is made from now on is for the server's user alone.
            umask(0o077)
            settings.guarding = (try AccountPlace(store), folder)
            settings.rules = rules
            do { settings.providers = try providers.map(ProviderConfiguration.read(file:)) ?? [] } catch {
                throw Misuse("\(error)")
            }
        }
        if demo, settings.guarding != nil { settings.demoBoard = DemoBoard() }
        settings.logger.logLevel = Logger.Level(rawValue: logLevel) ?? .notice
        let counters = MLLPCounters()
        if mllp.isWanted { settings.door.moreMetrics = { counters.prometheusText } }
        let (ports, announced) = AsyncStream.makeStream(of: Int.self)
        let (data, format) = ("\(opened.description)", format)
        let isFollowing = !settings.programmes.isEmpty
        let app = try App(settings) { channel in
            let port = channel.localAddress?.port ?? 0
            Self.announce(edge, port, data, isFollowing: isFollowing, format)
            announced.yield(port)
            announced.finish()
        }
        if let house = app.house, !demo, let first = try await house.accounts.makeFirstOperator() {
            Self.announce(first, format)
        }
        let door =
            mllp.isWanted
            ? MLLPServer(
                listeners, inbox: HighwayInbox(highway: app.highway.highway), callers: callers, counters: counters,
                logger: settings.logger
            ) { [format] in Self.announce($0, format) } : nil
        app.house?.start()
        for fault in app.house?.faults ?? [] { settings.logger.error("\(fault)") }
        do { try await serve(app, opened.folder, ports, settings, life, door.map { ($0, listeners) }) } catch {
            try? await app.close()
            throw error
        }
        try await app.close()
    }

    /// The port to listen on. Where people sign in the server's own address stands in what it signs, so that a free port is
    /// chosen before anything is made.
    private func chosenPort() throws -> Int {
        guard port == 0, access == .enforced else { return port }
        let socket = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: host, port: 0).wait()
        defer { try? socket.close().wait() }
        return socket.localAddress?.port ?? 0
    }

    private func serve(
        _ app: App, _ folder: String?, _ ports: AsyncStream<Int>, _ settings: App.Settings,
        _ life: LifeBoard, _ door: (MLLPServer, [MLLPListener])?
    ) async throws {
        let (logger, edge) = (settings.logger, settings.edge)
        var services = [ServiceGroupConfiguration.ServiceConfiguration(service: app.application)]
        if let tls = edge.tls { services.append(.init(service: TLSReload(tls, logger: logger))) }
        services.append(.init(service: HighwayWork(house: app.highway, logger: logger)))
        services.append(.init(service: PersonWork(persons: app.persons, logger: logger)))
        if let out = app.out { services.append(.init(service: out.work)) }
        if let (server, listeners) = door {
            services.append(.init(service: server))
            services += listeners.compactMap(\.tls).map { .init(service: TLSReload($0, logger: logger)) }
        }
        let keeper = ViewKeeper(app.store, try Definitions.r4(), logger)
        services.append(.init(service: keeper, successTerminationBehavior: .ignore))
        let signals = SignalKeeper(
            app.signals, isWhole: { folder.flatMap { CityNote.read($0) }?.isComplete ?? true }, logger)
        services.append(.init(service: signals, successTerminationBehavior: .ignore))
        let isWhole: @Sendable () -> Bool = { folder.flatMap { CityNote.read($0) }?.isComplete ?? true }
        let reports = DeskKeeper("reports", app.store, projection: "report_cases", isWhole: isWhole, logger) {
            [desk = app.reports] now in
            let done = try await desk.run(now: now)
            if done.isEmpty { return [:] }
            return ["prepared": done.prepared.count, "changed": done.changed.count, "late": done.late.count]
        }
        services.append(.init(service: reports, successTerminationBehavior: .ignore))
        let hazards = DeskKeeper("hazards", app.store, projection: "hazard_results", isWhole: isWhole, logger) {
            [desk = app.hazards] now in
            let done = try await desk.run(now: now)
            if done.isEmpty { return [:] }
            return [
                "signals": done.signals.count, "measures": done.measures.count, "answered": done.answered.count,
            ]
        }
        services.append(.init(service: hazards, successTerminationBehavior: .ignore))
        let population = PopulationKeeper(
            app.population, app.store, isWhole: { folder.flatMap { CityNote.read($0) }?.isComplete ?? true }, logger)
        services.append(.init(service: population, successTerminationBehavior: .ignore))
        let laboratories = LaboratoryKeeper(
            app.laboratories, isWhole: { folder.flatMap { CityNote.read($0) }?.isComplete ?? true }, logger)
        services.append(.init(service: laboratories, successTerminationBehavior: .ignore))
        if !app.pathways.pathways.isEmpty {
            let pathways = PathwayKeeper(
                app.pathways, settings.programmes,
                isWhole: { folder.flatMap { CityNote.read($0) }?.isComplete ?? true },
                living: { folder.flatMap { CityNote.read($0) }?.livingNow ?? 0 },
                isServing: { [load = settings.door.load] in load.inFlight > 0 }, logger)
            services.append(.init(service: pathways, successTerminationBehavior: .ignore))
        }
        if demo, let folder {
            let accounts = try demoAccounts(app, folder, settings)
            let city = DemoCity(
                note: try unfinishedCity(app.store, folder), folder: folder, scheme: edge.scheme,
                token: app.house?.token.text,
                port: { await ports.first { _ in true } },
                whenComplete: { [format, board = settings.demoBoard] in
                    guard let accounts else { return }
                    let entries = try await accounts.entries()
                    board?.show(entries.compactMap(\.shown))
                    Self.announce(entries, format)
                })
            services.append(.init(service: city, successTerminationBehavior: .ignore))
            let living = CityLiving(
                folder: folder, desk: app.pathways, programmes: settings.programmes, board: life, logger: logger)
            services.append(.init(service: living, successTerminationBehavior: .ignore))
        }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(20)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw Failure("Port \(edge.port) is in use. Choose another with --port.")
        } catch {
            throw Failure("The server ended: \(error)")
        }
    }

    /// The city to fill the store with: the chosen one for an empty store, or the one that an earlier start has left
    /// incomplete; nil when there is nothing to do.
    private func unfinishedCity(_ store: RecordStore, _ folder: String) throws -> CityNote? {
        if try store.status().resourceCounts.values.allSatisfy({ $0 == 0 }) {
            var note = choice.note
            if let followed, followed != "none", living > 0 { note.living = living }
            return note
        }
        return CityNote.read(folder).flatMap { $0.isComplete ? nil : $0 }
    }

    private func demoAccounts(_ app: App, _ folder: String, _ settings: App.Settings) throws -> DemoAccounts? {
        guard let house = app.house else { return nil }
        let division = try settings.city.flatMap { try App.division(of: $0) } ?? 330_100
        return DemoAccounts(gate: house.gate, folder: folder, division: "\(division)")
    }

    /// Prints where messages are taken by MLLP.
    private static func announce(_ listeners: [SocketAddress], _ format: OutputFormat) {
        for address in listeners {
            let place = "mllp://\(address.ipAddress ?? ""):\(address.port ?? 0)"
            Terminal.say(format == .text ? "  MLLP     \(place)\n" : "{\"mllp\":\"\(place)\"}\n")
        }
    }

    private static func announce(_ first: NewAccount, _ format: OutputFormat) {
        guard let password = first.oneTimePassword else { return }
        announce([DemoAccounts.Entry(login: "\(first.account.login)", password: password, about: "one-time")], format)
    }

    /// Prints accounts, once.
    private static func announce(_ accounts: [DemoAccounts.Entry], _ format: OutputFormat) {
        switch format {
        case .text:
            let lines = accounts.map { "  \($0.login)\t\($0.password)\t\($0.about)" }
            Terminal.say("Accounts, with their passwords:\n\(lines.joined(separator: "\n"))\n\n")
        case .json:
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("accounts")
            writer.beginArray()
            for account in accounts {
                writer.beginObject()
                writer.member("login", string: account.login)
                writer.member("password", string: account.password)
                writer.member("about", string: account.about)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            Terminal.say(String(decoding: writer.bytes, as: UTF8.self) + "\n")
        }
    }

    private static func announce(
        _ edge: EdgeOptions, _ port: Int, _ data: String, isFollowing: Bool, _ format: OutputFormat
    ) {
        let host = edge.names.names.first ?? (edge.host.contains(":") ? "[\(edge.host)]" : edge.host)
        let root = "\(edge.scheme)://\(host):\(port)"
        switch format {
        case .text:
            Terminal.say(
                """
                Health Brain is ready.
                  Pages    \(root)/
                  FHIR R4  \(root)/fhir
                  Metrics  \(root)/metrics
                  Data     \(data)\(isFollowing ? "" : "\n  No programme is followed; --programmes shipped follows those that come with the house.")
                Ctrl-C ends it.

                """)
        case .json:
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("pages", string: "\(root)/")
            writer.member("fhir", string: "\(root)/fhir")
            writer.member("metrics", string: "\(root)/metrics")
            writer.member("data", string: data)
            writer.endObject()
            Terminal.say(String(decoding: writer.bytes, as: UTF8.self) + "\n")
        }
    }
}
