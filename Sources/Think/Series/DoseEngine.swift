public import Calendar

extension DoseBook {
    /// What counts of what was given, and what comes next: a pure function of the rules, the history and the day. The order of
    /// the facts does not matter.
    ///
    /// - Parameters:
    ///   - history: what is known of the person.
    ///   - day: the day for which it is asked; later records are left out.
    public func forecast(_ history: DoseHistory, on day: CivilDay) -> DoseForecast {
        var engine = DoseEngine(self, history, day)
        let series = series.map { engine.forecast($0) }
        return DoseForecast(day: day, series: series, unknown: engine.unknown, changes: engine.changes)
    }
}

/// Works out one forecast.
struct DoseEngine {
    /// A dose that was given, with what was in it.
    struct Given {
        let dose: DoseHistory.Dose
        let product: DoseBook.Product
        let first: CivilDay
        let last: CivilDay
    }

    /// A valid dose at its place.
    struct Filled {
        let given: Given
        let step: DoseSeries.Step
        let season: Int?
    }

    /// When a step may be filled.
    struct Window {
        var earliest: CivilDay
        var recommended: CivilDay
        var finish: CivilDay?
        var latest: CivilDay?
        var season: Int?
        var reasons: [DoseForecast.Reason]
    }

    let book: DoseBook
    let history: DoseHistory
    let day: CivilDay
    /// Given by this day on a known day, the earliest first.
    let given: [Given]
    /// Given, but nobody knows when.
    let undated: [(dose: DoseHistory.Dose, product: DoseBook.Product)]
    /// Refused or not possible.
    let notDone: [(dose: DoseHistory.Dose, product: DoseBook.Product)]
    let unknown: [String]
    private(set) var changes: CivilDay?

    init(_ book: DoseBook, _ history: DoseHistory, _ day: CivilDay) {
        self.book = book
        self.history = history
        self.day = day
        var (given, undated, notDone):
            ([Given], [(DoseHistory.Dose, DoseBook.Product)], [(DoseHistory.Dose, DoseBook.Product)]) =
                ([], [], [])
        var unknown: [String] = []
        for dose in history.doses.sorted(by: { $0.reference < $1.reference }) {
            guard let product = book.product(dose.codes, named: dose.names) else {
                unknown.append(dose.reference)
                continue
            }
            guard dose.outcome == .given else {
                notDone.append((dose, product))
                continue
            }
            guard let first = dose.first, let last = dose.last else {
                undated.append((dose, product))
                continue
            }
            if first <= day { given.append(Given(dose: dose, product: product, first: first, last: min(last, day))) }
        }
        self.given = given.sorted {
            ($0.first.number, $0.last.number, $0.product.id, $0.dose.reference)
                < ($1.first.number, $1.last.number, $1.product.id, $1.dose.reference)
        }
        self.undated = undated
        self.notDone = notDone
        self.unknown = unknown
    }

    // MARK: - One series

    mutating func forecast(_ series: DoseSeries) -> DoseForecast.Series {
        let own = given.filter { !$0.product.components.isDisjoint(with: series.components) }
        var filled: [Filled] = []
        var slots: [DoseForecast.Slot] = []
        var judged: [DoseForecast.Judged] = []
        var wrong: [Given] = []
        for dose in own {
            let season = series.season.map { $0.year(of: dose.first) }
            let before = filled.filter { $0.season == season }
            switch place(dose, series, before) {
            case .step(let step):
                let window = window(
                    step, series, dose.product, valid: before, wrong: wrong, cut: dose.first, isPlanned: false)
                slots.append(slot(step, series, dose.product, window, filled, before, dose))
                filled.append(Filled(given: dose, step: step, season: season))
                judged.append(Self.judged(dose, .valid, nil))
            case .extra(let why): judged.append(Self.judged(dose, .extra, why))
            case .wrong(let why):
                wrong.append(dose)
                judged.append(Self.judged(dose, .invalid, why))
            }
        }
        for (dose, product) in undated where !product.components.isDisjoint(with: series.components) {
            judged.append(
                .init(
                    reference: dose.reference, title: product.title, day: nil, verdict: .unknown,
                    why: DoseWords(
                        zh: "接种日期不详，按未种处理，请补充接种证据", en: "given on an unknown day: not counted; evidence is wanted")))
        }
        for (dose, product) in notDone where !product.components.isDisjoint(with: series.components) {
            judged.append(
                .init(
                    reference: dose.reference, title: product.title, day: dose.first, verdict: .notDone,
                    why: DoseWords(zh: "未接种（拒绝或当时不能接种）", en: "not given: refused, or not possible then")))
        }
        let next = next(series, filled, wrong)
        return DoseForecast.Series(
            id: series.id, title: series.title, disease: series.disease, priority: series.priority,
            status: next.status, next: next.slot, given: slots, judged: judged, reasons: next.reasons)
    }

