public import Calendar
import Containment
import FHIR
import Forms
import Foundation
public import Gate
public import Hazards
public import HealthCode
public import Highway
public import Hummingbird
public import Laboratories
public import Pathways
public import Persons
public import Population
public import Records
public import Reporting
public import SignIn
public import Signals
public import Subscriptions
import Syndromes

/// The pages of Health Brain: a city's day at `/`, search for a resident at `/residents`, one resident's life at
/// `/residents/{id}`, a source document at `/records/{type}/{id}`.
///
/// Every page is made at the server and is whole without script. Language and size of type are kept in cookies.
public struct Portal: Sendable {
    /// What is made once and shared by every request.
    struct Parts: Sendable {
        let store: RecordStore
        let catalogue: TextCatalogue
        let templates: Templates
        let assets: StaticAssets
        let place: CityPlace
        let isDemo: Bool
        let livesThrough: (@Sendable () -> CivilDay?)?
        let now: @Sendable () -> Int64
        /// Whether people reach the server by TLS.
        let isSecure: Bool
        let livePulse: LivePulse
        /// Who is there and what they may; nil for an open portal.
        let gate: PortalGate?
        /// The index of persons; nil where there is none.
        let persons: Persons?
        /// Makes health codes; nil where there are none.
        let healthCodes: HealthCodeDesk?
        /// What institutions send; nil where there is none.
        let highway: Highway?
        /// Looks for signals of surveillance and keeps them; nil where there is none.
        let signals: SignalDesk?
        /// How contacts are watched; nil where there are no signals.
        let contacts: ContactRules?
        /// Keeps report cards of notifiable diseases; nil where there is none.
        let reports: ReportDesk?
        /// Results of hazards at sites; nil where there is none.
        let hazards: HazardDesk?
        /// What is sent to others; nil where nothing is.
        let subscriptions: Subscriptions?
        /// Fills forms and keeps what was answered.
        let forms: FormDesk
        /// The pathways of programmes that are followed; nil where none are.
        let pathways: PathwayDesk?
        /// Watches the population; nil where nobody does.
        let population: PopulationDesk?
        /// The network of laboratories; nil where there is none.
        let laboratories: LaboratoryDesk?
    }

    let parts: Parts

