import ArgumentParser
import FHIR
import Foundation
import HL7v2
import JSON
import Mapping
import Validation

/// `healthbrain table`: tables in text files without a server.
struct TableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table", abstract: "Convert and check tables (CSV, TSV).", subcommands: [Convert.self, Check.self])

    /// `healthbrain table convert`
    struct Convert: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the FHIR transaction of each row, one a line.",
            discussion: "What was strange goes to the standard error. The exit code is 1 when a row was refused.")

        @OptionGroup var input: TableInput

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

    /// `healthbrain table check`
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how files are read, and what is wrong with their rows and with the FHIR that they become.",
            discussion: "One finding a line. The exit code is 1 when a row was refused.")

        @OptionGroup var input: TableInput

        func run() async throws {
            let mapping = try input.maps.mapping()
            let validator = try ResourceValidator(definitions: try Definitions.r4())
            var refused = 0
            for path in input.paths {
                let report = try input.report(path, mapping) { validator.findings(of: $0) }
                print("\(path): \(input.described(report))")
                report.findings.forEach { print($0) }
                refused += report.refusedCount
            }
            if refused > 0 { throw ExitCode(1) }
        }
    }
}

/// Tables and how to read them. What isn't given is found out, and told by `check`.
struct TableInput: ParsableArguments {
    @Argument(help: ArgumentHelp("Files with tables (-: standard input).", valueName: "file"))
    var paths: [String]

    @Option(help: ArgumentHelp("The kind of table: patients, encounters, results, diagnoses, …", valueName: "name"))
    var map: String?

    @Option(help: "The institution that the tables come from, as MSH-4 would name it.")
    var facility: String

    @Option(help: "The character set: GB18030, UTF-8, …")
    var charset: String?

    @Option(help: "The character between fields; tab is written \\t.")
    var delimiter: String?

    @Flag(inversion: .prefixedNo, help: "Whether the first row names the columns.")
    var header: Bool?

    @OptionGroup var maps: MappingInput

    func report(_ path: String, _ mapping: Mapping, check: (([UInt8]) -> [String])? = nil) throws -> TableReport {
        let bytes = try MappingInput.bytes(path)
        return TableReport(
            bytes, name: path, sheet: map, facility: facility, form: try form(bytes), mapping: mapping,
            received: Date.now.formatted(.iso8601), check: check)
    }

    /// What is given, and what was found out of the rest; nil where nothing is given.
    private func form(_ bytes: [UInt8]) throws -> DelimitedText.Form? {
        if charset == nil, delimiter == nil, header == nil { return nil }
        var form = DelimitedText(bytes).form
        if let charset {
            guard let known = Charset(charset) else { throw Misuse("The character set \(charset) isn't known.") }
            form.charset = known
        }
        if let delimiter {
            let text = delimiter == "\\t" ? "\t" : delimiter
            guard let byte = text.utf8.first, text.utf8.count == 1 else {
                throw Misuse("The delimiter '\(delimiter)' is no single character.")
            }
            form.delimiter = byte
        }
        if let header { form.hasHeader = header }
        return form
    }

    /// `patients, UTF-8, fields end with ",", with header; 3 rows taken, 1 refused; columns not read: 备注`
    func described(_ report: TableReport) -> String {
        let form = report.form
        let delimiter = form.delimiter == 9 ? "\\t" : String(decoding: [form.delimiter], as: UTF8.self)
        var words = report.table.map { "\($0.sheet), " } ?? ""
        words += "\(form.charset), fields end with '\(delimiter)', \(form.hasHeader ? "with" : "without") header"
        words += "; \(report.bundles.count) rows taken, \(report.refusedCount) refused"
        if let unused = report.table?.unused, !unused.isEmpty {
            words += "; columns not read: \(unused.joined(separator: ", "))"
        }
        return words
    }
}