    private static func judged(
        _ dose: Given, _ verdict: DoseForecast.Judged.Verdict, _ why: DoseWords?
    ) -> DoseForecast.Judged {
        .init(
            reference: dose.dose.reference, title: dose.product.title, day: dose.first == dose.last ? dose.first : nil,
            verdict: verdict, why: why)
    }

    /// Something changes on a later day by time alone.
    mutating func note(change: CivilDay?) {
        guard let change, change > day else { return }
        changes = min(changes ?? change, change)
    }

    // MARK: - What counts

    private enum Place {
        case step(DoseSeries.Step)
        case extra(DoseWords)
        case wrong(DoseWords)
    }

    private func place(_ dose: Given, _ series: DoseSeries, _ valid: [Filled]) -> Place {
        if let season = series.season, !season.contains(dose.last) {
            return .extra(DoseWords(zh: "不在接种季内", en: "not in the season"))
        }
        if series.goals.contains(where: { holds($0.who) && matches($0.have, series, valid) }) {
            return .extra(DoseWords(zh: "全程已完成，不需要这一剂", en: "the series was complete: not needed"))
        }
        var first: DoseWords?
        for step in series.steps where holds(step.who) && step.isInForce(on: dose.first) {
            guard matches(step.have, series, valid), !step.accepts.isDisjoint(with: dose.product.components) else {
                continue
            }
            guard let fault = fault(dose, step, series, valid) else { return .step(step) }
            first = first ?? fault
        }
        return .wrong(first ?? DoseWords(zh: "不在程序规定的剂次上", en: "no rule asks for this product at this place"))
    }

    /// Why a dose doesn't count at a step; nil: it does.
    private func fault(
        _ dose: Given, _ step: DoseSeries.Step, _ series: DoseSeries, _ valid: [Filled]
    ) -> DoseWords? {
        if !dose.dose.isPotent {
            return DoseWords(zh: "记录注明效价不足", en: "recorded as not potent enough")
        }
        if let same = valid.last, same.given.last >= dose.first {
            return DoseWords(
                zh: "与\(same.given.last.isoText)的一剂同日或重复记录", en: "on the day of another dose, or recorded twice")
        }
        let least = dose.product.minimumAge ?? step.from.span
        if dose.first < least.after(history.birth) {
            return DoseWords(
                zh: "接种过早：未满\(least.age.zh)（\(least.after(history.birth).isoText)）",
                en: "given too early: younger than \(least.age.en) (\(least.after(history.birth).isoText))")
        }
        if let before = step.before, dose.last >= before.span.after(history.birth) {
            return DoseWords(zh: "接种过晚：已满\(before.span.age.zh)", en: "given too late: \(before.span.age.en) or older")
        }
        for interval in step.after {
            guard let last = valid.last(where: { counts($0, series, interval.group) })?.given else { continue }
            let span = dose.product.minimumInterval ?? interval.span
            guard dose.first < span.after(last.last) else { continue }
            return DoseWords(
                zh: "间隔过短：距\(last.last.isoText)的一剂不足\(span.length.zh)",
                en: "too soon: less than \(span.length.en) after the dose of \(last.last.isoText)")
        }
        if dose.product.live == .injected, let distance = book.liveDistance {
            let near = given.last {
                $0.product.live == .injected && $0.last < dose.first && dose.first < distance.after($0.last)
            }
            if let near {
                return DoseWords(
                    zh: "与\(near.last.isoText)接种的\(near.product.title.zh)（注射减毒活疫苗）间隔不足\(distance.length.zh)",
                    en:
                        "less than \(distance.length.en) after \(near.product.title.en) of \(near.last.isoText), also live and injected"
                )
            }
        }
        return nil
    }

    private func counts(_ filled: Filled, _ series: DoseSeries, _ group: String?) -> Bool {
        filled.step.counts && contains(filled.given, series, group)
    }

