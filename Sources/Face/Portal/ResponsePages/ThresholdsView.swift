import Calendar
import Signals

/// What false alarms have taught, as the template reads it.
struct ThresholdsView {
    struct Alarm {
        let href: String
        let text: String
        let until: String
        let address: String
    }

    struct Row {
        let name: String
        let share: String
        let alarms: [Alarm]
    }

    let form: String
    let answer: String
    let rows: [Row]
    let hasRows: Bool
    let rule: String

    init(
        _ learnt: [SignalLearning], _ options: SignalOptions, form: String, now: Int64, place: CityPlace, words: Words
    ) {
        self.form = form
        func percent(_ share: Double) -> String { "\((share * 10_000).rounded() / 100)%" }
        let usual = percent(options.falseDiscoveryRate)
        rows = learnt.map { item in
            let area = item.district == 0 ? place.cityName(words) : place.name(item.district, words)
            return Row(
                name: "\(words.condition(item.condition)) · \(area) · \(words.source(item.source))",
                share: words.text(
                    "thresholdsShare",
                    ["share": percent(options.falseDiscoveryRate / item.strictness), "usual": usual]),
                alarms: item.alarms.map { signal in
                    let ended = signal.endedAt ?? 0
                    return Alarm(
                        href: "/signals/\(signal.id)",
                        text: words.text(
                            "thresholdsAlarm",
                            [
                                "day": words.date(CivilDay(milliseconds: ended)),
                                "reason": words.reason(signal.reason ?? .other),
                            ]),
                        until: words.text(
                            "thresholdsUntil",
                            [
                                "part": percent(SignalLearning.part(of: signal, at: now, options)),
                                "day": words.date(CivilDay(milliseconds: ended).advanced(by: options.learningDays)),
                            ]), address: "/signals/\(signal.id)/lesson")
                })
        }
        hasRows = !rows.isEmpty
        answer = rows.isEmpty ? words["thresholdsNone"] : words.counted("thresholdsAnswer", rows.count)
        rule = words.text(
            "thresholdsRule",
            [
                "usual": usual, "days": "\(options.learningDays)",
                "least": percent(options.falseDiscoveryRate / SignalLearning.strictness(options.learningMax)),
            ])
    }
}