    /// Reads templates, texts and boundaries, once.
    ///
    /// - Parameters:
    ///   - store: the records shown, with the projections `TimelineProjection` and `DailyCountsProjection`.
    ///   - demo: whether the pages say that the city is a simulated one.
    ///   - cityCode: GB/T 2260 code of the city, such as 330100; 0 when the store holds no particular city.
    ///   - boundaries: GeoJSON of the districts, each feature with `properties.code` and `properties.name`; nil for
    ///     pages without a map.
    ///   - assetsDirectory: the folder that may hold `echarts.min.js`; without it, charts are drawn at the server only.
    ///   - gate: who may sign in and what they then see; nil for a portal where nobody signs in and everybody sees
    ///     everything.
    ///   - signIn: the programs that people let in, and other providers of identities; nil for none.
    ///   - demoAccounts: the accounts that the sign-in page lists, passwords included; nil outside of demo mode, and then it
    ///     lists none.
    ///   - livesThrough: the day to which the life of a simulated city has come; nil when it is there.
    ///   - auditFaults: what is wrong with the keeping of the audit log just now, for an operator.
    ///   - persons: the index of persons; nil for none.
    ///   - healthCodes: makes health codes; nil for none.
    ///   - highway: what institutions send, for operators; nil for none.
    ///   - signals: signals of surveillance, for epidemiologists; nil for none.
    ///   - reports: report cards of notifiable diseases, for clinicians and epidemiologists; nil for none.
    ///   - hazards: results of hazards at sites, for epidemiologists; nil for none.
    ///   - subscriptions: what is sent to others; nil for none.
    ///   - pathways: the pathways of programmes that are followed, in a store that runs `PathwayTables` and `WorkTables`; nil for
    ///     none.
    ///   - population: watches the population, in a store that runs `PopulationProjection`; nil for none.
    ///   - laboratories: the network of laboratories; nil for none.
    ///   - now: the clock, in milliseconds since 1970 UTC; nil for the system's.
    /// - Throws: ``PortalError`` when a file of the portal is missing or cannot be read.
    public init(
        store: RecordStore, demo: Bool = false, cityCode: Int = 0, boundaries: [UInt8]? = nil,
        assetsDirectory: String? = nil, gate: Gate? = nil, signIn: SignIn? = nil,
        demoAccounts: (@Sendable () -> [DemoAccount])? = nil,
        livesThrough: (@Sendable () -> CivilDay?)? = nil,
        auditFaults: @escaping @Sendable () -> [String] = { [] },
        persons: Persons? = nil, healthCodes: HealthCodeDesk? = nil, highway: Highway? = nil,
        signals: SignalDesk? = nil, reports: ReportDesk? = nil, hazards: HazardDesk? = nil,
        subscriptions: Subscriptions? = nil,
        pathways: PathwayDesk? = nil, population: PopulationDesk? = nil,
        laboratories: LaboratoryDesk? = nil, now: (@Sendable () -> Int64)? = nil
    ) throws(PortalError) {
        let now = now ?? { Int64(Date().timeIntervalSince1970 * 1000) }
        let map: DistrictMap? = if let boundaries { try DistrictMap(geoJSON: boundaries) } else { nil }
        let contacts: ContactRules?
        do { contacts = signals == nil ? nil : try ContactRules() } catch {
            throw PortalError.malformedResource(path: error.file, reason: "\(error)")
        }
        let definitions: Definitions
        do { definitions = try .r4() } catch {
            throw PortalError.malformedResource(path: "r4", reason: "\(error)")
        }
        parts = Parts(
            store: store, catalogue: try TextCatalogue(), templates: try Templates(),
            assets: try StaticAssets(chartsDirectory: assetsDirectory),
            place: CityPlace(code: cityCode, names: try PlaceNames(), map: map), isDemo: demo,
            livesThrough: livesThrough, now: now,
            isSecure: gate?.options.isSecure ?? false, livePulse: LivePulse(store: store, now: now),
            gate: gate.map {
                PortalGate(
                    gate: $0, signIn: signIn, demoAccounts: demoAccounts, auditFaults: auditFaults,
                    hasReviews: persons != nil, hasCodes: healthCodes != nil, hasHighway: highway != nil,
                    hasSignals: signals != nil, hasReports: reports != nil, hasHazards: hazards != nil,
                    hasProgrammes: pathways != nil, hasPopulation: population != nil,
                    hasLaboratories: laboratories != nil)
            }, persons: persons, healthCodes: healthCodes, highway: highway, signals: signals, contacts: contacts,
            reports: reports, hazards: hazards, subscriptions: subscriptions,
            forms: FormDesk(store, definitions: definitions), pathways: pathways, population: population,
            laboratories: laboratories)
    }

    /// Adds the pages, their styles and script, and the live stream. Any other path gets a page that says so.
    public func addRoutes(to router: Router<BasicRequestContext>) {
        addAssets(to: router)
        addForms(to: router)
        if let highway = parts.highway { addHighway(to: router, highway) }
        if let desk = parts.signals { addSignals(to: router, desk) }
        if let desk = parts.signals, let rules = parts.contacts {
            addContacts(to: router, desk, rules)
            addResponse(to: router, desk)
            addNotices(to: router, desk)
            addSeasons(to: router, desk)
        }
        if let desk = parts.reports { addReports(to: router, desk) }
        if let desk = parts.hazards, let signals = parts.signals { addHazards(to: router, desk, signals) }
        if let desk = parts.population, let list = parts.signals?.list { addPopulation(to: router, desk, list) }
        if let desk = parts.laboratories, let signals = parts.signals { addLaboratories(to: router, desk, signals) }
        if let subscriptions = parts.subscriptions { addOut(to: router, subscriptions) }
        guard let gate = parts.gate else {
            addPages(to: router)
            addLive(to: router)
            return
        }
        addSignIn(to: router, gate)
        addAccount(to: router, gate)
        addAccesses(to: router, gate)
        addFamily(to: router, gate)
        addEmergency(to: router, gate)
        addOffline(to: router, gate)
        addAccounts(to: router, gate)
        addAudit(to: router, gate)
        if let persons = parts.persons { addIdentity(to: router, gate, persons) }
        if let desk = parts.healthCodes { addHealthCode(to: router, gate, desk) }
        if let desk = parts.pathways {
            addToday(to: router, gate, desk)
            addTakeAlong(to: router, gate, desk)
            addTasks(to: router, gate, desk)
            addBulk(to: router, gate, desk)
            addCare(to: router, gate, desk)
            addOwnProgrammes(to: router, gate, desk)
            addVaccinations(to: router, gate, desk)
            addFunnels(to: router, gate, desk)
        }
        addGuardedPages(to: router, gate)
    }
}
