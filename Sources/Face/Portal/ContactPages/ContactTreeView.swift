import Calendar
import Containment
import Signals
import Surveillance

/// The contacts of a signal as the template reads them: the tree, its generations, and the form for one more.
struct ContactTreeView {
    struct Figure {
        let name: String
        let value: String
        let note: String
    }

    struct Root {
        let name: String
        let branches: [Branch]
    }

    struct Branch {
        let href: String
        let name: String
        let stage: String
        let tone: String
        let what: String
        let due: String?
        let branches: [Branch]
        let hasBranches: Bool
    }

    struct Generation {
        let number: String
        let contacts: String
        let cases: String
        let rate: String
        let open: String
    }

    struct Choice {
        let code: String
        let text: String
        let isChosen: Bool
    }

    let title: String
    let backHref: String
    let address: String
    let answer: String
    let alarm: String?
    let problem: String?
    let figures: [Figure]
    let roots: [Root]
    let hasRoots: Bool
    let generations: [Generation]
    let csvHref: String
    let isOpen: Bool
    let form: String
    let name: String
    let phone: String
    let home: String
    let place: String
    let first: String
    let last: String
    let days: String
    let tests: String
    let text: String
    let kinds: [Choice]
    let cases: [Choice]
    let districts: [Choice]
    let daysHint: String
    let source: String

    init(
        _ signal: Signal, _ contacts: [Contact], cases: [(reference: String, name: String)], districts: [Int],
        _ rules: ContactRules, form: String, sent: FormBody, problem: Contact.Refusal?, now: Int64, place: CityPlace,
        words: Words
    ) {
        let area = signal.district == 0 ? place.cityName(words) : place.name(signal.district, words)
        title = words.text(
            "contactsOf",
            ["signal": words.text("signalTitle", ["name": words.name(of: signal), "place": area])])
        backHref = "/signals/\(signal.id)"
        address = "/signals/\(signal.id)/contacts"
        csvHref = address + "?format=csv"
        let count = ContactCount(contacts, rules, now: now)
        answer = words.contacts(count)
        alarm = count.alarming == 0 ? nil : words.counted("contactsAlarming", count.alarming)
        self.problem = problem.map { words.refusal($0) }
        func percent(_ rate: AttackTable.Estimate?) -> String {
            func text(_ value: Double) -> String { "\((value * 1000).rounded() / 10)" }
            return rate.map {
                words.text(
                    "contactPercent", ["rate": text($0.value), "low": text($0.low), "high": text($0.high)])
            } ?? "—"
        }
        figures = [
            Figure(name: words["contactsAll"], value: words.number(count.all), note: ""),
            Figure(
                name: words["contactStage_watched"], value: words.number(count.open),
                note: words.text("contactsOverdue", ["n": words.number(count.overdue)])),
            Figure(name: words["contactStage_released"], value: words.number(count.released), note: ""),
            Figure(
                name: words["contactStage_case"], value: words.number(count.cases),
                note: words.text(
                    "contactsRate", ["rate": percent(AttackTable.rate(ill: count.cases, of: count.all))])),
        ]
        let tree = ContactTree(contacts)
        func branch(_ branch: ContactTree.Branch) -> Branch { Branch(branch, rules, now: now, words: words) }
        roots = tree.roots.map { root in
            Root(
                name: root.reference == nil
                    ? root.name.isEmpty
                        ? words["contactRootUnknown"] : words.text("contactRootPlace", ["name": root.name])
                    : words.text("contactRootCase", ["name": root.name.isEmpty ? words["nameUnknown"] : root.name]),
                branches: root.branches.map(branch))
        }
        hasRoots = !roots.isEmpty
        generations = tree.generations.map { item in
            Generation(
                number: words.text("contactGeneration", ["n": "\(item.number)"]), contacts: words.number(item.contacts),
                cases: words.number(item.cases), rate: percent(AttackTable.rate(ill: item.cases, of: item.contacts)),
                open: words.number(item.open))
        }
        isOpen = signal.stage.isOpen
        self.form = form
        let today = CivilDay(milliseconds: now).isoText
        let isSent = problem != nil
        (name, phone, home) = (sent["name"], sent["phone"], sent["address"])
        (self.place, text) = (sent["place"], sent["text"])
        first = isSent ? sent["first"] : ""
        last = isSent ? sent["last"] : today
        days = isSent ? sent["days"] : "\(rules.days(signal.leading))"
        tests = isSent ? sent["tests"] : "0"
        daysHint = words.text("contactDaysHint", ["n": "\(rules.days(signal.leading))"])
        kinds = rules.kinds.map {
            Choice(code: $0.id, text: words.kind($0.id, rules), isChosen: $0.id == sent["kind"])
        }
        let converted = contacts.filter { $0.stage == .converted }.map { ("Task/\($0.id)", $0.name) }
        self.cases =
            [Choice(code: "", text: words["contactNoCase"], isChosen: sent["exposedTo"].isEmpty)]
            + (cases.map { ($0.reference, $0.name) } + converted).map {
                Choice(code: $0.0, text: $0.1, isChosen: $0.0 == sent["exposedTo"])
            }
        let own = isSent ? sent["district"] : "\(signal.district)"
        self.districts = districts.map {
            Choice(code: "\($0)", text: place.name($0, words), isChosen: "\($0)" == own)
        }
        source = words.language == .zh ? rules.source.zh : rules.source.en
    }
}

extension ContactTreeView.Branch {
    fileprivate init(_ branch: ContactTree.Branch, _ rules: ContactRules, now: Int64, words: Words) {
        let contact = branch.contact
        self.init(
            href: "/contacts/\(contact.id)", name: contact.name, stage: words.stage(contact.stage),
            tone: words.tone(contact, rules, now: now),
            what: words.text(
                "contactWhat",
                [
                    "generation": "\(branch.generation)", "kind": words.kind(contact.kind, rules),
                    "last": words.shortDate(contact.exposure.upperBound), "until": words.shortDate(contact.lastDay),
                ]), due: words.due(contact, rules, now: now),
            branches: branch.branches.map { Self($0, rules, now: now, words: words) },
            hasBranches: !branch.branches.isEmpty)
    }
}
