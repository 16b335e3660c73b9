import Calendar
import Signals
import Syndromes

/// The morning page as the template reads it: what is open, ranked.
struct SignalsView {
    struct Row {
        let href: String
        let name: String
        let place: String
        /// Among whom; nil where ages say nothing.
        let who: String?
        let isNew: Bool
        let stage: String
        let tone: String
        let what: String
        let also: [Also]
        let unusual: String
        let due: String?
        let curve: String
    }

    /// A related condition that the signal tells too.
    struct Also {
        let text: String
        let isNew: Bool
    }

    /// An institution whose report cards of a disease are late.
    struct Overdue {
        let href: String
        let unit: String
        let name: String
        let place: String
        let count: String
        let isNew: Bool
        let stage: String
        let tone: String
        let due: String
    }

    struct Tab {
        let href: String
        let text: String
        let isCurrent: Bool
    }

    /// What the page is asked for.
    struct Choice {
        let isEnded: Bool
        let condition: String?
        let district: Int?

        func holds(_ signal: Signal) -> Bool {
            (condition.map { id in signal.conditions.contains { $0.id == id } } ?? true)
                && (district.map { $0 == signal.district } ?? true)
        }

        var href: String { href(format: nil) }

        func href(format: String?) -> String {
            Address.make(
                "/signals",
                [
                    ("show", isEnded ? "ended" : nil), ("condition", condition), ("district", district.map { "\($0)" }),
                    ("format", format),
                ])
        }
    }

    struct Option {
        let code: String
        let text: String
        let isChosen: Bool
    }

    /// A row of the table behind the map.
    struct District {
        let name: String
        let href: String
        let count: String
        let late: String
    }

    /// Signals that are read, and those that stand on the page with a curve.
    static let signalsMax = 1000
    private static let rowsMax = 100
    /// What has come within so long is new.
    private static let newMilliseconds: Int64 = 24 * 3_600_000

    let answer: String
    let late: String?
    let tabs: [Tab]
    let rows: [Row]
    let hasRows: Bool
    let overdue: [Overdue]
    let hasOverdue: Bool
    let hasAny: Bool
    let order: String
    let cut: String?
    let csvHref: String
    let isEnded: Bool
    let conditions: [Option]
    let areas: [Option]
    let map: String?
    let mapPictureHref: String
    let districts: [District]
    let hasDistricts: Bool
    let saved: SavedViews

