import ArgumentParser
import City
import FHIR
import Foundation
import JSON
import Signals
import Syndromes

/// `healthbrain city outbreaks`: does the nightly search find what the simulator has planted?
struct CityOutbreaks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbreaks", abstract: "Run the nights of a simulated city and report which outbreaks were found.",
        discussion: """
            The records of the city go day by day, with reporting delays, through a store in memory, its feed, the counts and the \
            nightly search for signals. Only the report knows what was planted (outbreaks.tsv); the records don't tell it. The \
            same options and seeds give the same report.
            """)

    @OptionGroup var choice: CityChoice

    @Option(help: "Further seeds, each a city of its own.", transform: Self.numbers)
    var seeds: [UInt64] = []

    @Option(help: "Nights that are looked at, the last ones; the days before them are history.")
    var nights = 364

    @Option(
        help: ArgumentHelp("Write the truth about what was planted to this file.", valueName: "file"))
    var truth: String?

    @Flag(help: "Tell every false signal too.")
    var falseSignals = false

    @Flag(help: "Tell every signal, and what joined one that was open.")
    var signals = false

    @Option(help: "The form of the report.")
    var format = OutputFormat.text

    private static func numbers(_ text: String) throws -> [UInt64] {
        try text.split(separator: ",").map { part in
            guard let number = UInt64(part) else { throw ValidationError("\(part) is no seed.") }
            return number
        }
    }

    func validate() throws {
        guard nights > 0, nights < choice.days else {
            throw ValidationError("--nights must be above 0 and below --days.")
        }
    }

    func run() async throws {
        let definitions = try Definitions.r4()
        let list = try WatchList()
        var rows: [OutbreakReport] = []
        for seed in seeds.isEmpty ? [choice.seed] : seeds { rows.append(try await one(seed, list, definitions)) }
        switch format {
        case .text: for row in rows { Terminal.say(row.text(falseSignals: falseSignals, signals: signals)) }
        case .json: Terminal.say("[" + rows.map(\.json).joined(separator: ",") + "]\n")
        }
    }

    private func one(_ seed: UInt64, _ list: WatchList, _ definitions: Definitions) async throws -> OutbreakReport {
        var note = choice.note
        note.seed = seed
        note.plantsOutbreaks = true
        let simulation = try note.simulation()
        var planted = OutbreakTruth(simulation)
        var trial = SignalTrial(list, seed: seed)
        var progress = Progress("city \(seed)")
        var resources = 0
        for bundle in simulation.bundles() {
            planted.add(bundle.planted)
            let entries = try JSONDocument(parsing: bundle.json).root["entry"].map { Array($0.elements) } ?? []
            for entry in entries { if let resource = entry["resource"] { trial.add(resource) } }
            resources += bundle.resources
            progress.update(resources: resources, fraction: bundle.progress)
        }
        progress.finish()
        if let truth { try planted.write(truth) }
        guard let days = OutbreakReport.nights(nights, until: note.end) else { throw Misuse("\(note.end) is no day.") }
        let told: [SignalTrial.Told]
        do { told = try await trial.run(days, definitions) } catch { throw Failure("The trial stopped: \(error)") }
        return OutbreakReport(
            seed: seed, note: note, truth: planted, report: TrialReport(told, planted.known(list), nights: days),
            told: told)
    }
}
