import API
import Calendar
import City
import DailyCounts
import Doors
import Edge
import Export
import FHIR
import Gate
import Hazards
import Highway
import Hummingbird
import Laboratories
import Logging
import NIOCore
import Pathways
import Persons
import Population
import Portal
import Programmes
import Records
import Reporting
import SignIn
import Signals
import Subscriptions
import Syndromes
import Timeline
import Views

/// Everything that a server is made of, put together in one place.
struct App {
    /// What a server is made with.
    struct Settings {
        /// The database of the store.
        var database: RecordDatabase
        /// Where to listen, and how the network is met.
        var edge: EdgeOptions
        /// Whether the pages say that the city is a simulated one.
        var isDemo = false
        /// The accounts that the sign-in page lists; nil outside of demo mode.
        var demoBoard: DemoBoard?
        /// The day to which the life of a simulated city has come; nil when it is there.
        var livesThrough: (@Sendable () -> Calendar.CivilDay?)?
        /// The city whose map and districts the pages show; nil for none.
        var city: String?
        /// The folder that may hold the chart library; nil for charts drawn at the server only.
        var assets: String?
        var door = DoorOptions(softwareVersion: Build.version)
        /// Other providers of identities.
        var providers: [ProviderConfiguration] = []
        /// The folder that keeps bulk exports; nil for none.
        var exportFolder: String?
        /// The folder with mapping files of senders; nil for those of the house alone.
        var mapsFolder: String?
        /// Whether Patients of institutions that are one person for certain are joined; else reviewers join them all.
        var matchesPersons = true
        /// For how many days messages that were worked on stay in the inbox; 0: for ever.
        var keptMessageDays = 0
        /// By which door notifications leave; nil where nothing is sent.
        var out: OutboundDoor?
        /// After so many failures one after the other a subscription waits for the operator.
        var outAttempts: Int64 = 300
        /// The folder that keeps the key of the signatures; nil for one that ends with the process.
        var folder: String?
        /// Where the accounts are and which folder keeps the audit log's journal and keys; nil for an open house.
        var guarding: (place: AccountPlace, folder: String)?
        /// The programmes whose pathways are followed.
        var programmes: [Programme] = []
        /// What is asked of those who sign in.
        var rules = HouseRules()
        var logger = Logger(label: "healthbrain")

        /// Where people reach the server, without a path: by its first public name where it has one.
        var origin: String {
            let isSecure = edge.tls != nil || !edge.proxies.isEmpty
            let scheme = isSecure ? "https" : "http"
            let host = edge.names.names.first ?? (edge.host.contains(":") ? "[\(edge.host)]" : edge.host)
            // A proxy stands at the port of its scheme.
            let isPlain = !edge.proxies.isEmpty || edge.port == (isSecure ? 443 : 80)
            return "\(scheme)://\(host)" + (isPlain ? "" : ":\(edge.port)")
        }
    }

    let store: RecordStore
    /// Sign-in, the rules and the audit log; nil for an open house.
    let house: HouseGuard?
    /// Which Patients are one person.
    let persons: Persons
    /// What institutions send.
    let highway: HighwayHouse
    /// Signals of surveillance.
    let signals: SignalDesk
    /// Report cards of notifiable diseases.
    let reports: ReportDesk
    /// Results of hazards at sites.
    let hazards: HazardDesk
    /// The population.
    let population: PopulationDesk
    /// The network of laboratories.
    let laboratories: LaboratoryDesk
    /// Pathways of programmes.
    let pathways: PathwayDesk
    /// What is sent to others; nil where nothing is.
    let out: OutHouse?
    let application: Application<ServerResponder<RouterResponder<BasicRequestContext>>>

