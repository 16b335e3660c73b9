import Calendar
import Records
import Timeline

/// A resident's page as its template reads it.
struct ResidentView {
    struct Alert {
        let text: String
        let tone: String
    }

    struct Tab {
        let href: String
        let text: String
        /// How many; nil where that is not told.
        let count: String?
        let isCurrent: Bool
    }

    struct Fact {
        let href: String
        let kind: String
        let what: String
        let code: String?
        let when: String?
        let value: String
        let tone: String
    }

    struct Visit {
        let title: String
        let href: String?
        let place: String?
        let when: String
        let facts: [Fact]
        let hasFacts: Bool
    }

    struct Trend {
        struct Row {
            let day: String
            let value: String
        }
        let name: String
        let value: String
        let unit: String
        let tone: String
        let chart: String
        let note: String
        let href: String
        let link: String
        let rows: [Row]
    }

    struct List {
        struct Row {
            let href: String
            let what: String
            let code: String?
            let value: String?
            let when: String
        }
        struct More {
            let href: String
            let text: String
        }
        let id: String
        let title: String
        let nothing: String
        let hasRows: Bool
        let rows: [Row]
        let more: More?
    }

    struct PersonFact {
        let name: String
        let value: String
    }

    /// What starts programs for the person.
    struct Programs {
        struct Program {
            let id: String
            let name: String
        }
        let form: String
        /// The reader's role, as the sign-in of programs names it.
        let role: String
        let patient: String
        let list: [Program]
    }

    let name: String
    let sexAgeBirth: String
    let alerts: [Alert]
    let hasAlerts: Bool
    let answer: String
    let tabs: [Tab]
    let visits: [Visit]
    let hasVisits: Bool
    let nothing: String
    let hasPager: Bool
    let newestHref: String?
    let olderHref: String?
    let trends: [Trend]
    let hasTrends: Bool
    let lists: [List]
    let personFacts: [PersonFact]
    let sourceHref: String
    let fhirHref: String
    /// The person on the programmes; nil where none are followed.
    var careHref: String?
    /// Nil where there is nothing to start.
    var programs: Programs?
    /// The person's forms, and the latest that were answered.
    let formsHref: String
    var forms: [FormsView.Row] = []
    var hasForms: Bool { !forms.isEmpty }
}

extension ResidentView {
    /// Lines that a list shows; the rest stands in the timeline.
    private static let listLines = 8

    /// Puts the person's life into words.
    /// - Parameter today: the day on which ages are told.
    init(_ model: ResidentModel, words: Words, today: CivilDay) {
        let person = model.person
        name = person.name.isEmpty ? words["nameUnknown"] : person.name
        let birth = person.birthDate.map { words.text("born", ["date": words.fhirDate($0)]) }
        sexAgeBirth = ([words.sexAndAge(person, on: today), birth].compactMap { $0 }).joined(separator: words["comma"])
        alerts = Self.alerts(model, words: words)
        hasAlerts = !alerts.isEmpty
        answer = Self.answer(model, words: words)
        tabs = Self.tabs(model, words: words)
        visits = model.groups.map { Self.visit($0, words: words) }
        hasVisits = !visits.isEmpty
        nothing = words[model.choice.kind == nil ? "timelineEmpty" : "timelineEmptyKind"]
        newestHref =
            model.choice.cursor == nil ? nil : Address.resident(person.id, [("kind", model.choice.word)])
        olderHref = model.older.map {
            Address.resident(person.id, [("kind", model.choice.word), ("before", $0.text)])
        }
        hasPager = newestHref != nil || olderHref != nil
        trends = model.trends.map { Self.trend($0, words: words) }
        hasTrends = !trends.isEmpty
        lists = [
            Self.list("diagnosis", model.diagnoses, model, words: words),
            Self.list("medicine", model.medicines, model, words: words),
            Self.list("vaccine", model.vaccines, model, words: words),
        ]
        personFacts = Self.personFacts(person, words: words)
        sourceHref = Address.source(type: "Patient", id: person.id)
        formsHref = Address.make("/forms", [("patient", person.id)])
        fhirHref = "/fhir/Patient/\(Address.encoded(person.id))"
    }

    private static func alerts(_ model: ResidentModel, words: Words) -> [Alert] {
        var alerts: [Alert] = []
        if let deceased = model.person.deceased {
            let date = deceased.date.map { words.fhirDate($0) }
            let text = date.map { words.text("alertDiedOn", ["date": $0]) } ?? words["alertDied"]
            alerts.append(Alert(text: text, tone: ""))
        }
        alerts += model.allergies.map {
            Alert(text: words.text("alertAllergy", ["what": $0.what?.text ?? words["none"]]), tone: "act")
        }
        return alerts
    }

    /// “最近一次就诊:2026年11月18日,门诊,西湖区第一社区卫生服务中心。共 42 次就诊、9 项诊断。”
    private static func answer(_ model: ResidentModel, words: Words) -> String {
        guard let visit = model.latestVisit else { return words["residentNoVisit"] }
        let parts = [words.day(seconds: visit.seconds), words.visitTitle(visit), model.latestPlaceName].compactMap {
            $0
        }
        return words.text("residentLatest", ["visit": parts.joined(separator: words["comma"])])
            + (model.tellsCounts ? words.counted("residentVisits", model.counts[.visit] ?? 0) : "")
    }

