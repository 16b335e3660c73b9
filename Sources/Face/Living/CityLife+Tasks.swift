import Calendar
import JSON
import Pathways

// What becomes of Tasks.
extension CityLife {
    /// Each new Task is decided upon once; a reminder may change one's mind.
    mutating func see(_ some: [Int], _ day: CivilDay) throws {
        let all = try tasks(some)
        for place in some {
            var mine: [String: Intent] = [:]
            let open = (all[place] ?? []).compactMap { task in task.root["id"]?.string.map { (id: $0, task: task) } }
                .sorted { $0.id < $1.id }
            for (id, task) in open where task.root["partOf"] == nil {
                if var known = intents[place]?[id] {
                    known.task = task
                    mine[id] = known
                } else {
                    mine[id] = decide(task, id, people[place], day)
                }
            }
            // Reminders, prompts and supervisions are Tasks of their own, parts of the first.
            for (id, task) in open {
                guard let first = task.root["partOf"]?[0]?["reference"]?.string?.split(separator: "/").last else {
                    continue
                }
                nudge(String(first), task.root, id, place, day, &mine)
            }
            intents[place] = mine.isEmpty ? nil : mine
            for intent in mine.values where intent.how != .leave && !intent.hasActed {
                agenda.note(place, max(intent.day, day.advanced(by: 1)))
            }
        }
    }

    /// How many times as often as the tables say somebody is late with a Task, or never does it: the very old, those who live far away and
    /// those who are hard to reach, for what they do or must come for; a slack centre, for what it does.
    private func hindrance(_ person: Inhabitant, _ day: CivilDay, isTheirs: Bool, isCentres: Bool) -> Double {
        let manners = world.manners
        var factor = 1.0
        if isTheirs {
            if person.age(on: day) >= 80 { factor *= manners.setting("veryOldFactor") }
            if person.isFar { factor *= manners.setting("farFactor") }
            if person.isHardToReach { factor *= manners.setting("hardToReachFactor") }
        }
        if isCentres { factor *= world.slackness[person.centre] ?? 1 }
        return factor
    }

    private func decide(_ document: JSONDocument, _ id: String, _ person: Inhabitant, _ day: CivilDay) -> Intent {
        let (task, manners, draw) = (document.root, world.manners, world.draw)
        let code = task["code"]?["coding"]?[0]?["code"]?.string ?? ""
        let names = code.split(separator: ".", maxSplits: 1).map(String.init)
        let pathway = desk.pathways.first { $0.id == names.first }
        let part = pathway?.part(names.count > 1 ? names[1] : "")
        let reach = part?.role.flatMap { pathway?.setting.roles[$0]?.reach } ?? .managingOrganization
        let isCentres = reach == .generalPractitioner || reach == .managingOrganization
        let isInvitation = part?.isInvitation == true
        let needsPerson = part?.isVisit == true && isCentres
        let left = manners.evidence(names.first ?? "", names.count > 1 ? names[1] : "") ?? []
        let isDose = left.contains { $0.hasPrefix("dose:") }
        let kind = isInvitation ? "invitation" : needsPerson ? "visit" : reach.rawValue
        let habit = (isDose ? manners.habits["dose:\(names.first ?? "")"] : nil) ?? manners.habits[kind]
        let period = task["restriction"]?["period"]
        let opens = period?["start"]?.string.flatMap { Moment($0)?.day } ?? day
        let due = max(opens, period?["end"]?.string.flatMap { Moment($0)?.day } ?? day)
        var intent = Intent(
            task: document, how: .act, day: max(opens, day), opens: opens,
            ripe: opens.advanced(by: Int(Double(due.number - opens.number) * manners.setting("ripeShare"))),
            needsPerson: needsPerson,
            pathway: names.first ?? "", action: names.count > 1 ? names[1] : "",
            form: task["input"]?[0]?["valueCanonical"]?.string?.split(separator: "|").first?.split(separator: "/").last
                .map(String.init),
            focus: task["focus"]?["reference"]?.string)
        guard let habit else { return intent }
        let hindered = hindrance(
            person, day, isTheirs: needsPerson || isInvitation || reach == .resident, isCentres: isCentres)
        let chance = draw.unit(id, "how")
        let never = min(habit.never * hindered, Self.mostNever)
        let late = habit.late * hindered
        let when = draw.unit(id, "when")
        // A dose is given soon after it may be, however long there would be time.
        let whole = Double(due.number - max(opens, day).number)
        let window = isDose ? min(whole, manners.setting("doseDays")) : whole
        // Rather late in the window than early: what is done is asked for again one interval later.
        intent.day = max(opens, day).advanced(by: Int(when.squareRoot() * max(0, window)))
        if let fate = person.fate["tasks"] {
            intent.how = fate == "left" ? .leave : .act
            return intent
        }
        if chance < habit.declined {
            intent.how = .decline
        } else if chance < habit.declined + never {
            intent.how = .leave
        } else if chance < habit.declined + never + late {
            intent.day = max(due, day).advanced(by: 1 + Int(when * habit.lateDays))
        }
        return intent
    }

