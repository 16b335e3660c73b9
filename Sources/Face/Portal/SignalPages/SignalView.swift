import Calendar
import Containment
import FHIR
import Hazards
import JSON
import Population
import Records
import Signals
import Surveillance
import Syndromes

/// One resource of a line list, as far as the reader may see it.
struct SignalLine {
    let line: EventCounts.Line
    let href: String?
    let reference: String?
    let name: String?
    let personHref: String?
    /// `Patient/…`, where the reader may see it.
    let person: String?

    /// - Parameter records: what the reader reaches; what is hidden leaves the line without names.
    init(_ line: EventCounts.Line, _ records: any PortalRecords, today: CivilDay) {
        self.line = line
        let version = try? records.readAside(number: line.resource)
        reference = version.map { $0.key.description }
        href = version.map { Address.source(type: $0.key.type, id: $0.key.id) }
        let patient = version == nil ? nil : line.person.flatMap { try? records.readAside(number: $0) }
        let person = patient.flatMap { try? JSONDocument(parsing: $0.json()) }.map { Person($0.root) }
        name = person?.name
        self.person = patient.map { $0.key.description }
        personHref = patient.map { Address.source(type: "Patient", id: $0.key.id) }
    }
}

/// A table of four numbers of an investigation, and what it comes to.
struct AttackForm {
    struct Result {
        let name: String
        let value: String
        let interval: String
    }

    let exposedIll: String
    let exposedWell: String
    let otherIll: String
    let otherWell: String
    let problem: String?
    let results: [Result]
    let hasResults: Bool

    init(_ visit: Portal.SignalVisit) {
        let words = visit.words
        let typed = ["a", "b", "c", "d"].map { visit.asked($0) ?? "" }
        (exposedIll, exposedWell, otherIll, otherWell) = (typed[0], typed[1], typed[2], typed[3])
        let numbers = typed.compactMap { Int($0) }
        guard numbers.count == 4,
            let table = try? AttackTable(
                exposedIll: numbers[0], exposedWell: numbers[1], otherIll: numbers[2], otherWell: numbers[3])
        else {
            problem = typed.allSatisfy(\.isEmpty) ? nil : words["attackProblem"]
            (results, hasResults) = ([], false)
            return
        }
        func percent(_ value: Double) -> String { "\((value * 1000).rounded() / 10)%" }
        func plain(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
        let rows: [(String, AttackTable.Estimate?, (Double) -> String)] = [
            ("attackExposedRate", table.exposedRate, percent), ("attackOtherRate", table.otherRate, percent),
            ("attackRateRatio", table.rateRatio, plain), ("attackOddsRatio", table.oddsRatio, plain),
        ]
        problem = nil
        results = rows.map { key, estimate, text in
            Result(
                name: words[key], value: estimate.map { text($0.value) } ?? "—",
                interval: estimate.map { "\(text($0.low)) – \(text($0.high))" } ?? "—")
        }
        hasResults = true
    }
}

/// A signal's page as the template reads it: what rose, its life, what comes next, and who the cases are.
struct SignalView {
    struct Figure {
        let name: String
        let value: String
        let note: String
    }

    struct Step {
        let name: String
        let when: String
        let by: String
        let text: String
        let took: String?
    }

    /// A step that may come next, as a form.
    struct Next {
        let stage: String
        let title: String
        let hint: String
        let asksText: Bool
        let textLabel: String
        let text: String
        let asksWho: Bool
        let assignee: String
        let due: String
        let isSecond: Bool
        let asksReason: Bool
    }

    /// What a false alarm teaches, and the way to take it back.
    struct Lesson {
        let text: String
        let button: String
        let taught: String
        let address: String
    }

    struct Reason {
        let code: String
        let text: String
        let isChosen: Bool
    }

    struct Week {
        let from: String
        let observed: String
        let expected: String
        let upper: String
    }

    struct Day {
        let day: String
        let count: String
    }

    struct Line {
        let day: String
        let age: String
        let source: String
        let name: String
        let href: String?
        let reference: String?
    }

    struct Age {
        let name: String
        let count: String
    }

    /// Lines on the page; the table of CSV has more.
    static let linesMax = 60