    /// - Parameters:
    ///   - all: signals of which these were chosen.
    ///   - curve: the counts of one; asked for those alone that stand on the page.
    init(
        _ signals: [Signal], of all: [Signal], _ choice: Choice, curve: (Signal) throws -> SignalCurve,
        saved: SavedViews, now: Int64, place: CityPlace, words: Words
    ) rethrows {
        let isEnded = choice.isEnded
        self.isEnded = isEnded
        self.saved = saved
        func area(_ code: Int) -> String { code == 0 ? place.cityName(words) : place.name(code, words) }
        conditions =
            [Option(code: "", text: words["signalsAnyCondition"], isChosen: choice.condition == nil)]
            + Dictionary(all.flatMap(\.conditions).map { ($0.id, $0) }) { first, _ in first }.values
            .sorted { $0.number < $1.number }.map {
                Option(code: $0.id, text: words.condition($0), isChosen: $0.id == choice.condition)
            }
        let codes = Set(all.map(\.district)).union(place.map?.districts.map(\.code) ?? []).sorted()
        areas =
            [Option(code: "", text: words["signalsAnyDistrict"], isChosen: choice.district == nil)]
            + codes.map { Option(code: "\($0)", text: area($0), isChosen: $0 == choice.district) }
        let shown = all.filter { Choice(isEnded: isEnded, condition: choice.condition, district: nil).holds($0) }
        let counts = Dictionary(grouping: shown, by: \.district).mapValues(\.count)
        let scale = MapScale(counts.filter { $0.key != 0 }.map(\.value))
        map = place.map.map { map in
            map.svg(
                name: words["signalsMapName"], steps: counts.mapValues { scale.step($0) }, chosen: choice.district,
                titles: Dictionary(
                    uniqueKeysWithValues: codes.map {
                        ($0, words.counted("signalsMapTitle", counts[$0] ?? 0, ["district": area($0)]))
                    }), labels: Dictionary(uniqueKeysWithValues: codes.map { ($0, area($0)) }))
        }
        districts = codes.filter { (counts[$0] ?? 0) > 0 || $0 != 0 }.sorted {
            (counts[$0] ?? 0, $1) > (counts[$1] ?? 0, $0)
        }
        .map { code in
            District(
                name: area(code),
                href: Choice(isEnded: isEnded, condition: choice.condition, district: code).href,
                count: words.number(counts[code] ?? 0),
                late: words.number(shown.count { $0.district == code && $0.isLate(at: now) }))
        }
        hasDistricts = !shown.isEmpty
        func isNew(_ signal: Signal) -> Bool {
            now - signal.detectedAt < Self.newMilliseconds && signal.stage == .detected
        }
        func tone(_ signal: Signal) -> String {
            signal.isLate(at: now) ? "act" : signal.stage.isOpen ? "watch" : "quiet"
        }
        func due(_ signal: Signal) -> String? {
            signal.due.map {
                words.text(
                    signal.isLate(at: now) ? "signalLate" : "signalDue", ["time": words.dateTime(milliseconds: $0)])
            }
        }
        let ranked = signals.filter { $0.overdueUnit == nil }.sorted {
            isEnded ? ($0.endedAt ?? 0) > ($1.endedAt ?? 0) : SignalsView.rank($0) < SignalsView.rank($1)
        }
        rows = try ranked.prefix(Self.rowsMax).map { signal in
            let name = words.name(of: signal)
            let area = area(signal.district)
            return Row(
                href: "/signals/\(signal.id)", name: name, place: area,
                who: signal.cause == .counts ? words.age(signal.age) : nil, isNew: isNew(signal),
                stage: words.stage(signal.stage), tone: tone(signal), what: words.what(signal),
                also: signal.parts.map { part in
                    Also(
                        text: words.also(part, of: signal),
                        isNew: now - part.since < Self.newMilliseconds && part.since > signal.detectedAt
                            && signal.stage.isOpen)
                }, unusual: words.unusual(signal), due: due(signal),
                curve: try curve(signal).small(name: words.text("signalCurveName", ["name": name, "place": area])))
        }
        hasRows = !rows.isEmpty
        order = words[isEnded ? "signalsLatest" : "signalsRanked"]
        cut = ranked.count > rows.count ? words.text("signalsCut", ["n": words.number(rows.count)]) : nil
        overdue = signals.filter { $0.overdueUnit != nil }.sorted {
            ($0.overdueUnit ?? "", $0.condition.number) < ($1.overdueUnit ?? "", $1.condition.number)
        }
        .map { signal in
            Overdue(
                href: "/signals/\(signal.id)", unit: signal.overdueUnit ?? "", name: words.name(of: signal),
                place: area(signal.district), count: words.number(signal.count), isNew: isNew(signal),
                stage: words.stage(signal.stage), tone: tone(signal), due: due(signal) ?? "—")
        }
        hasOverdue = !overdue.isEmpty
        hasAny = hasRows || hasOverdue
        let told =
            isEnded
            ? words.counted("signalsEnded", ranked.count)
            : rows.isEmpty
                ? words["signalsNone"]
                : words.counted("signalsAnswer", ranked.count, ["new": words.number(ranked.count(where: isNew))])
        let lateUnits = Set(overdue.map(\.unit)).count
        answer =
            lateUnits == 0
            ? told : words.text("sentences", ["one": told, "two": words.counted("signalsOverdueAnswer", lateUnits)])
        let lateCount = signals.count { $0.isLate(at: now) }
        late = lateCount == 0 ? nil : words.counted("signalsLate", lateCount)
        tabs = [
            Tab(href: "/signals", text: words["signalsOpen"], isCurrent: !isEnded),
            Tab(href: "/signals?show=ended", text: words["signalsPast"], isCurrent: isEnded),
        ]
        csvHref = choice.href(format: "csv")
        mapPictureHref = choice.href(format: "png")
    }

    /// Events of rules first, then the least likely.
    private static func rank(_ signal: Signal) -> (Int, Double, Int64) {
        if case .site = signal.cause { return (1, 1, -signal.detectedAt) }
        if signal.cause == .population { return (2, 1, -signal.detectedAt) }
        return (signal.isRuled ? 0 : 1, signal.leastP, -signal.detectedAt)
    }
}

