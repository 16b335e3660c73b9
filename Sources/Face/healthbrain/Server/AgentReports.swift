import Doors
import FHIR
import Foundation
import JSON
import Logging
import Mapping
import Records
import Reporting
import Syndromes

/// Finds cases of notifiable diseases in what a hospital's system gives to the agent, before it leaves, and lays a report card
/// down for each: one file for a person, a disease and an episode.
struct AgentReports: Sendable {
    private let folder: URL
    private let mapping: Mapping
    private let list: WatchList
    private let form: ReportForm
    private let logger: Logger

    init(folder: String, _ mapping: Mapping, _ logger: Logger) throws {
        self.folder = URL(fileURLWithPath: folder, isDirectory: true)
        do { try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true) } catch {
            throw Misuse("--reports: the folder \(folder) can't be made.")
        }
        self.mapping = mapping
        self.logger = logger
        list = try WatchList()
        form = try ReportForm()
    }

    /// Looks at what has come. What can't be read or written holds nothing up: it goes on its way all the same.
    func look(at piece: AgentPiece) {
        let now = WallClock.milliseconds()
        for bundle in bundles(piece) {
            guard let document = try? JSONDocument(parsing: bundle) else { continue }
            for found in LocalCases.cards(in: document.root, known: now, list, form)
            where now - found.card.diagnosedAt <= Int64(ReportOptions().lookBackDays) * 86_400_000 {
                do {
                    guard let file = try lay(found, piece) else { continue }
                    let card = found.card
                    Terminal.say(
                        "report\t\(card.disease.nameZh)\t\(card.disease.duty?.legalClass ?? "")\t"
                            + "\(ReportTime.text(card.deadline))\t\(file)\n")
                } catch {
                    logger.error("a report card can't be written", metadata: ["reason": "\(error)"])
                }
            }
        }
    }

    private func bundles(_ piece: AgentPiece) -> [[UInt8]] {
        let received = Date.now.formatted(.iso8601)
        switch piece.form {
        case .hl7v2: return FileReport(piece.body, name: piece.origin, mapping: mapping, received: received).bundles
        case .fhir: return [piece.body]
        case .ndjson: return piece.body.split(separator: UInt8(ascii: "\n")).map(Array.init)
        case .table(let name):
            return TableReport(
                piece.body, name: piece.origin, sheet: name, facility: piece.sender, mapping: mapping,
                received: received
            ).bundles
        }
    }

    /// Writes a card.
    /// - Returns: the file's name; nil where the episode has its card.
    private func lay(_ found: LocalCases.Found, _ piece: AgentPiece) throws -> String? {
        let hash = "\(piece.sender)/\(found.person)".utf8.reduce(into: UInt64(14_695_981_039_346_656_037)) {
            $0 = ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        let name = "\(found.card.disease.id)-\(String(hash, radix: 16)).json"
        let file = folder.appendingPathComponent(name)
        if let data = FileManager.default.contents(atPath: file.path),
            let old = try? JSONDocument(parsing: [UInt8](data)).root[0]?["diagnosed"]?.string,
            let before = FHIRDateTime(old)?.lowMilliseconds
        {
            let isSame = form.isSameEpisode(
                found.card.disease, icd10: found.card.icd10, before, found.card.diagnosedAt)
            if isSame { return nil }
        }
        var card = found.card
        card.values["diagnosed"] = ReportTime.text(card.diagnosedAt)
        try Data((ReportTable.json([card], form) + "\n").utf8).write(to: file, options: .atomic)
        return name
    }
}