    let title: String
    let answer: String
    let unusual: String
    let stage: String
    let tone: String
    let due: String?
    let notice: String?
    let response: SignalResponse
    let lesson: Lesson?
    let reasons: [Reason]
    let contacts: ContactCount
    let contactsHref: String
    let contactsText: String
    let problem: String?
    let form: String
    let address: String
    let figures: [Figure]
    let next: [Next]
    let hasNext: Bool
    let steps: [Step]
    let wideChart: String
    let narrowChart: String
    let weeks: [Week]
    /// What each source says, of each condition that the signal tells.
    let sources: [SignalSources]
    let also: [String]
    let noHistory: String?
    let dayChart: String
    let days: [Day]
    let reportHref: String
    let pictureHref: String
    let seasonsHref: String?
    /// The results of the site that the signal is about.
    let siteHref: String?
    /// Nil for what the monitoring of the population doesn't tell.
    let populationHref: String?
    let ages: [Age]
    let lines: [Line]
    let hasLines: Bool
    let isCut: Bool
    let hidden: String?
    let csvHref: String
    let attack: AttackForm
    let definitions: [String]

    init(
        _ signal: Signal, response: SignalResponse, contacts: ContactCount, curve: SignalCurve,
        sources: [SignalSources],
        cells: [EventCounts.Cell],
        days: ClosedRange<CivilDay>,
        lines found: [SignalLine], hazard: HazardKind?, table: AttackForm, form: String, sent: FormBody,
        problem: String?,
        now: Int64, place: CityPlace, words: Words
    ) {
        let name = words.name(of: signal)
        let area = signal.district == 0 ? place.cityName(words) : place.name(signal.district, words)
        title = words.text("signalTitle", ["name": name, "place": area])
        answer = words.what(signal)
        also = signal.parts.map { words.also($0, of: signal) }
        noHistory = curve.hasHistory ? nil : words["signalNoHistory"]
        unusual = words.unusual(signal)
        stage = words.stage(signal.stage)
        let isLate = signal.isLate(at: now)
        tone = isLate ? "act" : signal.stage.isOpen ? "watch" : "quiet"
        due = signal.due.map {
            words.text(isLate ? "signalLate" : "signalDue", ["time": words.dateTime(milliseconds: $0)])
        }
        notice = nil
        self.problem = problem
        self.response = response
        self.form = form
        address = "/signals/\(signal.id)"
        self.contacts = contacts
        contactsHref = address + "/contacts"
        contactsText = words.contacts(contacts)
        figures = [
            Figure(
                name: words["signalCount"], value: words.number(signal.count),
                note: words.text("signalUsual", ["usual": words.usual(signal.expected)])),
            Figure(name: words["signalPeak"], value: words.number(signal.peak), note: words.source(signal.source)),
            Figure(
                name: words["signalAmong"], value: words.age(signal.age),
                note: words.text(
                    "signalWindow",
                    ["from": words.date(signal.window.lowerBound), "until": words.date(signal.window.upperBound)])),
        ]
        next = signal.stage.next.map { stage in
            let isSent = sent["stage"] == stage.rawValue
            let hours = stage == .verifying ? 2 : 24
            return Next(
                stage: stage.rawValue, title: words["step_\(stage.rawValue)"],
                hint: words["stepHint_\(stage.rawValue)"],
                asksText: true, textLabel: words["stepText_\(stage.rawValue)"], text: isSent ? sent["text"] : "",
                asksWho: stage.isOpen, assignee: isSent ? sent["assignee"] : signal.assignee,
                due: isSent ? sent["due"] : ShanghaiTime.text(now + Int64(hours) * 3_600_000, words),
                isSecond: stage == .falseAlarm, asksReason: stage == .falseAlarm)
        }
        reasons = FalseAlarmReason.allCases.map {
            Reason(code: $0.rawValue, text: words.reason($0), isChosen: sent["reason"] == $0.rawValue)
        }
        lesson = Lesson(signal, words)
        hasNext = !next.isEmpty
        let took = [nil] + signal.durations.map { Optional($0.milliseconds) }
        let own = zip(signal.steps, took).map { step, took in
            (
                step.at,
                Step(
                    name: words.stage(step.stage), when: words.dateTime(milliseconds: step.at),
                    by: step.by.isEmpty ? words["signalByHouse"] : step.by, text: step.text,
                    took: took.map { words.text("signalTook", ["time": words.delay(seconds: Double($0) / 1000)]) })
            )
        }
        let others = response.events.map { event in
            (
                event.at,
                Step(
                    name: event.name, when: words.dateTime(milliseconds: event.at), by: event.by, text: event.text,
                    took: nil)
            )
        }
        let joined = signal.parts.filter { $0.since > signal.detectedAt }.map { part in
            (
                part.since,
                Step(
                    name: words["signalJoined"], when: words.dateTime(milliseconds: part.since),
                    by: words["signalByHouse"], text: words.condition(part.condition), took: nil)
            )
        }
        steps = (own + joined + others).enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
            .map(\.element.1)
        let chart = words.text("signalCurveName", ["name": name, "place": area])
        wideChart = curve.large(.wide, name: chart, words: words)
        narrowChart = curve.large(.narrow, name: chart, words: words)
        weeks = curve.points.reversed().map { point in
            func text(_ value: Double) -> String { value.isNaN ? "—" : "\((value * 10).rounded() / 10)" }
            return Week(
                from: words.date(point.from), observed: words.number(Int(point.observed)),
                expected: text(point.expected),
                upper: point.upper.isNaN ? "—" : words.number(Int(point.upper)))
        }
        self.sources = sources
        var daily = [Int](repeating: 0, count: days.upperBound.number - days.lowerBound.number + 1)
        for cell in cells { daily[cell.day.number - days.lowerBound.number] += cell.count }
        dayChart = SignalCurve.days(
            daily, name: words.text("signalDaysName", ["name": name]), from: words.shortDate(days.lowerBound),
            until: words.shortDate(days.upperBound))
        self.days = zip(days.lowerBound.number...days.upperBound.number, daily).filter { $1 > 0 }.map {
            Day(day: words.date(CivilDay(number: $0)), count: words.number($1))
        }
        reportHref = address + "?format=docx"
        pictureHref = address + "?format=png"
        seasonsHref =
            signal.cause == .counts
            ? SeasonsView.Question(
                condition: signal.condition, district: signal.district, source: signal.source, startMonth: 1
            ).href : nil
        siteHref = hazard.flatMap { kind in
            if case .site(let site) = signal.cause {
                words.href(HazardResults.Site(name: site, district: signal.district), kind)
            } else {
                nil
            }
        }
        populationHref =
            signal.cause == .population
            ? "/population?month=\(CivilMonth(signal.window.upperBound).isoText)"
                + (signal.district == 0 ? "" : "&district=\(signal.district)") : nil
        ages = AgeGroup.allCases.compactMap { age in
            let count = cells.filter { $0.age == age && signal.window.contains($0.day) }.reduce(0) { $0 + $1.count }
            return count == 0 ? nil : Age(name: words.age(age), count: words.number(count))
        }
        lines =
            found.filter { $0.reference != nil }.map { item in
                Line(
                    day: words.date(item.line.day), age: words.age(item.line.age),
                    source: words.source(item.line.source),
                    name: item.name.flatMap { $0.isEmpty ? nil : $0 } ?? words["nameUnknown"], href: item.href,
                    reference: item.reference)
            }
            + contacts.newCases.map { contact in
                Line(
                    day: contact.onset.map { words.date($0) } ?? "—", age: words["signalAgeUnknown"],
                    source: words["sourceContact"], name: contact.name, href: "/contacts/\(contact.id)",
                    reference: "Task/\(contact.id)")
            }
        hasLines = !lines.isEmpty
        isCut = found.count == Self.linesMax
        let unseen = found.count { $0.reference == nil }
        hidden = unseen == 0 ? nil : words.counted("signalHidden", unseen)
        csvHref = address + "?format=csv"
        attack = table
        definitions = words.definitions(signal)
    }
}

extension SignalView.Lesson {
    /// Nil for what is no false alarm that the counts told.
    fileprivate init?(_ signal: Signal, _ words: Words) {
        guard signal.stage == .falseAlarm, signal.cause == .counts else { return nil }
        let reason = words.reason(signal.reason ?? .other)
        let isTeaching = (signal.reason ?? .other).teaches
        text = words.text(
            !isTeaching ? "lessonNone" : signal.isUntaught ? "lessonUndone" : "lessonTaught", ["reason": reason])
        button = isTeaching ? words[signal.isUntaught ? "lessonRedo" : "lessonUndo"] : ""
        taught = signal.isUntaught ? "yes" : "no"
        address = "/signals/\(signal.id)/lesson"
    }
}

extension Words {
    /// Where the definitions come from of what a signal tells.
    fileprivate func definitions(_ signal: Signal) -> [String] {
        signal.conditions.map { text("signalDefinition", ["name": condition($0), "source": source($0)]) }
    }
}
