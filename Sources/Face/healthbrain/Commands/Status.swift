import ArgumentParser
import FHIR
import Foundation
import JSON
import Records

/// `healthbrain status`: what a store holds and how its projections are doing.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what a store holds and how its projections are doing.",
        discussion: """
            Asks a running server, or opens the store of a data folder that no server uses, or a PostgreSQL database, \
            which servers may be using.
            """)

    @Option(help: "The server's address.")
    var server: ServerAddress?

    @Option(help: ArgumentHelp("The folder of the store.", valueName: "folder"))
    var data: String?

    @Option(help: ArgumentHelp("A PostgreSQL database: postgres://user@host:5432/name.", valueName: "url"))
    var database: String?

    @Option(help: "The form of the result.")
    var format = OutputFormat.text

    func validate() throws {
        guard [server?.root, data, database].compactMap({ $0 }).count <= 1 else {
            throw ValidationError("Give one of --server, --data and --database.")
        }
    }

    func run() async throws {
        let report: StoreReport
        if let database {
            report = try await StoreReport(StoreLocation.postgreSQL(database))
        } else if let data {
            report = try await StoreReport(folder: data)
        } else {
            report = try await StoreReport(server: server ?? .standard)
        }
        Terminal.say(format == .json ? report.json() : report.text())
    }
}

/// The state of a store, from wherever it was read.
struct StoreReport {
    /// One projection.
    struct Projection {
        let name: String
        let lagChanges: Int
        let lagSeconds: Double
        let failures: Int
    }

    var databaseBytes = 0
    var sequence = 0
    var resources: [String: Int] = [:]
    var projections: [Projection] = []
    /// How much is indexed by each search parameter that was added, from 0 to 1, by the id of its SearchParameter.
    var parameters: [String: Double] = [:]
    /// How much is labelled for the rules of access, from 0 to 1; nil for a store without labels.
    var labelled: Double?

    /// Opens the store of a folder.
    init(folder: String) async throws {
        guard DataFolder.holdsStore(folder) else { throw Misuse("There is no store in \(folder).") }
        let lock = try DataFolder(folder, creating: false)
        defer { withExtendedLifetime(lock) {} }
        try await self.init(.sqlite(path: lock.database))
    }

    /// Opens a store.
    init(_ location: RecordDatabase) async throws {
        let store: RecordStore
        do { store = try App.openStore(location, try Definitions.r4()) } catch let error as RecordsError {
            throw Failure(error.issues.first?.diagnostics ?? "The store can't be opened.")
        }
        let status = try store.status()
        databaseBytes = Int(status.databaseBytes)
        sequence = Int(status.sequence)
        resources = status.resourceCounts.mapValues { Int($0) }
        projections = status.projections.map {
            Projection(
                name: $0.name, lagChanges: Int($0.head - $0.sequence), lagSeconds: $0.lagSeconds, failures: $0.failures)
        }
        parameters = Dictionary(uniqueKeysWithValues: status.parameters.map { ($0.id, $0.indexedRatio) })
        labelled = status.labelledRatio
        await store.close()
    }

    /// Reads the metrics of a server.
    init(server: ServerAddress) async throws {
        var client = FHIRClient(server)
        client.triesMax = 2
        let answer = try await client.get("\(server.root)/metrics")
        guard answer.isSuccess else { throw Failure("\(server.root)/metrics answered \(answer.status).") }
        struct Lag {
            var changes = 0
            var seconds = 0.0
            var failures = 0
        }
        var lags: [String: Lag] = [:]
        for sample in MetricSample.read(String(decoding: answer.body, as: UTF8.self)) {
            switch sample.name {
            case "healthbrain_database_bytes": databaseBytes = Int(sample.value)
            case "healthbrain_feed_sequence": sequence = Int(sample.value)
            case "healthbrain_resources": resources[sample.label] = Int(sample.value)
            case "healthbrain_projection_lag_changes": lags[sample.label, default: Lag()].changes = Int(sample.value)
            case "healthbrain_projection_lag_seconds": lags[sample.label, default: Lag()].seconds = sample.value
            case "healthbrain_projection_failures": lags[sample.label, default: Lag()].failures = Int(sample.value)
            case "healthbrain_search_parameter_indexed_ratio": parameters[sample.label] = sample.value
            case "healthbrain_access_labelled_ratio": labelled = sample.value
            default: break
            }
        }
        projections = lags.sorted { $0.key < $1.key }.map { name, lag in
            Projection(name: name, lagChanges: lag.changes, lagSeconds: lag.seconds, failures: lag.failures)
        }
    }

    func text() -> String {
        var lines = ["database \(databaseBytes) bytes, \(sequence) changes, \(resources.values.reduce(0, +)) resources"]
        lines += resources.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "  \($0.key) \($0.value)" }
        for projection in projections {
            lines.append(
                "projection \(projection.name): \(projection.lagChanges) changes and \(projection.lagSeconds) s behind, "
                    + "\(projection.failures) failures")
        }
        for (id, ratio) in parameters.sorted(by: { $0.key < $1.key }) {
            lines.append("SearchParameter/\(id): \(ratio < 1 ? "\(Int(ratio * 100)) % indexed" : "ready")")
        }
        if let labelled {
            lines.append("labels of access: \(labelled < 1 ? "\(Int(labelled * 100)) %" : "ready")")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    func json() -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("databaseBytes", integer: databaseBytes)
        writer.member("sequence", integer: sequence)
        writer.key("resources")
        writer.beginObject()
        for (type, count) in resources.sorted(by: { $0.key < $1.key }) { writer.member(type, integer: count) }
        writer.endObject()
        writer.key("projections")
        writer.beginArray()
        for projection in projections {
            writer.beginObject()
            writer.member("name", string: projection.name)
            writer.member("lagChanges", integer: projection.lagChanges)
            writer.key("lagSeconds")
            writer.decimal(text: "\(projection.lagSeconds)")
            writer.member("failures", integer: projection.failures)
            writer.endObject()
        }
        writer.endArray()
        writer.key("searchParameters")
        writer.beginArray()
        for (id, ratio) in parameters.sorted(by: { $0.key < $1.key }) {
            writer.beginObject()
            writer.member("id", string: id)
            writer.key("indexedRatio")
            writer.decimal(text: "\(ratio)")
            writer.endObject()
        }
        writer.endArray()
        if let labelled {
            writer.key("labelledRatio")
            writer.decimal(text: "\(labelled)")
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }
}

/// One line of Prometheus's text with at most one label.
struct MetricSample {
    let name: String
    /// The value of the first label; empty when there is none.
    let label: String
    let value: Double

    static func read(_ text: String) -> [MetricSample] {
        text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                return nil
            }
            let series = line[..<space]
            let name = series.prefix { $0 != "{" }
            let quoted = series.split(separator: "\"", omittingEmptySubsequences: false)
            return MetricSample(name: String(name), label: quoted.count > 1 ? String(quoted[1]) : "", value: value)
        }
    }
}
