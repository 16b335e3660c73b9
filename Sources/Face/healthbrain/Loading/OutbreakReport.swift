import Calendar
import Foundation
import JSON
import Signals
import Syndromes

/// The report of one city.
struct OutbreakReport {
    let seed: UInt64
    let note: CityNote
    let truth: OutbreakTruth
    let report: TrialReport
    /// Every signal, and what joined one.
    let told: [SignalTrial.Told]

    /// So many nights, of which the last one is that of a day.
    static func nights(_ count: Int, until day: String) -> ClosedRange<CivilDay>? {
        CivilDay(day).map { $0.advanced(by: 1 - count)...$0 }
    }

    /// - Parameters:
    ///   - falseSignals: tells each of them too.
    ///   - signals: tells every signal, and what joined one.
    func text(falseSignals: Bool, signals: Bool) -> String {
        var text = "\(note.city), seed \(seed), \(note.residents) residents, \(note.days) days to \(note.end)\n"
        text += "outbreak\tdistrict\tfirst\tcases\tfound\tafter days\tafter cases\tby\tsignals\n"
        for (outcome, planted) in zip(report.outcomes, truth.outbreaks) {
            var cells = [planted.en, planted.district ?? "city", planted.cases.map(\.day).min() ?? "-"]
            cells.append("\(planted.cases.count)")
            if let told = outcome.told {
                cells.append(planted.isArtefact ? "ALARM \(told.day.isoText)" : told.day.isoText)
                cells += ["\(outcome.days ?? 0)", "\(outcome.casesSeen ?? 0)"]
                cells.append(outcome.isRuled ? "event rule" : outcome.source?.name ?? "-")
                cells.append("\(outcome.signals)")
            } else {
                cells += [planted.isArtefact ? "no alarm" : "not found", "-", "-", "-", "0"]
            }
            text += cells.joined(separator: "\t") + "\n"
        }
        let rate = (report.falsePerWeek * 100).rounded() / 100
        text += "signals \(told.count { $0.joined == nil }), false \(report.falseSignals.count), false a week \(rate)\n"
        if falseSignals {
            for told in report.falseSignals { text += "false\t\(told.day.isoText)\t\(told.signal.explanation)\n" }
        }
        if signals {
            for told in told {
                let what = told.joined.map { "joined by \($0.condition.nameEn): " } ?? ""
                text += "signal\t\(told.day.isoText)\t\(what)\(told.signal.explanation)\n"
            }
        }
        return text
    }

    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("seed", string: "\(seed)")
        writer.member("signals", integer: told.count { $0.joined == nil })
        writer.member("falseSignals", integer: report.falseSignals.count)
        writer.key("falsePerWeek")
        writer.decimal(text: "\(report.falsePerWeek)")
        writer.key("outbreaks")
        writer.beginArray()
        for (outcome, planted) in zip(report.outcomes, truth.outbreaks) {
            writer.beginObject()
            writer.member("id", string: planted.id)
            if let district = planted.district { writer.member("district", string: district) }
            writer.member("cases", integer: planted.cases.count)
            writer.member("isArtefact", bool: planted.isArtefact)
            if let told = outcome.told {
                writer.member("told", string: told.day.isoText)
                writer.member("days", integer: outcome.days ?? 0)
                writer.member("casesSeen", integer: outcome.casesSeen ?? 0)
                writer.member("source", string: outcome.source?.name ?? "")
                writer.member("isRuled", bool: outcome.isRuled)
                writer.member("signals", integer: outcome.signals)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension OutbreakTruth {
    /// The outbreaks as the conditions that their cases count for.
    func known(_ list: WatchList) -> [TrialReport.Outbreak] {
        outbreaks.map { outbreak in
            TrialReport.Outbreak(
                id: outbreak.id,
                conditions: list.conditions(system: "http://hl7.org/fhir/sid/icd-10", code: outbreak.code)
                    .union(list.conditions(complaint: outbreak.illness)),
                district: outbreak.district.flatMap { Int($0) }, cases: outbreak.cases.compactMap { CivilDay($0.day) },
                exposed: CivilDay(outbreak.exposed),
                isArtefact: outbreak.isArtefact)
        }
    }
}