    /// However hindered, some things are done.
    private static let mostNever = 0.8

    /// A reminder, a prompt or a supervision makes somebody do it after all, or doesn't.
    private func nudge(
        _ first: String, _ task: JSONNode, _ id: String, _ place: Int, _ day: CivilDay, _ mine: inout [String: Intent]
    ) {
        guard people[place].fate["tasks"] == nil, var intent = mine[first], !intent.hasActed,
            intent.nudges.insert(id).inserted
        else { return }
        let kind = task["code"]?["coding"]?[0]?["code"]?.string ?? ""
        let hindered = hindrance(people[place], day, isTheirs: intent.needsPerson, isCentres: true)
        if world.draw.unit(id, "heeded") < world.manners.setting(kind) / max(1, hindered) {
            let soon = day.advanced(by: 1 + Int(world.draw.unit(id, "day") * world.manners.setting("heededDays")))
            intent.day = intent.how == .act ? min(max(intent.day, day), soon) : soon
            intent.how = .act
        }
        mine[first] = intent
    }

    /// What is done on a day: who deals with somebody does all that is ripe, so that one visit serves several programmes.
    mutating func act(_ place: Int, _ day: CivilDay) throws -> [JSONDocument] {
        guard var mine = intents[place], !people[place].isGone else { return [] }
        let ready = mine.filter { $0.value.how == .act && !$0.value.hasActed && $0.value.opens <= day }
        var due = ready.filter { $0.value.day <= day }.keys.sorted()
        guard !due.isEmpty else { return try declined(place, day) }
        if due.contains(where: { mine[$0]?.needsPerson == true }) {
            due = Set(due + ready.filter { $0.value.ripe <= day }.keys).sorted()
        }
        var scene = Scene(world, people[place], day, "act")
        var answers: [JSONDocument] = []
        for id in due {
            guard var intent = mine[id] else { continue }
            intent.hasActed = true
            mine[id] = intent
            report.done += 1
            let facts = world.manners.evidence(intent.pathway, intent.action) ?? []
            try scene.add(facts)
            if let form = intent.form {
                try scene.form(
                    form, basedOn: intent.focus.flatMap { $0.hasPrefix("ServiceRequest/") ? $0 : nil },
                    task: "\(intent.pathway).\(intent.action)")
            } else if facts.isEmpty {
                // It shows nowhere else.
                answers.append(try answered(intent.task, .completed, "", day))
            }
        }
        intents[place] = mine
        people[place] = scene.person
        return scene.documents + answers + (try declined(place, day))
    }

    private func answered(
        _ task: JSONDocument, _ answer: PathwayDesk.Answer, _ reason: String, _ day: CivilDay, hour: Int64 = 15
    ) throws -> JSONDocument {
        try PathwayDesk.answered(task.root, answer, reason: reason, at: day.startMilliseconds + hour * 3_600_000)
    }

    private mutating func declined(_ place: Int, _ day: CivilDay) throws -> [JSONDocument] {
        let mine = (intents[place] ?? [:]).filter {
            $0.value.how == .decline && !$0.value.hasActed && $0.value.day <= day
        }
        return try mine.sorted { $0.key < $1.key }.map { id, intent in
            intents[place]?[id]?.hasActed = true
            report.declined += 1
            return try answered(intent.task, .declined, "本人拒绝", day)
        }
    }

    /// Tasks that were done and still stand open are answered by their status; so are all of somebody who has moved away, those too
    /// that the look at 16:00 has made.
    mutating func settle(_ place: Int, _ day: CivilDay) throws -> [JSONDocument] {
        let isGone = people[place].isGone
        let wanted = (intents[place] ?? [:]).filter { isGone || $0.value.hasActed }
        return try wanted.sorted { $0.key < $1.key }.map { id, intent in
            intents[place]?[id] = nil
            return try answered(
                intent.task, isGone ? .notPossible : .completed, isGone ? "已迁出" : "", day, hour: 17)
        }
    }
}
