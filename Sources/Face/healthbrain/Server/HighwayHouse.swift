import API
import FHIR
import Highway
import JSON
import Logging
import Mapping
import Persons
import Records
import ServiceLifecycle
import Subscriptions
import UnixSignals

/// The highway of a server, with the mapping files of the house and those of a folder.
struct HighwayHouse: Sendable {
    let highway: Highway
    private let definitions: Definitions
    private let folder: String?

    /// - Parameters:
    ///   - persons: knows which Patients are one person.
    ///   - folder: mapping files (`.map`) of senders and ConceptMaps (`.json`) that they name; nil for none.
    ///   - keptDays: for how long messages that were worked on stay in the inbox; 0: for ever.
    init(
        _ store: RecordStore, _ definitions: Definitions, persons: Persons, folder: String?, keptDays: Int
    ) throws {
        self.definitions = definitions
        self.folder = folder
        var options = HighwayOptions()
        options.persons = persons
        options.keptMilliseconds = keptDays == 0 ? nil : Int64(keptDays) * 86_400_000
        highway = try Highway(store, mapping: try Self.mapping(definitions, folder), options: options)
    }

    /// Reads the mapping files anew; where they are wrong the ones of before stay.
    /// - Returns: how many deliveries are worked on again.
    func reload() async throws -> Int {
        do { return try await highway.reload(try Self.mapping(definitions, folder)) } catch let error as Misuse {
            throw RecordsError(.unprocessable, error.description)
        } catch let error as HighwayError {
            throw RecordsError(.unavailable, error.message)
        }
    }

    /// As the door needs it.
    func service(_ subscriptions: Subscriptions?) -> HighwayService {
        HighwayService(highway, subscriptions: subscriptions) { try await reload() }
    }

    private static func mapping(_ definitions: Definitions, _ folder: String?) throws -> Mapping {
        do {
            guard let folder else { return try Mapping.house(definitions) }
            return try Mapping.house(
                definitions, adding: try Mapping.files(in: folder), conceptMaps: try conceptMaps(folder))
        } catch let faults as MapFaults {
            throw Misuse("The mapping files are wrong:\n\(faults)")
        }
    }

    private static func conceptMaps(_ folder: String) throws -> [JSONDocument] {
        try MapFolder.conceptMaps(in: folder)
    }
}

/// Works on the inbox while the server runs, and reads the mapping files anew at each SIGHUP.
struct HighwayWork: Service {
    let house: HighwayHouse
    let logger: Logger

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await house.highway.run() }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
                    do {
                        let count = try await house.reload()
                        logger.notice("mapping files read again", metadata: ["deliveries": "\(count)"])
                    } catch {
                        logger.error("the mappings stay as they were", metadata: ["reason": "\(error)"])
                    }
                }
                await house.highway.close()
            }
            await group.waitForAll()
        }
    }
}
