import ArgumentParser
import FHIR
import Foundation
import JSON
import Pathways
import Programmes
import Records
import SQL

/// `healthbrain scenario`: the stories that programmes must live through.
struct ScenarioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenario", abstract: "Live through the stories of programmes.", subcommands: [Run.self])

    /// `healthbrain scenario run`
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Live through the stories of programmes with the real engine and store, by a set clock.",
            discussion: """
                Each story has a store of its own: in memory, or with --database in a schema of its own that is dropped again. \
                Printed is how many tasks were closed, and of a story that fails what was expected and what was instead. \
                The exit code is 1 when one fails.
                """)

        @Argument(
            help: ArgumentHelp(
                "Folders of programmes or ids of those that come with the house; all of these unless given.",
                valueName: "programme"))
        var programmes: [String] = []

        @Option(help: ArgumentHelp("sqlite, or postgres://user@host:5432/name.", valueName: "url"))
        var database = "sqlite"

        @Option(help: ArgumentHelp("Only stories whose file's name holds this text.", valueName: "text"))
        var only: String?

        @Option(
            help: ArgumentHelp(
                "A story in a file of its own, lived instead of the programmes' own; may be repeated. Its pathway says of "
                    + "which programme it is.", valueName: "file"))
        var story: [String] = []

        func run() async throws {
            let definitions = try Definitions.r4()
            let all = try chosen(definitions)
            let postgres = database == "sqlite" ? nil : try StoreLocation.address(database)
            let nonce = String(UInt32.random(in: 0...UInt32.max), radix: 36)
            var (fine, failed, closed, count) = (0, 0, 0, 0)
            for programme in all.chosen {
                let runner: ScenarioRunner
                do { runner = try ScenarioRunner(programme, others: all.known, definitions) } catch {
                    Terminal.say("✘ \(programme.id)\n\(error)\n")
                    failed += 1
                    continue
                }
                for story in try stories(programme) {
                    count += 1
                    let place = postgres.map { $0.with(schema: "scenario_\(nonce)_\(count)") }
                    let result: ScenarioRunner.Result
                    do {
                        result = try await runner.run(story, in: place.map { .postgreSQL($0) } ?? .sqlite(path: nil))
                    } catch {
                        if let place, let postgres { try? drop(place, postgres) }
                        throw Failure("\(programme.id)/\(story.path): \(error)")
                    }
                    if let place, let postgres { try drop(place, postgres) }
                    closed += result.closed
                    if let failure = result.failure {
                        failed += 1
                        Terminal.say("✘ \(programme.id)/\(story.path) \(story.title.zh)\n    \(failure)\n")
                    } else {
                        fine += 1
                        Terminal.say(
                            "✔ \(programme.id)/\(story.path) \(story.title.zh): \(result.closed) tasks closed, "
                                + "\(result.open) open, \(result.held) expectations, \(result.looks) looks\n")
                    }
                }
            }
            Terminal.say(
                "\(fine + failed) stories: \(fine) as expected, \(failed) not; \(closed) tasks closed "
                    + "(\(postgres == nil ? "SQLite" : "PostgreSQL"))\n")
            if failed > 0 { throw ExitCode(1) }
            if count == 0 { throw Misuse("There is no story.") }
        }

        private func stories(_ programme: Programme) throws -> [ScenarioStory] {
            do {
                return try ScenarioStory.all(programme).filter { story in only.map { story.path.contains($0) } ?? true }
            } catch { throw Failure("\(error)") }
        }

        /// The programmes to run, and those that are known besides.
        private func chosen(_ definitions: Definitions) throws -> (chosen: [Programme], known: [Programme]) {
            let shipped = ProgrammePlace.shipped.map { ProgrammeFolder.all(below: $0) } ?? []
            var urls: [URL] = programmes.isEmpty ? shipped : []
            if programmes.isEmpty, shipped.isEmpty { throw Misuse("No folder Programmes is found: name the folders.") }
            for name in programmes {
                let url = URL(fileURLWithPath: name)
                if FileManager.default.fileExists(atPath: url.appendingPathComponent("programme.yaml").path) {
                    urls.append(url)
                } else if let own = shipped.first(where: { $0.lastPathComponent == name }) {
                    urls.append(own)
                } else {
                    let inner = ProgrammeFolder.all(below: url)
                    if inner.isEmpty { throw Misuse("\(name) is neither a programme's folder nor the id of one.") }
                    urls += inner
                }
            }
            let folders: [ProgrammeFolder]
            do { folders = try urls.map { try ProgrammeFolder(reading: $0) } } catch { throw Failure("\(error)") }
            // Stories may answer forms of others and follow them too: of those that are named, and of the house's.
            let more = shipped.compactMap { try? ProgrammeFolder(reading: $0) }.filter { one in
                !folders.contains { $0.name == one.name }
            }
            let all = (folders + more).map { Programme.read($0, definitions).programme }
            func load(_ folder: ProgrammeFolder) throws -> Programme {
                let known = all.filter { $0.id != folder.name }.flatMap(\.files).map(\.document)
                    .filter { $0.root["resourceType"] != nil }
                do {
                    return try Programme.load(folder, ProgrammeChecker(definitions: definitions, known: known))
                } catch { throw Failure("\(error)") }
            }
            return (try telling(folders, Array(all.prefix(folders.count)), definitions, load), all)
        }

        /// The programmes with the stories of `--story` in the place of their own; those without one drop out.
        private func telling(
            _ folders: [ProgrammeFolder], _ programmes: [Programme], _ definitions: Definitions,
            _ load: (ProgrammeFolder) throws -> Programme
        ) throws -> [Programme] {
            guard !story.isEmpty else { return try folders.map(load) }
            var stories: [Int: [String: [UInt8]]] = [:]
            var wrong: [String] = []
            for (number, path) in story.enumerated() {
                guard let data = FileManager.default.contents(atPath: path) else {
                    wrong.append("\(path) can't be read.")
                    continue
                }
                let name = "scenarios/\(URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)"
                let alone = ProgrammeFolder(name: "story", files: ["\(name).yaml": [UInt8](data)])
                let (read, faults) = Programme.read(alone, definitions)
                guard let root = read.files(.scenarios).first?.document.root else {
                    wrong += faults.filter { $0.file == "\(name).yaml" }.map(\.description)
                    continue
                }
                let pathway = root["pathway"]?.string ?? ""
                guard let place = programmes.firstIndex(where: { $0.files(.pathways).contains { $0.id == pathway } })
                else {
                    wrong.append("\(path): no programme has a pathway “\(pathway)”.")
                    continue
                }
                let isTaken = stories[place]?["\(name).yaml"] != nil
                stories[place, default: [:]]["\(name)\(isTaken ? "-\(number + 1)" : "").yaml"] = [UInt8](data)
            }
            var told: [Programme] = []
            for (place, stories) in stories.sorted(by: { $0.key < $1.key }) {
                do {
                    told.append(try load(folders[place].with(scenarios: stories)))
                } catch { wrong.append("\(error)") }
            }
            guard wrong.isEmpty else { throw Misuse(wrong.joined(separator: "\n")) }
            return told
        }

        private func drop(_ place: PostgreSQLAddress, _ whole: PostgreSQLAddress) throws {
            let database = try PostgreSQLDatabase(whole, readers: 1)
            try database.write { db in try db.run(script: "DROP SCHEMA IF EXISTS \(place.schema) CASCADE") }
            try database.close()
        }
    }
}
