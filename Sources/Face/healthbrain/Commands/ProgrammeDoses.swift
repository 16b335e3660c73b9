import ArgumentParser
import Calendar
import FHIR
import Foundation
import JSON
import Pathways
import Programmes
import Series

extension ProgrammeCommand {
    /// `healthbrain programme doses`
    struct Doses: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say which doses of a person count, and which come next and why.",
            discussion: """
                The person is a Bundle with a Patient, Immunizations and whatever else is known. With --json the answer is \
                FHIR's ImmunizationRecommendation.
                """)

        @Argument(help: ArgumentHelp("A Bundle of one person's resources, as JSON.", valueName: "file"))
        var bundle: String

        @Option(
            help: ArgumentHelp(
                "The programme's folder, or the id of one that comes with the house.", valueName: "programme"))
        var programme = "immunisation"

        @Option(help: ArgumentHelp("The day for which it is asked. (default: today)", valueName: "date"))
        var on: String?

        @Option(help: "The language: zh or en. (default: zh)")
        var language: String?

        @Flag(help: "Print an ImmunizationRecommendation.")
        var json = false

        func run() async throws {
            guard let language = ProgrammeText.Language(rawValue: language ?? "zh") else {
                throw Misuse("--language is zh or en")
            }
            let now = Int64(Date().timeIntervalSince1970 * 1000)
            let day = on.map { CivilDay($0) } ?? CivilDay(milliseconds: now)
            guard let day else { throw Misuse("--on is a day such as 2026-11-23") }
            let programme = try ProgrammeFolders.one(folder)
            let pathways = try Pathway.all(programme, Definitions.r4())
            guard let pathway = pathways.first(where: \.asksForDoses) else {
                throw Misuse("\(programme.id) has no series of doses.")
            }
            guard let record = try record() else { throw Misuse("\(bundle) has no Patient.") }
            guard let forecast = pathway.forecast(record, now: day.startMilliseconds) else {
                throw Failure("The Patient has no birth date, so nothing can be said.")
            }
            if json {
                guard let resource = Pathway.recommendation(forecast, of: record.id) else {
                    throw Failure("the recommendation can't be written")
                }
                return Terminal.say(String(decoding: resource.text, as: UTF8.self) + "\n")
            }
            Terminal.say(forecast.text(language) + "\n")
        }

        private var folder: String {
            let path = URL(fileURLWithPath: programme).appendingPathComponent("programme.yaml").path
            if FileManager.default.fileExists(atPath: path) { return programme }
            let shipped = ProgrammePlace.shipped.map { ProgrammeFolder.all(below: $0) } ?? []
            return shipped.first { $0.lastPathComponent == programme }?.path ?? programme
        }

        private func record() throws -> PersonRecord? {
            let text: [UInt8]
            do { text = Array(try Data(contentsOf: URL(fileURLWithPath: bundle))) } catch {
                throw Misuse("\(bundle) can't be read: \(error.localizedDescription)")
            }
            do {
                let document = try JSONDocument(parsing: text)
                let resources = (document.root["entry"]?.elements.map { $0 } ?? []).compactMap { $0["resource"] }
                return PersonRecord(try resources.map { try JSONDocument(parsing: Array($0.rawText)) })
            } catch {
                throw Misuse("\(bundle) is no Bundle: \(error)")
            }
        }
    }
}

extension DoseForecast {
    /// The forecast for people, in Markdown.
    fileprivate func text(_ language: ProgrammeText.Language) -> String {
        func say(_ words: DoseWords) -> String { language == .zh ? words.zh : words.en }
        var lines = [language == .zh ? "# \(day.isoText) 接种情况" : "# Doses on \(day.isoText)"]
        for one in series where one.status != .notEligible {
            lines += ["", "## \(say(one.title))（\(say(one.disease))）：\(say(one.status.words))", ""]
            for record in one.judged {
                let on = record.day?.isoText ?? (language == .zh ? "日期不详" : "day not known")
                let why = record.why.map { "：\(say($0))" } ?? ""
                lines.append("- \(on) \(say(record.title))：\(record.verdict.words(language))\(why)")
            }
            if let next = one.next {
                let last =
                    next.finish.map { language == .zh ? "，应于 \($0.isoText) 前完成" : ", in time until \($0.isoText)" }
                    ?? ""
                lines.append(
                    language == .zh
                        ? "- 下一剂：\(say(next.title))，\(next.earliest.isoText) 起，建议 \(next.recommended.isoText)\(last)"
                        : "- next: \(say(next.title)) from \(next.earliest.isoText), best on \(next.recommended.isoText)\(last)"
                )
            }
            for reason in one.reasons {
                lines.append("  - \(say(reason.words))" + (reason.source.isEmpty ? "" : " [\(reason.source)]"))
            }
        }
        if !unknown.isEmpty {
            lines += [
                "", (language == .zh ? "不认识的疫苗：" : "Products that are not known: ") + unknown.joined(separator: ", "),
            ]
        }
        return lines.joined(separator: "\n")
    }
}

extension DoseForecast.Judged.Verdict {
    fileprivate func words(_ language: ProgrammeText.Language) -> String {
        switch self {
        case .valid: language == .zh ? "有效" : "counts"
        case .invalid: language == .zh ? "无效" : "doesn't count"
        case .extra: language == .zh ? "不计入" : "not needed"
        case .unknown: language == .zh ? "未知" : "unknown"
        case .notDone: language == .zh ? "未接种" : "not given"
        }
    }
}
