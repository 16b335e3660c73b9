import AuditLog
import Calendar
import Gate

/// Who has looked at a record, as its template reads it.
struct AccessesView {
    struct Person {
        let href: String
        let name: String
        let isCurrent: Bool
    }

    struct Tab {
        let href: String
        let text: String
        let isCurrent: Bool
    }

    struct Row {
        let who: String
        let role: String?
        let institution: String?
        let when: String
        let what: String
        let why: String
        let isEmergency: Bool
        let isRefused: Bool
        let objectHref: String?
        let objected: String?
        let label: String
    }

    struct Day {
        let title: String
        let id: String
        let rows: [Row]
    }

    struct ObjectionRow {
        let when: String
        let institution: String
        let status: String
        let tone: String
        let reason: String?
        let reply: String?
    }

    let answer: String
    let notice: String?
    let persons: [Person]
    let hasPersons: Bool
    let tabs: [Tab]
    let ownHref: String
    let ownText: String
    let days: [Day]
    let hasDays: Bool
    let nothing: String
    let firstHref: String?
    let nextHref: String?
    let hasPager: Bool
    let objections: [ObjectionRow]
    let hasObjections: Bool

    /// - Parameters:
    ///   - patient: the id of the Patient whose record it is.
    ///   - own: the reference of the one who asks.
    ///   - persons: whose records may be chosen, the own one first.
    ///   - isChildren: whether the record is somebody else's.
    init(
        _ model: AccessesModel, patient: String, own: String, persons: [(id: String, name: String)],
        objections: [Objection], notice: String?, words: Words, names: HouseNames
    ) {
        self.notice = notice
        let choice = model.choice
        self.persons = persons.map { person in
            var other = AccessesModel.Choice()
            other.person = person.id
            return Person(href: other.href, name: person.name, isCurrent: person.id == patient)
        }
        hasPersons = persons.count > 1
        tabs = words.tabs(choice)
        var shown = choice
        shown.below = nil
        shown.showsOwn.toggle()
        ownHref = shown.href
        ownText = words[choice.showsOwn ? "accessesHideOwn" : "accessesShowOwn"]
        let known = Dictionary(objections.compactMap { one in one.entry.map { ($0, one) } }) { first, _ in first }
        days = model.days.map { day in
            Day(
                title: words.dateWithWeekday(day.day), id: "day-\(day.day.isoText)",
                rows: day.accesses.map { access in
                    Self.row(
                        access, patient: patient, own: own,
                        objection: access.places.lazy.compactMap { known[$0] }.first, words, names)
                })
        }
        hasDays = !days.isEmpty
        let isFiltered = choice.kind != nil || choice.below != nil
        nothing = words[isFiltered ? "accessesNoneKind" : "accessesNone"]
        answer = Self.answer(model, isFiltered: isFiltered, patient: patient, own: own, words, names)
        var first = choice
        first.below = nil
        firstHref = choice.below == nil ? nil : first.href
        nextHref = model.next.map { below in
            var next = choice
            next.below = below
            return next.href
        }
        hasPager = firstHref != nil || nextHref != nil
        self.objections = objections.map { words.row($0, names) }
        hasObjections = !objections.isEmpty
    }

    /// “最近一次:11月20日,李医生(西湖区医院)查看了诊断 3 份。”
    private static func answer(
        _ model: AccessesModel, isFiltered: Bool, patient: String, own: String, _ words: Words, _ names: HouseNames
    ) -> String {
        guard !isFiltered, let day = model.days.first, let latest = day.accesses.first else {
            return words[model.days.isEmpty && !isFiltered ? "accessesNobody" : "accessesAnswer"]
        }
        let row = row(latest, patient: patient, own: own, objection: nil, words, names)
        let who = row.institution.map { row.who + words.text("inBrackets", ["text": $0]) } ?? row.who
        return words.text("accessesLatest", ["day": words.date(day.day), "who": who, "what": row.what])
    }

    private static func row(
        _ access: AccessesModel.Access, patient: String, own: String, objection: Objection?, _ words: Words,
        _ names: HouseNames
    ) -> Row {
        let agent = access.agent
        let isOwn = agent.person == own
        let institution = agent.organization.isEmpty ? nil : names.name("Organization/" + agent.organization)
        let from = words.clock(milliseconds: access.from)
        let until = words.clock(milliseconds: access.until)
        let when = from == until ? from : words.text("accessTimes", ["from": from, "until": until])
        let who = words.who(agent, isOwn: isOwn, isPatient: agent.person == "Patient/" + patient, names)
        return Row(
            who: who, role: words.agentRole(agent),
            institution: institution ?? (isOwn || agent.client == HouseToken.client ? nil : words["placeUnknown"]),
            when: when, what: words.what(access), why: words.why(access), isEmergency: access.kind == .emergency,
            isRefused: access.kind == .refused,
            objectHref: isOwn || objection != nil || access.action == .objection
                ? nil
                : Address.make(
                    "/my/accesses/objection", [("person", patient), ("entry", access.places.first.map(String.init))]),
            objected: objection.map { words.objectionStatus($0.status).text }, label: who + " " + when)
    }
}
