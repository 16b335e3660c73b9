import ArgumentParser
import FHIR
import Foundation
import JSON
import Terminology
import Validation

/// `healthbrain validate`: checks resources against FHIR R4 without a server.
struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check resources against FHIR R4.",
        discussion: """
            Checked are structure, invariants, references, bundles, narratives and definitions; unknown profiles are \
            named in a warning. Prints one OperationOutcome a line for each resource: a file holds one, or one a line (NDJSON). The exit code \
            is 1 when any of them has an error.
            """)

    @Argument(help: ArgumentHelp("Files and folders.", valueName: "file"))
    var paths: [String]

    @Option(
        name: .customLong("with"),
        help: ArgumentHelp(
            "Definitions to check against: code systems, value sets, questionnaires, profiles.", valueName: "file"))
    var definitionPaths: [String] = []

    @Option(
        name: .customLong("profile"),
        help: ArgumentHelp("Profiles to check against, beside those that resources claim.", valueName: "URL"))
    var profiles: [String] = []

    @Option(help: "json: one OperationOutcome a line; text: one finding a line, with file and line.")
    var format = OutputFormat.json

    func run() async throws {
        let files = try InputFiles.find(paths)
        let validator = try validator()
        var hasErrors = false
        for file in files {
            do {
                let reader = try DocumentReader(file.path)
                while let document = try reader.next() {
                    let issues = issues(of: document, validator)
                    hasErrors = hasErrors || issues.contains { $0.severity == .error || $0.severity == .fatal }
                    report(issues, file.path, document.line)
                }
            } catch {
                hasErrors = true
                report([Issue(.fatal, .structure, "\(error)")], file.path, 0)
            }
        }
        if hasErrors { throw ExitCode(1) }
    }

    private func validator() throws -> ResourceValidator {
        var documents: [JSONDocument] = []
        for file in definitionPaths.isEmpty ? [] : try InputFiles.find(definitionPaths) {
            let reader = try DocumentReader(file.path)
            while let document = try reader.next() { documents.append(try JSONDocument(parsing: document.text)) }
        }
        let definitions = try Definitions.r4()
        return try ResourceValidator(
            definitions: definitions,
            terminology: documents.isEmpty
                ? nil : TerminologyService(source: ListedTerminology(documents), definitions: definitions),
            given: GivenDefinitions(documents))
    }

    private func issues(of document: DocumentReader.Document, _ validator: ResourceValidator) -> [Issue] {
        var options = ResourceValidator.Options()
        options.profiles = profiles
        do throws(JSONError) {
            let limits = JSONLimits(bytesMax: DocumentReader.documentBytesMax)
            return validator.validate(try JSONDocument(parsing: document.text, limits: limits), options)
        } catch {
            return [Issue(error)]
        }
    }

    private func report(_ issues: [Issue], _ file: String, _ line: Int) {
        switch format {
        case .json:
            // An OperationOutcome without an issue isn't valid FHIR.
            let told = issues.isEmpty ? [Issue(.information, .informational, "No issues.")] : issues
            Terminal.say(String(decoding: OperationOutcome(issues: told).json(), as: UTF8.self) + "\n")
        case .text:
            for issue in issues {
                let place = issue.expression.map { " \($0)" } ?? ""
                Terminal.say("\(file):\(line): \(issue.severity.rawValue)\(place): \(issue.diagnostics)\n")
            }
        }
    }
}
