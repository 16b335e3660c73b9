import API
import ArgumentParser
import Edge
import FHIR
import Foundation
import JSON
import Logging
import NIOCore
import Records
import ServiceLifecycle
import UnixSignals

/// `healthbrain serve`: the server.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve FHIR and the pages from a data folder or a PostgreSQL database.",
        discussion: """
            Opens the store in the data folder or the database, or makes an empty one. Several servers may serve one \
            PostgreSQL database. With --demo an empty store is filled with a \
            simulated city through the server's own FHIR door, while it already answers. Ctrl-C finishes running requests \
            and ends. There is no sign-in yet, so the server listens on this machine only.
            """)

    @Option(help: "The TCP port, 0 to 65535; 0 takes a free one.")
    var port = 8080

    @Option(help: "The address to listen on; only addresses of this machine are allowed.")
    var host = "127.0.0.1"

    @OptionGroup(title: "The network")
    var network: NetworkChoice

    @OptionGroup var store: StoreChoice

    @Flag(help: "Fill an empty store with a simulated city.")
    var demo = false

    @OptionGroup(title: "The simulated city")
    var choice: CityChoice

    @Option(help: "How much is logged: trace, debug, info, notice, warning, error, critical.")
    var logLevel = "notice"

    @Option(help: "How the addresses are printed.")
    var format = OutputFormat.text

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535.") }
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError("--log-level must be one of trace, debug, info, notice, warning, error, critical.")
        }
    }

    func run() async throws {
        let edge = try network.options(host: host, port: port, isAccessEnforced: false)
        if demo || choice.city != nil { _ = try choice.note.simulation() }
        let opened = try store.open(creating: true)
        defer { withExtendedLifetime(opened) {} }
        if demo, opened.folder == nil {
            throw Misuse("--demo notes in a folder how far it has come: give --data too.")
        }
        if let folder = opened.folder {
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        var settings = App.Settings(database: opened.location, edge: edge)
        let filled = opened.folder.flatMap { CityNote.read($0) }
        settings.isDemo = demo || filled != nil
        settings.city = filled?.city ?? (demo ? choice.note.city : choice.city)
        settings.assets = ProcessInfo.processInfo.environment["HEALTHBRAIN_ASSETS"]
        settings.logger.logLevel = Logger.Level(rawValue: logLevel) ?? .notice
        let (ports, announced) = AsyncStream.makeStream(of: Int.self)
        let (data, format) = ("\(opened.description)", format)
        let app = try App(settings) { channel in
            let port = channel.localAddress?.port ?? 0
            Self.announce(edge, port, data, format)
            announced.yield(port)
            announced.finish()
        }
        try await serve(app, opened.folder, ports, edge, settings.logger)
        await app.store.close()
    }

    private func serve(
        _ app: App, _ folder: String?, _ ports: AsyncStream<Int>, _ edge: EdgeOptions, _ logger: Logger
    ) async throws {
        var services = [ServiceGroupConfiguration.ServiceConfiguration(service: app.application)]
        if let tls = edge.tls { services.append(.init(service: TLSReload(tls, logger: logger))) }
        let keeper = ViewKeeper(app.store, try Definitions.r4(), logger)
        services.append(.init(service: keeper, successTerminationBehavior: .ignore))
        if demo, let folder, let note = try unfinishedCity(app.store, folder) {
            let city = DemoCity(note: note, folder: folder, scheme: edge.scheme) { await ports.first { _ in true } }
            services.append(.init(service: city, successTerminationBehavior: .ignore))
        }
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(20)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            await app.store.close()
            throw Failure("Port \(port) is in use. Choose another with --port.")
        } catch {
            await app.store.close()
            throw Failure("The server ended: \(error)")
        }
    }

    /// The city to fill the store with: the chosen one for an empty store, or the one that an earlier start has left
    /// incomplete; nil when there is nothing to do.
    private func unfinishedCity(_ store: RecordStore, _ folder: String) throws -> CityNote? {
        if try store.status().resourceCounts.values.allSatisfy({ $0 == 0 }) { return choice.note }
        return CityNote.read(folder).flatMap { $0.isComplete ? nil : $0 }
    }

    private static func announce(_ edge: EdgeOptions, _ port: Int, _ data: String, _ format: OutputFormat) {
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
                  Data     \(data)
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
