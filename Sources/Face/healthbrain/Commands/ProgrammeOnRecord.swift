import ArgumentParser
import Calendar
import FHIR
import Foundation
import Pathways
import Programmes
import Records

extension ProgrammeCommand {
    /// `healthbrain programme preview`
    struct Preview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try a changed programme on the records of a store: whose plan would differ, and how.",
            discussion: """
                Compared is with the programme of the same id that comes with the house, or that of --against; one that is in \
                neither is new. Nothing is written. Stop the server of a data folder first.
                """)

        @Argument(help: ArgumentHelp("The folder of the changed programme.", valueName: "folder"))
        var folder: String

        @OptionGroup var store: StoreChoice

        @Option(help: ArgumentHelp("The programme as it is now.", valueName: "folder"))
        var against: String?

        @Option(help: "How many people are listed.")
        var limit = 20

        @Option(help: "How many people are passed over before.")
        var skip = 0

        @Option(help: "text or json.")
        var format = OutputFormat.text

        func validate() throws {
            guard limit >= 0, skip >= 0 else { throw ValidationError("--limit and --skip are 0 or more.") }
        }

        func run() async throws {
            let definitions = try Definitions.r4()
            let changed = try ProgrammeFolders.one(folder)
            let present = try against.map { try ProgrammeFolders.one($0) } ?? shipped(changed.id)
            let opened = try store.open(creating: false)
            defer { withExtendedLifetime(opened) {} }
            let records = try App.openStore(opened.location, definitions)
            do {
                let desk = PathwayDesk(
                    records, try present.map { try Pathway.all($0, definitions) } ?? [],
                    memberOf: present.map { Pathway.membership([$0]) })
                let preview = try await PathwayPreview(
                    desk, changed: try Pathway.all(changed, definitions), memberOf: Pathway.membership([changed]),
                    now: WallClock.milliseconds())
                await records.close()
                tell(preview)
            } catch {
                await records.close()
                throw error
            }
        }

        private func shipped(_ id: String) throws -> Programme? {
            let place = ProgrammePlace.shipped?.appendingPathComponent(id)
            guard let place, FileManager.default.fileExists(atPath: place.appendingPathComponent("programme.yaml").path)
            else { return nil }
            return try ProgrammeFolders.one(place.path)
        }

        private func tell(_ preview: PathwayPreview) {
            let people = Set(preview.differences.map(\.person)).sorted().dropFirst(skip).prefix(limit)
            guard format == .text else {
                return Terminal.say(String(decoding: preview.json(people), as: UTF8.self) + "\n")
            }
            Terminal.say(
                "\(preview.differing) of \(preview.persons) people would have another plan: \(preview.count(.added)) tasks added, "
                    + "\(preview.count(.changed)) changed, \(preview.count(.gone)) gone\n")
            func move(_ pair: [String]) -> String {
                "\(pair[0].isEmpty ? "–" : pair[0]) → \(pair[1].isEmpty ? "–" : pair[1])"
            }
            for one in preview.differences where people.contains(one.person) {
                Terminal.say("\nPatient/\(one.person) \(one.pathway)\n")
                if one.entered[0] != one.entered[1] { Terminal.say("  entered \(move(one.entered))\n") }
                if one.stage[0] != one.stage[1] { Terminal.say("  stage \(move(one.stage))\n") }
                for grade in one.grades { Terminal.say("  grade \(grade[0]) \(move(Array(grade[1...])))\n") }
                for task in one.tasks {
                    Terminal.say("  \(task.kind.rawValue) \(task.key): \(move(task.states)), due \(move(task.due))\n")
                }
            }
            for fault in preview.faults.sorted() { Terminal.complain(fault) }
        }
    }

    /// `healthbrain programme follow`
    struct Follow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say since when programmes are followed, or set it.",
            discussion: """
                What was due and over before that day is asked of nobody; what had begun is due a whole period from it. Without \
                --since the days are printed. Unless set, a programme is followed since the day on which a server first did so. \
                Stop the server of a data folder first; everybody is looked at anew when it starts.
                """)

        @Argument(help: ArgumentHelp("The programme's id.", valueName: "programme"))
        var programme: String?

        @OptionGroup var store: StoreChoice

        @Option(help: ArgumentHelp("The first day.", valueName: "date"))
        var since: String?

        @Option(help: ArgumentHelp("The beginning of a GB/T 2260 code; everywhere unless given.", valueName: "code"))
        var area = ""

        func run() async throws {
            let opened = try store.open(creating: false)
            defer { withExtendedLifetime(opened) {} }
            let records = try App.openStore(opened.location, try Definitions.r4())
            do {
                if let since {
                    guard let programme, let day = CivilDay(since), area.allSatisfy(\.isNumber), area.count <= 12 else {
                        throw Misuse("Name a programme, --since as yyyy-MM-dd, and --area as digits.")
                    }
                    try await PathwayDesk.follow(.init(programme: programme, area: area, since: day), records)
                }
                for start in try PathwayDesk.following(records).starts {
                    guard programme == nil || programme == start.programme else { continue }
                    Terminal.say(
                        "\(start.programme) \(start.area.isEmpty ? "everywhere" : start.area) \(start.since.isoText)\n")
                }
            } catch {
                await records.close()
                throw error
            }
            await records.close()
        }
    }
}