    private func contains(_ dose: Given, _ series: DoseSeries, _ name: String?) -> Bool {
        guard let name, name != "any" else { return true }
        guard let group = series.groups[name] else { return dose.product.components.contains(name) }
        if group.components.isDisjoint(with: dose.product.components) { return false }
        if let from = group.from, dose.first < from.span.after(history.birth) { return false }
        if let before = group.before, dose.last >= before.span.after(history.birth) { return false }
        return true
    }

    private func matches(_ have: DoseSeries.Counts, _ series: DoseSeries, _ valid: [Filled]) -> Bool {
        have.allSatisfy { name, range in
            if name == "all" { return range.contains(valid.count) }
            return range.contains(valid.count { counts($0, series, name) })
        }
    }

    func holds(_ who: DoseSeries.Who) -> Bool {
        if let sex = who.sex, history.sex != sex { return false }
        if let from = who.bornFrom, history.birth < from { return false }
        if let before = who.bornBefore, history.birth >= before { return false }
        if !who.states.isEmpty, !who.states.contains(where: { !facts($0).isEmpty }) { return false }
        return who.without.allSatisfy { facts($0).isEmpty }
    }

    /// What tells that a state holds on the day.
    func facts(_ state: String) -> [DoseHistory.Fact] {
        history.facts.filter {
            $0.state == state && ($0.since.map { $0 <= day } ?? true) && ($0.until.map { $0 > day } ?? true)
        }
    }

    // MARK: - What comes next

    private mutating func next(
        _ series: DoseSeries, _ filled: [Filled], _ wrong: [Given]
    ) -> (status: DoseForecast.Status, slot: DoseForecast.Slot?, reasons: [DoseForecast.Reason]) {
        for fact in history.facts { note(change: fact.until) }
        for fact in history.facts { note(change: fact.since) }
        guard holds(series.who) else { return (.notEligible, nil, []) }
        let season = series.season.map { $0.year(on: day) }
        let valid = filled.filter { $0.season == season }
        if let goal = series.goals.first(where: { holds($0.who) && matches($0.have, series, valid) }) {
            if let season, let times = series.season { note(change: times.end(season).advanced(by: 1)) }
            return (.complete, nil, [.init(words: Self.complete, source: goal.source)])
        }
        var barred: [DoseForecast.Reason] = []
        var isTooLate = false
        for step in series.steps where !step.give.isEmpty && holds(step.who) {
            note(change: step.inForceFrom)
            note(change: step.inForceUntil)
            guard step.isInForce(on: day), matches(step.have, series, valid) else { continue }
            let products = step.give.compactMap { book.product($0) }
            guard let product = products.first(where: { bars($0, isFinal: true).isEmpty }) else {
                barred += products.flatMap { bars($0, isFinal: true) }.map {
                    .init(words: $0.bar.title, source: $0.bar.source)
                }
                continue
            }
            var window = window(step, series, product, valid: valid, wrong: wrong, cut: day, isPlanned: true)
            if let latest = window.latest, max(window.earliest, day) >= latest {
                isTooLate = true
                continue
            }
            note(change: window.latest)
            return planned(step, series, product, &window, filled, valid)
        }
        if !barred.isEmpty {
            var seen: Set<DoseForecast.Reason> = []
            return (.contraindicated, nil, barred.filter { seen.insert($0).inserted })
        }
        return (isTooLate ? .agedOut : .notEligible, nil, [])
    }

    private static let complete = DoseWords(zh: "全程已完成", en: "all doses have been given")

    /// The dose at a step that was chosen, with what it still waits for.
    private mutating func planned(
        _ step: DoseSeries.Step, _ series: DoseSeries, _ product: DoseBook.Product, _ window: inout Window,
        _ filled: [Filled], _ valid: [Filled]
    ) -> (DoseForecast.Status, DoseForecast.Slot?, [DoseForecast.Reason]) {
        let usual = window.earliest
        var isOpenEnded = false
        for (bar, until) in bars(product, isFinal: false) {
            guard let until else {
                isOpenEnded = true
                window.reasons.append(.init(words: bar.title, source: bar.source))
                continue
            }
            // One that is over keeps its day, so that the dose doesn't move back when it ends.
            guard until > window.earliest else { continue }
            let words = DoseWords(
                zh: "\(bar.title.zh)：暂缓至\(until.isoText)", en: "\(bar.title.en): put off until \(until.isoText)")
            window.reasons.append(.init(words: words, source: bar.source))
            window.earliest = max(window.earliest, until)
        }
        if let needs = step.needs, facts(needs).isEmpty {
            isOpenEnded = true
            let state = book.states.first { $0.id == needs }
            window.reasons.append(
                .init(words: step.needsNote ?? state?.title ?? DoseWords(zh: needs, en: needs), source: step.source))
        }
        if let note = step.note { window.reasons.append(.init(words: note, source: step.source)) }
        window.recommended = max(window.recommended, window.earliest)
        let slot = slot(step, series, product, window, filled, valid, nil, isHeld: isOpenEnded)
        if isOpenEnded { return (day < usual ? .notYetDue : .deferred, slot, window.reasons) }
        let status: DoseForecast.Status =
            if day < usual { .notYetDue } else if day < slot.earliest {
                .deferred
            } else if let finish = slot.finish,
                day > finish
            { .overdue } else { .due }
        return (status, slot, window.reasons)
    }

