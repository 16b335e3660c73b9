import ArgumentParser
import City
import Foundation
import JSON

/// `healthbrain city`: a simulated city.
struct CityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "city",
        abstract:
            "Simulate a city: send its records to a server, look for its outbreaks, or let it live with programmes.",
        subcommands: [FillCity.self, CityOutbreaks.self, LiveCity.self], defaultSubcommand: FillCity.self)
}

/// `healthbrain city fill`, which is also what `healthbrain city` does: fills a server with a simulated city.
struct FillCity: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill",
        abstract: "Simulate a city and send its records to a server.",
        discussion: """
            The same options give the same city, byte for byte: sending it twice changes nothing. With --out the Bundles \
            are written one a line instead of sent.
            """)

    @OptionGroup var choice: CityChoice

    @Option(help: "The server's address.")
    var server = ServerAddress.standard

    @OptionGroup var signIn: TokenChoice

    @Option(help: ArgumentHelp("Write the Bundles to this file instead, or - for standard output.", valueName: "file"))
    var out: String?

    @Option(
        help: ArgumentHelp("Write the truth about the outbreaks that were planted to this file.", valueName: "file"))
    var truth: String?

    @Option(help: "How many requests are in flight at once, 1 to 64.")
    var jobs = 4

    @Option(help: "The form of the summary.")
    var format = OutputFormat.text

    func validate() throws {
        guard (1...64).contains(jobs) else { throw ValidationError("--jobs must be 1 to 64.") }
    }

    func run() async throws {
        let simulation = try choice.note.simulation()
        if let out {
            try write(simulation, to: out)
            return
        }
        let client = FHIRClient(server, token: try signIn.token())
        let filled = try await CityFilling(simulation: simulation, client: client, jobs: jobs).run()
        if let truth { try filled.planted.write(truth) }
        switch format {
        case .text:
            Terminal.say("\(filled.resources) resources in \(Progress.clock(filled.seconds))\n")
        case .json:
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("resources", integer: filled.resources)
            writer.member("milliseconds", integer: Int(filled.seconds * 1000))
            writer.endObject()
            Terminal.say(String(decoding: writer.bytes, as: UTF8.self) + "\n")
        }
    }

    private func write(_ simulation: CitySimulation, to path: String) throws {
        let handle: FileHandle
        if path == "-" {
            handle = .standardOutput
        } else {
            guard FileManager.default.createFile(atPath: path, contents: nil),
                let made = FileHandle(forWritingAtPath: path)
            else { throw Misuse("The file \(path) can't be written.") }
            handle = made
        }
        var progress = Progress("city")
        var resources = 0
        var planted = OutbreakTruth(simulation)
        for bundle in simulation.bundles() {
            planted.add(bundle.planted)
            try handle.write(contentsOf: Data(bundle.json + [UInt8(ascii: "\n")]))
            resources += bundle.resources
            progress.update(resources: resources, fraction: bundle.progress)
        }
        progress.finish()
        if let truth { try planted.write(truth) }
    }
}

/// Which city is simulated.
struct CityChoice: ParsableArguments {
    @Option(help: "The city: \(CityResources.cities.joined(separator: ", ")). (default: hangzhou)")
    var city: String?

    @Option(help: "Residents on the first day.")
    var residents = 2000

    @Option(help: "Days to simulate.")
    var days = 730

    @Option(help: "The seed of all chance.")
    var seed: UInt64 = 20_260_101

    @Option(help: ArgumentHelp("The last simulated day; yesterday if not given.", valueName: "yyyy-MM-dd"))
    var end: String?

    /// The choice with its last day made sure.
    var note: CityNote {
        CityNote(
            city: city ?? "hangzhou", residents: residents, days: days, seed: seed, end: end ?? Self.yesterday(),
            plantsOutbreaks: true)
    }

    /// Yesterday in China, where the cities are.
    private static func yesterday() -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 8 * 3600)
        format.dateFormat = "yyyy-MM-dd"
        return format.string(from: Date(timeIntervalSinceNow: -86_400))
    }
}

extension CityNote {
    /// The simulation, checked.
    /// - Throws: ``Misuse`` for a city or number that can't be simulated.
    func simulation() throws -> CitySimulation {
        do {
            return try CitySimulation(
                CityOptions(
                    city: city, seed: seed, residents: residents, days: days, endDate: end,
                    plantsOutbreaks: plantsOutbreaks ?? false))
        } catch {
            throw Misuse("\(error)")
        }
    }
}
