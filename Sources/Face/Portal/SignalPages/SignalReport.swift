import Pictures

/// A signal's report as a Word file: what rose, what was found and done, without names of persons.
enum SignalReport {
    static func file(
        _ view: SignalView, curve: ChartPicture, madeAt: String, words: Words
    ) throws(PictureError) -> [UInt8] {
        var report = WordDocument(title: view.title, language: words.language.tag)
        report.heading(view.title, level: 1)
        report.paragraph(view.answer)
        for text in view.also { report.paragraph(text) }
        report.paragraph("\(view.unusual) \(words["reportState"])\(words["colon"])\(view.stage)")
        if view.isCounted { report.paragraph(view.contactsText) }
        report.heading(words["signalLife"], level: 2)
        report.table(
            [words["reportStep"], words["reportWhen"], words["reportBy"], words["reportWhat"]],
            view.steps.map { [$0.name, $0.when, $0.by, $0.text + ($0.took.map { "（\($0)）" } ?? "")] })
        if view.response.hasMeasures {
            report.heading(words["measuresTitle"], level: 2)
            report.table(
                [
                    words["measureKind"], words["measureText"], words["signalWho"], words["signalUntil"],
                    words["reportState"],
                ],
                view.response.measures.map { [$0.kind, $0.text, $0.who, $0.due, $0.stage] })
        }
        if view.response.hasNotices {
            report.heading(words["noticesOfSignal"], level: 2)
            for notice in view.response.notices {
                report.heading("\(notice.title)（\(notice.audience)，\(notice.stage)）", level: 3)
                report.paragraph(notice.text)
                report.paragraph(notice.by)
            }
        }
        if view.isCounted { try count(view, curve, in: &report, words) }
        report.heading(words["definitionsTitle"], level: 2)
        for text in view.definitions { report.paragraph(text) }
        report.paragraph(madeAt)
        return report.file
    }

    private static func count(
        _ view: SignalView, _ curve: ChartPicture, in report: inout WordDocument, _ words: Words
    ) throws(PictureError) {
        report.heading(words["signalSources"], level: 2)
        for told in view.sources {
            if view.sources.count > 1 { report.heading(told.name, level: 3) }
            report.table(
                [
                    words["signalSourceHead"], words["signalCounted"], words["signalExpected"], words["signalUpper"],
                    words["signalRisen"],
                ], told.rows.map { [$0.name, $0.observed, $0.expected, $0.upper, $0.compared] })
        }
        report.heading(words["signalDays"], level: 2)
        report.table([words["contactDay"], words["signalObserved"]], view.days.map { [$0.day, $0.count] })
        if !view.ages.isEmpty {
            report.heading(words["signalAgeGroup"], level: 2)
            report.table([words["signalAgeGroup"], words["signalObserved"]], view.ages.map { [$0.name, $0.count] })
        }
        report.heading(words["signalCurve"], level: 2)
        if let text = view.noHistory { report.paragraph(text) }
        report.picture(try curve.png(), shape: curve.shape, name: view.title)
        report.table(
            [words["signalWeek"], words["signalObserved"], words["signalExpected"], words["signalUpper"]],
            view.weeks.map { [$0.from, $0.observed, $0.expected, $0.upper] })
    }
}