    private func slot(
        _ step: DoseSeries.Step, _ series: DoseSeries, _ product: DoseBook.Product, _ window: Window,
        _ filled: [Filled], _ valid: [Filled], _ dose: Given?, isHeld: Bool = false
    ) -> DoseForecast.Slot {
        let times = filled.count { $0.step.id == step.id && $0.season == window.season }
        let number = step.counts ? step.number ?? valid.count { $0.step.counts } + 1 : nil
        return DoseForecast.Slot(
            key: "\(series.id)-\(step.id)" + (window.season.map { "-\($0)" } ?? "")
                + (times > 0 ? "-again\(times)" : ""),
            series: series.id, step: step.id, number: series.season == nil ? number : nil, product: product,
            earliest: window.earliest, recommended: window.recommended, finish: window.finish, latest: window.latest,
            given: dose?.dose.reference, givenOn: dose?.first, isHeld: isHeld, reasons: window.reasons)
    }

    // MARK: - When

    /// When a step may be filled.
    ///
    /// - Parameters:
    ///   - wrong: doses of the series that don't count; what comes next keeps its interval from them too.
    ///   - cut: the day of the dose, or the day for which is planned: on the day of another live product there is no distance.
    ///   - isPlanned: whether the dose is still to be given; of one that was given, only the rule is told.
    private mutating func window(
        _ step: DoseSeries.Step, _ series: DoseSeries, _ product: DoseBook.Product, valid: [Filled], wrong: [Given],
        cut: CivilDay, isPlanned: Bool
    ) -> Window {
        let birth = history.birth
        let age = isPlanned ? step.from.span : product.minimumAge ?? step.from.span
        var window = Window(
            earliest: age.after(birth), recommended: birth, finish: step.finish?.span.after(birth),
            latest: step.before?.span.after(birth), season: nil,
            reasons: [
                .init(
                    words: DoseWords(
                        zh: "\(age.age.zh)起（\(age.after(birth).isoText)）",
                        en: "from \(age.age.en) (\(age.after(birth).isoText))"),
                    source: step.source)
            ])
        func wait(_ until: CivilDay, _ words: DoseWords, _ source: String) {
            window.reasons.append(.init(words: words, source: source))
            window.earliest = max(window.earliest, until)
        }
        var last: CivilDay?
        for interval in step.after {
            let counted = valid.last { counts($0, series, interval.group) }?.given
            let other = wrong.last { contains($0, series, interval.group) }
            guard let anchor = [counted, other].compactMap({ $0?.last }).max() else { continue }
            last = max(last ?? anchor, anchor)
            let span = isPlanned ? interval.span : product.minimumInterval ?? interval.span
            let until = span.after(anchor)
            wait(
                until,
                DoseWords(
                    zh: "距\(anchor.isoText)的一剂至少\(span.length.zh)（\(until.isoText)）",
                    en: "at least \(span.length.en) after the dose of \(anchor.isoText) (\(until.isoText))"),
                step.source)
        }
        if step.after.isEmpty, let anchor = wrong.last?.last, series.season == nil {
            let until = series.again.after(anchor)
            wait(
                until,
                DoseWords(
                    zh: "距\(anchor.isoText)的无效剂次至少\(series.again.length.zh)（\(until.isoText)）",
                    en:
                        "at least \(series.again.length.en) after the dose of \(anchor.isoText), which doesn't count (\(until.isoText))"
                ),
                series.source)
        }
        if product.live == .injected, let distance = book.liveDistance {
            let others = given.filter { $0.product.live == .injected && $0.last <= cut }
            // On the day of another one there is no distance, where this one may be given that day.
            let isSameDay = window.earliest <= cut
            if isSameDay, isPlanned, others.last?.last == cut { note(change: cut.advanced(by: 1)) }
            if let near = others.last(where: { $0.last < cut || !isSameDay }),
                distance.after(near.last) > window.earliest
            {
                let until = distance.after(near.last)
                wait(
                    until,
                    DoseWords(
                        zh:
                            "与\(near.last.isoText)接种的\(near.product.title.zh)（注射减毒活疫苗）间隔至少\(distance.length.zh)（\(until.isoText)）",
                        en:
                            "at least \(distance.length.en) after \(near.product.title.en) of \(near.last.isoText), also live and injected (\(until.isoText))"
                    ),
                    book.liveSource)
            }
        }
        if let season = series.season { self.season(season, cut, &window) }
        let limits = [window.finish, step.within.flatMap { span in last.map { span.after($0) } }].compactMap { $0 }
        window.finish = limits.min()
        window.recommended = max(
            window.earliest, step.best.flatMap { span in last.map { span.after($0) } } ?? window.earliest)
        return window
    }