    private static func tabs(_ model: ResidentModel, words: Words) -> [Tab] {
        let total = model.counts.values.reduce(0, +)
        let all = Tab(
            href: Address.resident(model.person.id), text: words["kindAll"],
            count: model.tellsCounts ? words.number(total) : nil,
            isCurrent: model.choice.kind == nil)
        return [all]
            + ResidentModel.Choice.kinds.compactMap { word, kind in
                let count = model.counts[kind] ?? 0
                guard count > 0 || !model.tellsCounts else { return nil }
                return Tab(
                    href: Address.resident(model.person.id, [("kind", word)]), text: words.kind(kind),
                    count: model.tellsCounts ? words.number(count) : nil, isCurrent: model.choice.kind == kind)
            }
    }

    private static func visit(_ group: ResidentModel.VisitGroup, words: Words) -> Visit {
        let day = group.visit?.seconds ?? group.facts.first?.seconds ?? 0
        return Visit(
            title: words.visitTitle(group.visit),
            href: group.visit.map { Address.source(type: $0.type, id: $0.id) }, place: group.placeName,
            when: group.visit.map(words.visitTime) ?? words.day(seconds: day),
            facts: group.facts.map { fact($0, visitSeconds: day, words: words) }, hasFacts: !group.facts.isEmpty)
    }

    private static func fact(_ fact: ClinicalFact, visitSeconds: Int64, words: Words) -> Fact {
        let isSameDay =
            CivilDay(milliseconds: fact.seconds * 1000) == CivilDay(milliseconds: visitSeconds * 1000)
        return Fact(
            href: Address.source(type: fact.type, id: fact.id), kind: words.kind(fact.kind),
            what: fact.what?.text ?? words["nameless"], code: fact.what?.code,
            when: isSameDay ? nil : words.day(seconds: fact.seconds), value: words.value(fact), tone: tone(fact.flag))
    }

    private static func tone(_ flag: ClinicalFact.Flag?) -> String { flag == nil ? "" : "watch" }

    private static func trend(_ trend: ResidentModel.Trend, words: Words) -> Trend {
        let last = trend.points[trend.points.count - 1]
        let flag: ClinicalFact.Flag? =
            if let high = trend.high, last.value > high {
                .high
            } else if let low = trend.low, last.value < low {
                .low
            } else {
                nil
            }
        let range = rangeText(low: trend.low, high: trend.high, words: words)
        let first = trend.points[0]
        let span = words.text(
            "trendSpan", ["from": words.day(seconds: first.seconds), "to": words.day(seconds: last.seconds)])
        return Trend(
            name: trend.name.text, value: last.number, unit: trend.unit + (flag.map { " " + words.flag($0) } ?? ""),
            tone: tone(flag),
            chart: TrendChart(
                points: trend.points.map { ($0.seconds, $0.value) }, low: trend.low, high: trend.high,
                name: words.counted("trendName", trend.points.count, ["name": trend.name.text, "span": span])
            ).svg(),
            note: range + words["comma"] + span,
            href: Address.source(type: trend.latest.type, id: trend.latest.id),
            link: words.text("trendLatest", ["date": words.day(seconds: last.seconds)]),
            rows: trend.points.reversed().map { Trend.Row(day: words.day(seconds: $0.seconds), value: $0.number) })
    }

    private static func rangeText(low: Double?, high: Double?, words: Words) -> String {
        func text(_ value: Double) -> String {
            value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
        }
        switch (low, high) {
        case (let low?, let high?): return words.text("rangeBoth", ["low": text(low), "high": text(high)])
        case (let low?, nil): return words.text("rangeLow", ["low": text(low)])
        case (nil, let high?): return words.text("rangeHigh", ["high": text(high)])
        case (nil, nil): return words["rangeNone"]
        }
    }

    private static func list(
        _ word: String, _ facts: [ClinicalFact], _ model: ResidentModel, words: Words
    ) -> List {
        let rows = facts.prefix(listLines).map { fact in
            let value = words.value(fact)
            return List.Row(
                href: Address.source(type: fact.type, id: fact.id), what: fact.what?.text ?? words["nameless"],
                code: fact.what?.code, value: value.isEmpty ? nil : value, when: words.day(seconds: fact.seconds))
        }
        let more = List.More(
            href: Address.resident(model.person.id, [("kind", word)]), text: words["listMore_\(word)"])
        return List(
            id: word, title: words["listTitle_\(word)"], nothing: words["listNone_\(word)"], hasRows: !rows.isEmpty,
            rows: rows, more: facts.count > listLines ? more : nil)
    }

    private static func personFacts(_ person: Person, words: Words) -> [PersonFact] {
        [
            (words["fieldIDNumber"], person.idNumber.map(Masking.idNumber)),
            (words["fieldPhone"], person.phone.map(Masking.phone)),
            (words["fieldBirth"], person.birthDate.map { words.fhirDate($0) }),
            (words["fieldAddress"], person.address),
        ].compactMap { name, value in value.map { PersonFact(name: name, value: $0) } }
    }
}
