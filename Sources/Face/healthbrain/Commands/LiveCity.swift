import ArgumentParser
import Calendar
import FHIR
import Living
import Pathways
import Programmes
import Records

/// `healthbrain city live`: residents live with programmes, in a store of their own.
struct LiveCity: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live",
        abstract: "Let residents live with programmes day by day, in an empty store, by a set clock.",
        discussion: """
            The store gets the institutions of the city and the residents, and then what they and the staff do with the Tasks \
            that the engine makes. The same options give the same life. Printed are the funnels of the programmes and how many \
            loops were closed. The store can be served afterwards.
            """)

    @OptionGroup var store: StoreChoice

    @Option(help: "The city.")
    var city = "hangzhou"

    @Option(help: "Residents who live, 1 to 1000000.")
    var residents = 150

    @Option(help: "Years that are lived, 1 to 20.")
    var years = 2

    @Option(help: "Days that are lived, instead of years.")
    var days: Int?

    @Option(help: "The seed of all chance.")
    var seed: UInt64 = 20_260_101

    @Option(help: ArgumentHelp("The last day; yesterday if not given.", valueName: "yyyy-MM-dd"))
    var end: String?

    @Option(
        help: ArgumentHelp(
            "The folder of programmes; those that come with the house unless given.", valueName: "folder"))
    var programmes = "shipped"

    func validate() throws {
        guard (1...1_000_000).contains(residents) else { throw ValidationError("--residents must be 1 to 1000000.") }
        guard (1...20).contains(years) else { throw ValidationError("--years must be 1 to 20.") }
        guard (1...7300).contains(days ?? 1) else { throw ValidationError("--days must be 1 to 7300.") }
        if let end, CivilDay(end) == nil { throw ValidationError("--end must be a day, yyyy-MM-dd.") }
    }

    func run() async throws {
        let opened = try store.open(creating: true)
        defer { withExtendedLifetime(opened) {} }
        let definitions = try Definitions.r4()
        let chosen = try ProgrammePlace.programmes(programmes)
        let pathways = try chosen.flatMap { try Pathway.all($0, definitions) }
        // Whoever serves the store later makes the other tables.
        let records = try RecordStore(
            RecordStoreOptions(database: opened.location, readers: 4), definitions: definitions,
            projections: [PathwayTables(definitions, looked: Pathway.types(pathways))])
        do {
            guard try records.status().resourceCounts.values.allSatisfy({ $0 == 0 }) else {
                throw Misuse("There is something in \(opened.description) already; a life begins with an empty store.")
            }
            try await live(records, pathways, chosen, definitions)
        } catch {
            await records.close()
            throw error
        }
        await records.close()
    }

    private func live(
        _ records: RecordStore, _ pathways: [Pathway], _ chosen: [Programme], _ definitions: Definitions
    ) async throws {
        let desk = PathwayDesk(records, pathways, memberOf: Pathway.membership(chosen))
        let today = CivilDay(milliseconds: WallClock.milliseconds())
        let last = end.flatMap { CivilDay($0) } ?? today.advanced(by: -1)
        let first = last.advanced(by: 1 - (days ?? years * 365))
        let clock = ContinuousClock.now
        try await CityLife.found(
            try Cast.institutions(city: city, seed: seed, end: first.isoText), records)
        let cast = try Cast(city: city, seed: seed, residents: residents, end: first.isoText, records)
        var life = try CityLife(desk, chosen, definitions, cast: cast, seed: seed)
        let total = last.number - first.number + 1
        let report = try await life.live(from: first, through: last) { day in
            let count = day.number - first.number + 1
            if count % 73 == 0 { Terminal.complain("\(day.isoText): \(count) of \(total) days") }
        }
        let seconds = (ContinuousClock.now - clock).components.seconds
        Terminal.say(
            "\(report.residents) residents, \(report.days) days in \(seconds) s; \(report.written) resources written by people, "
                + "\(report.looks) looks at somebody; \(report.born) born, \(report.died) died, \(report.moved) moved away, "
                + "\(report.returned) came back\n\n"
        )
        for funnel in try LifeFunnel.all(desk) { Terminal.say(funnel.text + "\n") }
        let loops = try LifeLoops(desk)
        Terminal.say("\n\(loops.text)\n")
        for fault in report.faults.sorted().prefix(20) { Terminal.complain(fault) }
        if !report.faults.isEmpty { throw ExitCode(1) }
    }
}