    /// Moves a window into the season at hand, or the first in which it can open.
    private func season(_ season: DoseSeries.Season, _ cut: CivilDay, _ window: inout Window) {
        let year = season.year(on: max(cut, window.earliest))
        let (start, end) = (season.start(year), season.end(year).advanced(by: 1))
        window.season = year
        window.earliest = max(window.earliest, start)
        window.latest = min(window.latest ?? end, end)
        window.reasons.append(
            .init(
                words: DoseWords(
                    zh: "接种季\(start.isoText)至\(season.end(year).isoText)",
                    en: "season from \(start.isoText) to \(season.end(year).isoText)"), source: ""))
    }

    // MARK: - What holds up

    /// What keeps a product from being given, and until when.
    ///
    /// - Parameter isFinal: what has no end that is known or expected; else what is expected to end.
    func bars(_ product: DoseBook.Product, isFinal: Bool) -> [(bar: DoseBook.Bar, until: CivilDay?)] {
        book.bars.flatMap { bar -> [(bar: DoseBook.Bar, until: CivilDay?)] in
            let own = history.facts.filter { $0.state == bar.state && bar.concerns(product, $0, book) }
            let begun = own.filter { bar.isUntil || ($0.since.map { $0 <= day } ?? true) }
            return begun.compactMap { fact in
                let wait = bar.isUntil ? fact.since : fact.since.flatMap { since in bar.wait.map { $0.after(since) } }
                let until = [wait, fact.until].compactMap { $0 }.min()
                let isOver = until == nil && !bar.isTemporary
                return isOver == isFinal ? (bar, until) : nil
            }
        }
    }
}

extension DoseBook.Bar {
    /// Whether it bars a product.
    fileprivate func concerns(_ product: DoseBook.Product, _ fact: DoseHistory.Fact, _ book: DoseBook) -> Bool {
        if !except.isDisjoint(with: product.components) { return false }
        if !components.isDisjoint(with: product.components) { return true }
        if let live = product.live, self.live.contains(live) { return true }
        guard named, let other = book.product(fact.codes, named: fact.names) else { return false }
        return !other.components.isDisjoint(with: product.components)
    }
}

extension DoseSeries.Step {
    fileprivate func isInForce(on day: CivilDay) -> Bool {
        (inForceFrom.map { $0 <= day } ?? true) && (inForceUntil.map { day < $0 } ?? true)
    }
}

extension DoseSeries.Season {
    /// The first day of the season that begins in a year.
    func start(_ year: Int) -> CivilDay { CivilDay(year: year, month: from / 100, runningOn: from % 100) }

    /// The last day of the season that begins in a year.
    func end(_ year: Int) -> CivilDay {
        CivilDay(year: until < from ? year + 1 : year, month: until / 100, runningOn: until % 100)
    }

    /// The year in which the season of a day began; between seasons, the one to come.
    func year(on day: CivilDay) -> Int {
        let year = day.components.year
        return day <= end(year - 1) ? year - 1 : day <= end(year) ? year : year + 1
    }

    /// The season of a dose: between seasons, the one to come.
    func year(of day: CivilDay) -> Int { year(on: day) }

    /// Whether a day lies in a season.
    func contains(_ day: CivilDay) -> Bool { start(year(on: day)) <= day }
}
