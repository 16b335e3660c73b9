import ArgumentParser
import FHIR
import Foundation
import JSON
import Views

/// `healthbrain view`: runs a ViewDefinition on files, without a server.
struct RunView: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "view",
        abstract: "Turn FHIR resources into rows by a ViewDefinition of SQL on FHIR.",
        discussion: """
            Reads resources, bundles and arrays of resources from .json and .ndjson files, compressed or not, and from \
            folders of them; - is the standard input. Rows come in the order of the resources. A view or a resource that \
            can't be used ends the run with exit code 2 and a message that says where and why.
            """)

    @Argument(help: ArgumentHelp("A file with a ViewDefinition.", valueName: "view.json"))
    var view: String

    @Argument(help: ArgumentHelp("Files and folders with resources.", valueName: "resources"))
    var paths: [String] = []

    @Option(help: "csv, ndjson (an object a line), or json (one array of objects).")
    var format = Format.csv

    @Flag(inversion: .prefixedNo, help: "Write the names of the columns first (csv).")
    var header = true

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case csv, ndjson, json
    }

    func run() async throws {
        let definitions = try Definitions.r4()
        let view = try compile(definitions)
        let files = try paths.flatMap { $0 == "-" ? ["/dev/stdin"] : try InputFiles.find([$0]).map(\.path) }
        guard let format = ViewFormat(rawValue: format.rawValue) else { throw Misuse("There is no such format.") }
        let text = ViewText(view, format: format)
        let output = FileHandle.standardOutput
        do {
            if header || format != .csv { try output.write(contentsOf: Data(text.head)) }
            var isFirst = true
            try await ViewRun(view: view, text: text, files: files).run { rows in
                var rows = rows
                if isFirst, !rows.isEmpty {
                    text.dropSeparator(&rows)
                    isFirst = false
                }
                try output.write(contentsOf: Data(rows))
            }
            try output.write(contentsOf: Data(text.tail))
        } catch let error as CocoaError {
            throw Failure("The rows can't be written: \(error.localizedDescription)")
        }
    }

    private func compile(_ definitions: Definitions) throws -> View {
        guard let data = FileManager.default.contents(atPath: view) else {
            throw Misuse("The view \(view) can't be read.")
        }
        do {
            let document = try JSONDocument(parsing: [UInt8](data))
            return try View(ViewDefinition(document.root, definitions: definitions), definitions: definitions)
        } catch let error as JSONError {
            throw Misuse("\(view) is not JSON: \(error)")
        } catch let error as ViewError {
            throw Misuse("\(view) is no view that can be run.\n\(error)")
        }
    }
}
