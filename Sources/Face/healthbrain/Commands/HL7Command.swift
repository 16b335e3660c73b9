import ArgumentParser
import FHIR
import Foundation
import HL7v2
import JSON
import Mapping
import Validation

/// `healthbrain hl7`: HL7 v2 messages without a server.
struct HL7Command: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hl7", abstract: "Convert and check HL7 v2 messages.", subcommands: [Convert.self, Check.self])

    /// `healthbrain hl7 convert`
    struct Convert: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the FHIR transaction of each message, one a line.",
            discussion: """
                A file holds one message, several, a batch (BHS) or a file of batches (FHS), framed by MLLP or not. What was \
                strange goes to the standard error. The exit code is 1 when a message was refused.
                """)

        @OptionGroup var input: HL7Input

        func run() async throws {
            let mapping = try input.maps.mapping()
            var refused = 0
            for path in input.paths {
                let report = try input.report(path, mapping)
                report.findings.forEach(Terminal.complain)
                for bundle in report.bundles { print(String(decoding: bundle, as: UTF8.self)) }
                refused += report.refusedCount
            }
            if refused > 0 { throw ExitCode(1) }
        }
    }

    /// `healthbrain hl7 check`
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what is wrong with messages, and with the FHIR that they become.",
            discussion: "One finding a line. The exit code is 1 when a message was refused.")

        @OptionGroup var input: HL7Input

        func run() async throws {
            let mapping = try input.maps.mapping()
            let validator = try ResourceValidator(definitions: try Definitions.r4())
            var refused = 0
            for path in input.paths {
                let report = try input.report(path, mapping) { validator.findings(of: $0) }
                report.findings.forEach { print($0) }
                refused += report.refusedCount
            }
            if refused > 0 { throw ExitCode(1) }
        }
    }
}

/// Mapping files, beside those of the house.
struct MappingInput: ParsableArguments {
    @Option(help: ArgumentHelp("Mapping files (.map) of senders, beside those of the house.", valueName: "folder"))
    var maps: String?

    @Option(
        name: .customLong("concept-map"),
        help: ArgumentHelp("ConceptMap resources that senders name.", valueName: "file"))
    var conceptMaps: [String] = []

    func mapping() throws -> Mapping {
        do {
            return try Mapping.house(
                try Definitions.r4(), adding: try maps.map { try Mapping.files(in: $0) } ?? [],
                conceptMaps: try conceptMaps.map { try JSONDocument(parsing: try Self.bytes($0)) })
        } catch let faults as MapFaults {
            throw Misuse("The mappings are wrong:\n\(faults)")
        }
    }

    /// The bytes of a file; `-` is the standard input.
    static func bytes(_ path: String) throws -> [UInt8] {
        if path == "-" { return Array(try FileHandle.standardInput.readToEnd() ?? Data()) }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Misuse("The file \(path) can't be read.")
        }
        return Array(data)
    }
}

/// Messages and the mappings to read them by.
struct HL7Input: ParsableArguments {
    @Argument(help: ArgumentHelp("Files with messages (-: standard input).", valueName: "file"))
    var paths: [String]

    @OptionGroup var maps: MappingInput

    @Option(help: "The character set of messages that name none: GB18030, UTF-8, …")
    var charset: String?

    func report(_ path: String, _ mapping: Mapping, check: (([UInt8]) -> [String])? = nil) throws -> FileReport {
        var assumed: Charset?
        if let charset {
            guard let known = Charset(charset) else { throw Misuse("The character set \(charset) isn't known.") }
            assumed = known
        }
        return FileReport(
            try MappingInput.bytes(path), name: path, mapping: mapping, assumed: assumed,
            received: Date.now.formatted(.iso8601),
            check: check)
    }
}

extension ResourceValidator {
    /// What is wrong with a bundle, one line each.
    func findings(of bundle: [UInt8]) -> [String] {
        guard let document = try? JSONDocument(parsing: bundle) else { return ["error: the bundle is no JSON"] }
        return validate(document).filter { $0.severity != .information }.map { issue in
            "\(issue.severity.rawValue): \(issue.expression ?? "Bundle"): \(issue.diagnostics)"
        }
    }
}