    /// Opens the store and wires door and pages to it.
    /// - Parameter onRunning: called with the listening channel once requests are answered.
    init(_ settings: Settings, onRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }) throws {
        let definitions = try Definitions.r4()
        let followed = try settings.programmes.flatMap { try Pathway.all($0, definitions) }
        let store = try Self.openStore(
            settings.database, definitions, followed, isSeenByRules: settings.guarding != nil)
        self.store = store
        signals = SignalDesk(store, try WatchList())
        reports = ReportDesk(store, try ReportForm(), try UnitClusters(signals.list), signals)
        hazards = HazardDesk(store, try HazardList(signals.list), signals)
        population = try PopulationDesk(
            signals, cityCode: try settings.city.flatMap { try Self.division(of: $0) } ?? 0)
        laboratories = LaboratoryDesk(store, try LaboratoryRules())
        pathways = PathwayDesk(store, followed, memberOf: Pathway.membership(settings.programmes))
        var identity = Persons.Options()
        identity.joinsCertain = settings.matchesPersons
        identity.saidAt = { try Highway.saidAt($0, $1) }
        persons = try Persons(store, identity)
        highway = try HighwayHouse(
            store, definitions, persons: persons, folder: settings.mapsFolder, keptDays: settings.keptMessageDays)
        house = try settings.guarding.map {
            try HouseGuard(
                store, definitions, $0.place, folder: $0.folder, origin: settings.origin, providers: settings.providers,
                rules: settings.rules, isDemo: settings.isDemo)
        }
        out = try settings.out.map { [house] door in
            try OutHouse(
                store, definitions, house: house, door: door, attempts: settings.outAttempts, folder: settings.folder,
                origin: settings.origin)
        }
        var door = settings.door
        door.signInRoot = house == nil ? nil : settings.origin
        door.allowsOrigin = house.map { AppOrigins($0.signIn.clients).allows }
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        house?.signIn.addRoutes(to: router)
        try Self.portal(
            settings, store, house, persons, highway.highway, reports, hazards, signals, out?.subscriptions,
            pathways.pathways.isEmpty ? nil : pathways, population, laboratories
        )
        .addRoutes(to: router)
        application = serverApplication(
            store: store, definitions: definitions, pages: router.buildResponder(), edge: settings.edge,
            gate: house?.gate, options: door, exports: try Self.exports(settings, store, definitions),
            highway: highway.service(out?.subscriptions), persons: persons, healthCodes: house?.healthCodes,
            pathways: pathways, logger: settings.logger, onRunning: onRunning)
    }

    /// Finishes what was begun, and closes what is open.
    func close() async throws {
        out?.subscriptions.close()
        await highway.highway.close()
        do { try await house?.close() } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private static func exports(
        _ settings: Settings, _ store: RecordStore, _ definitions: Definitions
    ) throws -> ExportDesk? {
        guard let folder = settings.exportFolder else { return nil }
        do { return try ExportDesk(store, definitions, ExportDesk.Options(folder: folder)) } catch {
            throw Failure("\(error)")
        }
    }

    /// The code of GB/T 2260 of a city.
    static func division(of city: String) throws -> Int? {
        // The first four digits of a district's code name its city.
        try CityResources.districts(city: city).first.flatMap { Int($0.code.prefix(4)) }.map { $0 * 100 }
    }

    private static func portal(
        _ settings: Settings, _ store: RecordStore, _ house: HouseGuard?, _ persons: Persons, _ highway: Highway,
        _ reports: ReportDesk, _ hazards: HazardDesk, _ signals: SignalDesk, _ subscriptions: Subscriptions?,
        _ pathways: PathwayDesk?, _ population: PopulationDesk, _ laboratories: LaboratoryDesk
    ) throws -> Portal {
        var (code, boundaries, demoAccounts): (Int, [UInt8]?, (@Sendable () -> [DemoAccount])?) = (0, nil, nil)
        if let city = settings.city {
            code = try division(of: city) ?? 0
            boundaries = try CityResources.boundaries(city: city)
        }
        if let board = settings.demoBoard { demoAccounts = { board.accounts } }
        return try Portal(
            store: store, demo: settings.isDemo, cityCode: code, boundaries: boundaries,
            assetsDirectory: settings.assets, gate: house?.gate, signIn: house?.signIn, demoAccounts: demoAccounts,
            livesThrough: settings.livesThrough, auditFaults: { house?.faults ?? [] }, persons: persons,
            healthCodes: house?.healthCodes,
            highway: highway, signals: signals, reports: reports, hazards: hazards,
            subscriptions: subscriptions, pathways: pathways, population: population,
            laboratories: laboratories)
    }

    /// Opens a store with every projection of the house.
    static func openStore(
        _ database: RecordDatabase, _ definitions: Definitions, _ pathways: [Pathway] = [], isSeenByRules: Bool = false
    ) throws -> RecordStore {
        var options = RecordStoreOptions(database: database, readers: readers(database))
        options.isSeenByRules = isSeenByRules
        let list = try WatchList()
        let looked = pathways.isEmpty ? nil : Pathway.types(pathways)
        return try RecordStore(
            options, definitions: definitions,
            projections: [
                DailyCountsProjection(), EventCountsProjection(list), ReportCasesProjection(list, try ReportForm()),
                HazardResultsProjection(try HazardList(list)),
                PopulationProjection(), TimelineProjection(),
                ViewTables(definitions: definitions), PersonIndex(), PathwayTables(definitions, looked: looked),
                WorkTables(),
            ])
    }

    /// A read of PostgreSQL waits for round trips, so more of them are under way than processors are there.
    private static func readers(_ database: RecordDatabase) -> Int {
        if case .postgreSQL = database { 16 } else { 4 }
    }
}
