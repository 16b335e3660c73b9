import API
import ArgumentParser
import FHIR
import Foundation
import Programmes

/// `healthbrain programme`: folders of definitions, and what they make of records, without a server.
struct ProgrammeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "programme",
        abstract: "Check, explain, export, import and begin programmes; tell a person's doses.",
        subcommands: [
            Check.self, Explain.self, Export.self, Import.self, New.self, Doses.self, Preview.self, Follow.self,
        ])

    /// `healthbrain programme check`
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a programme whole, and tell every fault with its file, line and what to do.",
            discussion: """
                Resources are checked against R4, expressions are compiled, and every name must lead somewhere: roles, sources, \
                parameters, questionnaires, value sets, codes. A folder that holds programmes is checked with all of them. \
                The exit code is 1 when there is an error; warnings alone do not refuse a programme.
                """)

        @Argument(help: ArgumentHelp("The folders of programmes, or folders that hold them.", valueName: "folder"))
        var folders: [String]

        @Flag(help: "Print errors only.")
        var errorsOnly = false

        func run() async throws {
            let programmes = try ProgrammeFolders.read(folders)
            var isRefused = false
            for (programme, faults) in programmes {
                let told = errorsOnly ? faults.filter { $0.severity == .error } : faults
                told.forEach { print("\(programme.id)/\($0)") }
                let errors = faults.count { $0.severity == .error }
                isRefused = isRefused || errors > 0
                print(
                    "\(programme.id): \(errors == 0 ? "passes" : "is refused"), \(errors) errors, "
                        + "\(faults.count - errors) warnings")
            }
            if isRefused { throw ExitCode(1) }
        }
    }

    /// `healthbrain programme explain`
    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Say in words what a programme does: who enters, what is to be done by whom until when, limits, sources."
        )

        @Argument(help: ArgumentHelp("The programme's folder.", valueName: "folder"))
        var folder: String

        @Option(help: "The language: zh or en. (default: zh)")
        var language: String?

        @Flag(help: "Also print the texts of expressions.")
        var expressions = false

        func run() async throws {
            guard let language = ProgrammeText.Language(rawValue: language ?? "zh") else {
                throw Misuse("--language is zh or en")
            }
            let programme = try ProgrammeFolders.one(folder)
            Terminal.say(ProgrammeExplanation.text(of: programme, language, showsExpressions: expressions))
        }
    }

    /// `healthbrain programme export`
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a programme as a FHIR package (.tgz), for other tools.",
            discussion: "The same programme gives the same bytes.")

        @Argument(help: ArgumentHelp("The programme's folder.", valueName: "folder"))
        var folder: String

        @Option(
            name: [.short, .long, .customLong("out")],
            help: ArgumentHelp("The file. (default: <id>.tgz)", valueName: "file"))
        var output: String?

        func run() async throws {
            let programme = try ProgrammeFolders.one(folder)
            let path = output ?? "\(programme.id).tgz"
            guard let package = Gzip.deflated(programme.packageArchive(), level: 9) else {
                throw Failure("the package can't be compressed: no memory")
            }
            do {
                try Data(package).write(to: URL(fileURLWithPath: path))
            } catch {
                throw Failure("\(path) can't be written: \(error.localizedDescription)")
            }
            print("\(path): \(programme.resources().count) resources, \(package.count) bytes")
        }
    }

    /// `healthbrain programme import`
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the folder of a programme from its FHIR package.",
            discussion: """
                What “programme export” has written comes back as it went, resources named by their ids, remarks of the YAML left \
                out. The folder is then checked as “programme check” does it; the exit code is 1 when it is refused.
                """)

        @Argument(help: ArgumentHelp("The package (.tgz).", valueName: "package"))
        var package: String

        @Argument(help: ArgumentHelp("The folder to make. (default: the programme's id)", valueName: "folder"))
        var folder: String?

        func run() async throws {
            guard let bytes = FileManager.default.contents(atPath: package) else {
                throw Misuse("\(package) can't be read")
            }
            let read: ProgrammeFolder
            do {
                read = try ProgrammeFolder(archive: try Gzip.inflated([UInt8](bytes), bytesMax: 64 << 20))
            } catch let fault as ProgrammeFault {
                throw Misuse("\(package): \(fault.message)")
            } catch {
                throw Misuse("\(package) is no package: it isn't compressed by gzip, or damaged")
            }
            let place = folder ?? read.name
            try ProgrammeFolders.write(read, at: place)
            var check = Check()
            check.folders = [place]
            check.errorsOnly = false
            try await check.run()
        }
    }

    /// `healthbrain programme new`
    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a folder with a small programme that passes the check.")

        @Argument(help: ArgumentHelp("The folder to make; its name is the programme's id.", valueName: "folder"))
        var folder: String

        @Option(help: "The title in Chinese.")
        var title = "新项目"

        @Option(help: "The title in English.")
        var englishTitle = "New programme"

        func run() async throws {
            let root = URL(fileURLWithPath: folder)
            let template: ProgrammeFolder
            do throws(ProgrammeFault) {
                template = try ProgrammeTemplate.folder(
                    id: root.lastPathComponent, chinese: title, english: englishTitle)
            } catch {
                throw Misuse(error.message)
            }
            try ProgrammeFolders.write(template, at: folder)
            for path in template.files.keys.sorted() { print("\(folder)/\(path)") }
        }
    }
}

/// Programmes by the folders that the command line names.
enum ProgrammeFolders {
    /// Each programme with its faults. A folder without `programme.yaml` may hold folders of programmes.
    static func read(_ paths: [String]) throws -> [(programme: Programme, faults: [ProgrammeFault])] {
        let checker = ProgrammeChecker(definitions: try Definitions.r4())
        var result: [(programme: Programme, faults: [ProgrammeFault])] = []
        for path in paths {
            let root = URL(fileURLWithPath: path)
            let isProgramme = FileManager.default.fileExists(atPath: root.appendingPathComponent("programme.yaml").path)
            let inner = isProgramme ? [] : ProgrammeFolder.all(below: root)
            for folder in inner.isEmpty ? [root] : inner {
                do throws(ProgrammeFault) {
                    let (programme, read) = Programme.read(try ProgrammeFolder(reading: folder), checker.definitions)
                    let told = read + checker.faults(of: programme)
                    let refused = ProgrammeEngines.faults(of: programme, told: told, checker.definitions)
                    result.append((programme, ProgrammeFault.sorted(told + refused)))
                } catch {
                    throw Misuse("\(path): \(error.message)")
                }
            }
        }
        return result
    }

    /// Lays a programme's files into a folder that isn't there yet.
    static func write(_ programme: ProgrammeFolder, at folder: String) throws {
        let root = URL(fileURLWithPath: folder)
        guard !FileManager.default.fileExists(atPath: root.path) else { throw Misuse("\(folder) is there already") }
        do {
            for (path, content) in programme.files {
                let file = root.appendingPathComponent(path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(content).write(to: file)
            }
        } catch {
            throw Failure("\(folder) can't be made: \(error.localizedDescription)")
        }
    }

    /// One programme that passes the check.
    static func one(_ path: String) throws -> Programme {
        let checker = ProgrammeChecker(definitions: try Definitions.r4())
        do {
            return try Programme.load(try ProgrammeFolder(reading: URL(fileURLWithPath: path)), checker)
        } catch let refusal as ProgrammeRefusal {
            throw Failure(refusal.description)
        } catch let fault as ProgrammeFault {
            throw Misuse("\(path): \(fault.message)")
        }
    }
}
