import ArgumentParser
import FHIR
import Foundation
import JSON

/// `healthbrain load`: brings files into a server.
struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Load FHIR Bundles, NDJSON and single resources into a server.",
        discussion: """
            Reads files and folders, plain or compressed. Transactions and batches are sent as they are, with every \
            POST made idempotent; the resources of other Bundles and of NDJSON are put under their own ids. Loading the \
            same files twice changes nothing. An interrupted load goes on where it stopped. What the server refuses goes \
            into refused-<time>.ndjson with the reason, the rest goes on, and the exit code is 1.
            """)

    @Argument(help: ArgumentHelp("Files and folders.", valueName: "path"))
    var paths: [String]

    @Option(help: "The server's address.")
    var server = ServerAddress.standard

    @OptionGroup var signIn: TokenChoice

    @Option(help: "How many requests are in flight at once, 1 to 64.")
    var jobs = 4

    @Option(help: ArgumentHelp("Where the journal and the file of refusals go.", valueName: "folder"))
    var data = "."

    @Option(help: "The form of the summary.")
    var format = OutputFormat.text

    func validate() throws {
        guard (1...64).contains(jobs) else { throw ValidationError("--jobs must be 1 to 64.") }
        guard !paths.isEmpty else { throw ValidationError("Name at least one file or folder.") }
    }

    func run() async throws {
        let files = try InputFiles.find(paths)
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let client = FHIRClient(server, token: try signIn.token())
        let refusals = Refusals(folder: data)
        let journal = try await openJournal(files, client)
        let reader = ParcelReader(files)
        var progress = Progress("load")
        var total = Total()
        try await Conveyor(jobs: jobs).run(
            next: {
                while let parcel = reader.next() {
                    try note(reader.takeUnsendable(), files, refusals)
                    guard journal.holds(parcel.origin) else { return parcel }
                    total.skipped += parcel.resources
                }
                try note(reader.takeUnsendable(), files, refusals)
                return nil
            },
            send: { parcel in try await Delivery.send(parcel, client) },
            done: { parcel, delivery in
                total.accepted += delivery.accepted
                for refused in delivery.refused {
                    try refusals.add(
                        file: files[parcel.origin.file].path, line: parcel.origin.line, status: refused.status,
                        outcome: refused.outcome, document: refused.document)
                }
                try journal.add(parcel.origin)
                progress.update(resources: total.accepted, fraction: reader.fraction)
            })
        progress.update(resources: total.accepted, fraction: 1)
        progress.finish()
        journal.discard()
        total.refused = refusals.count
        total.seconds = progress.seconds
        Terminal.say(total.text(format, refusalsPath: refusals.path))
        if refusals.count > 0 { throw ExitCode(1) }
    }

    /// The journal of this load; a new one when the server is not the one that the old one tells of.
    private func openJournal(_ files: [InputFile], _ client: FHIRClient) async throws -> Journal {
        let journal = try Journal(folder: data, server: server.base, files: files)
        for sample in journal.samples.suffix(3) where try await !client.exists(sample) {
            Terminal.complain("The server lacks what an earlier run has sent; the load begins anew.")
            journal.discard()
            return try Journal(folder: data, server: server.base, files: files)
        }
        if journal.count > 0 { Terminal.complain("Going on after \(journal.count) requests of an interrupted load.") }
        return journal
    }

    private func note(_ unsendable: [ParcelReader.Unsendable], _ files: [InputFile], _ refusals: Refusals) throws {
        for item in unsendable {
            try refusals.add(
                file: files[item.file].path, line: item.line, status: nil,
                outcome: OperationOutcome(issues: [item.issue]).json(), document: item.document)
        }
    }

    /// What a load comes to.
    private struct Total {
        var accepted = 0
        var refused = 0
        var skipped = 0
        var seconds = 0.0

        func text(_ format: OutputFormat, refusalsPath: String) -> String {
            switch format {
            case .json:
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("accepted", integer: accepted)
                writer.member("refused", integer: refused)
                writer.member("skipped", integer: skipped)
                writer.member("milliseconds", integer: Int(seconds * 1000))
                if refused > 0 { writer.member("refusals", string: refusalsPath) }
                writer.endObject()
                return String(decoding: writer.bytes, as: UTF8.self) + "\n"
            case .text:
                let rate = Int(Double(accepted) / seconds)
                var text = "\(accepted) resources in \(Progress.clock(seconds)), \(rate) a second\n"
                if skipped > 0 { text += "\(skipped) had been loaded before the interruption\n" }
                if refused > 0 { text += "\(refused) refused, with reasons in \(refusalsPath)\n" }
                return text
            }
        }
    }
}
