import ArgumentParser
import Foundation
import Surveillance

/// `healthbrain surveil`: has a series of counts become unusual?
struct SurveilCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "surveil", abstract: "Detect outbreaks in series of counts (监测预警).",
        subcommands: [Run.self, Detect.self])

    /// `healthbrain surveil run`
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the cases of a folder: detectors, scans, reproduction numbers, nowcasts.",
            discussion: """
                Reads cases.json and the inputs beside it, and writes for each case its table (.csv) or its clusters \
                (.json). A case that can't be run is told with the field and the reason and doesn't stop the others; the \
                exit code is then 1.
                """)

        @Argument(help: "The folder with cases.json.", completion: .directory)
        var folder: String

        @Option(help: ArgumentHelp("Where the results go.", valueName: "folder"), completion: .directory)
        var out: String

        func run() async throws {
            let target = URL(fileURLWithPath: out, isDirectory: true)
            do { try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true) } catch {
                throw Failure("\(out) can't be made: \(error.localizedDescription)")
            }
            let cases: CaseRun
            do {
                cases = try CaseRun(CaseInputs(folder: URL(fileURLWithPath: folder, isDirectory: true)))
            } catch { throw Misuse("\(folder): \(error)") }
            var faultCount = 0
            try await cases.run { result in
                switch result {
                case .success(let files):
                    for file in files {
                        do { try Data(file.text.utf8).write(to: target.appending(path: file.name)) } catch {
                            throw Failure("\(file.name) can't be written: \(error.localizedDescription)")
                        }
                    }
                case .failure(let fault):
                    Terminal.complain("\(fault)")
                    faultCount += 1
                }
            }
            Terminal.say("\(cases.count - faultCount) of \(cases.count) cases\n")
            if faultCount > 0 { throw ExitCode(1) }
        }
    }

    /// `healthbrain surveil detect`
    struct Detect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say for each day, week or month of a series whether its count is unusual.",
            discussion: """
                The CSV has the columns date and count, and may have population (日期, 例数, 人口数). Prints \
                date,count,expected,threshold,alarm. Algorithms:
                \(SeriesQuestion.algorithms.map { "  \($0.name): \($0.what)" }.joined(separator: "\n"))
                """)

        @Argument(help: "The series: CSV in UTF-8 with a header line.", completion: .file(extensions: ["csv"]))
        var series: String

        @Option(help: "The detector, by name.")
        var algorithm = "outbreak"

        @Option(help: "The probability of a false alarm, where the detector has one.")
        var alpha: Double?

        @Flag(help: "Only the rows with an alarm.")
        var alarms = false

        func run() throws {
            let text: String
            do { text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: series)), as: UTF8.self) } catch {
                throw Misuse("\(series) can't be read: \(error.localizedDescription)")
            }
            do {
                var answer = try SeriesQuestion(csv: text).answer(algorithm, alpha: alpha)
                if alarms { answer.rows.removeAll { $0.last != "1" } }
                Terminal.say(answer.csv)
            } catch { throw Misuse("\(series): \(error)") }
        }
    }
}