extension Signal {
    /// The institution whose reports are late, of a signal that tells that.
    var overdueUnit: String? {
        guard case .overdue(let unit) = cause else { return nil }
        return unit
    }
}

extension Words {
    /// What a condition is called.
    func condition(_ condition: WatchedCondition) -> String {
        language == .zh ? condition.nameZh : condition.nameEn
    }

    /// Where its definition comes from.
    func source(_ condition: WatchedCondition) -> String { language == .zh ? condition.sourceZh : condition.source }

    /// What a signal is called: what rose first, and the notifiable disease that joined it.
    func name(of signal: Signal) -> String {
        let name = condition(signal.condition)
        guard signal.leading != signal.condition else { return name }
        return text("signalNameWith", ["name": name, "disease": condition(signal.leading)])
    }

    func stage(_ stage: SignalStage) -> String {
        switch stage {
        case .detected: self["stageDetected"]
        case .verifying: self["stageVerifying"]
        case .investigating: self["stageInvestigating"]
        case .responding: self["stageResponding"]
        case .closed: self["stageClosed"]
        case .falseAlarm: self["stageFalse"]
        }
    }

    func reason(_ reason: FalseAlarmReason) -> String { self["falseAlarm_\(reason.rawValue)"] }

    func problem(_ reason: Signal.Refusal.Reason) -> String {
        switch reason {
        case .stage: self["signalProblemStage"]
        case .text: self["signalProblemText"]
        case .assignee: self["signalProblemWho"]
        case .due: self["signalProblemDue"]
        }
    }

    func source(_ source: EventSource) -> String {
        switch source {
        case .complaint: self["sourceComplaint"]
        case .diagnosis: self["sourceDiagnosis"]
        case .laboratory: self["sourceLaboratory"]
        default: language == .zh ? source.watched?.nameZh ?? source.name : source.name
        }
    }

    /// Among whom.
    func age(_ age: AgeGroup?) -> String {
        guard let age else { return self["signalAllAges"] }
        return age == .unknown ? self["signalAgeUnknown"] : text("signalAge", ["age": age.name])
    }

    /// How many, against how many.
    func what(_ signal: Signal) -> String {
        switch signal.cause {
        case .counts: break
        case .unit(let name):
            return counted("signalWhatUnit", signal.count, ["unit": name, "day": shortDate(signal.window.upperBound)])
        case .population:
            return text(
                "signalWhatPopulation",
                [
                    "n": number(signal.count), "usual": usual(signal.expected),
                    "day": shortDate(signal.window.upperBound),
                ])
        case .overdue(let name): return counted("signalWhatOverdue", signal.count, ["unit": name])
        case .site(let name):
            return counted("signalWhatSite_\(signal.condition.id)", signal.count, ["unit": name])
        }
        let key = signal.source.countsPersons ? "signalWhat" : "signalWhatStream"
        return text(
            signal.isRuled ? "signalWhatRule" : key,
            counted(signal.count, signal.expected, signal.upper, signal.source, signal.window.upperBound))
    }

    /// What rose with it, among whom, how many, against how many.
    func also(_ part: Signal.Part, of signal: Signal) -> String {
        let what = text(
            part.source.countsPersons ? "signalWhat" : "signalWhatStream",
            counted(part.count, part.expected, part.upper, part.source, signal.window.upperBound))
        return text("signalAlso", ["name": condition(part.condition), "who": age(part.age), "what": what])
    }

    private func counted(
        _ count: Int, _ expected: Double, _ upper: Double, _ source: EventSource, _ day: CivilDay
    ) -> [String: String] {
        [
            "n": number(count), "usual": usual(expected), "upper": number(Int(upper)), "source": self.source(source),
            "day": shortDate(day),
        ]
    }

    /// How many are usual: `0`, `3.4`, `12`.
    func usual(_ expected: Double) -> String {
        let tenths = Int((expected * 10).rounded())
        return tenths % 10 == 0 || tenths >= 100 ? number(Int(expected.rounded())) : "\(Double(tenths) / 10)"
    }

    /// How unusual.
    func unusual(_ signal: Signal) -> String {
        if case .overdue = signal.cause { return self["signalByOverdue"] }
        if case .site = signal.cause { return self["signalBySite"] }
        return signal.isRuled
            ? self["signalByRule"]
            : signal.leastP < 1e-6 ? self["signalRare"] : text("signalUnusual", ["p": Signal.short(signal.leastP)])
    }
}
