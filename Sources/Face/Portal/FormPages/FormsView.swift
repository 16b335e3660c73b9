import FHIR
import Forms
import JSON
import Records

/// The forms of a person: what can be filled, and what was.
struct FormsList {
    struct Offer {
        let id: String
        let title: FormText
        let purpose: FormText?
    }

    struct Answered {
        let id: String
        let title: FormText
        let status: String
        let authored: String
        let author: String
    }

    let offers: [Offer]
    let answered: [Answered]

    /// - Parameters:
    ///   - count: responses at most.
    ///   - own: which forms are offered; nil: all.
    static func load(
        _ records: SeenRecords, patient: ResourceKey, count: Int, own: OwnForms? = nil
    ) throws -> FormsList {
        let questionnaires = try records.search(
            type: "Questionnaire", parameters: [("status", "active"), ("_sort", "title"), ("_count", "200")])
        var titles: [String: FormText] = [:]
        var offers: [Offer] = []
        for entry in questionnaires.entries {
            let root = try JSONDocument(parsing: entry.version.json()).root
            let name = root["title"]?.string ?? root["name"]?.string ?? entry.version.key.id
            let title = FormText(named: "title", of: root) ?? FormText(name)
            if let url = root["url"]?.string { titles[url] = title }
            let subjects = root["subjectType"]?.elements.compactMap(\.string) ?? []
            guard subjects.isEmpty || subjects.contains("Patient"), own?.has(root["url"]?.string) ?? true else {
                continue
            }
            offers.append(
                Offer(id: entry.version.key.id, title: title, purpose: FormText(named: "description", of: root)))
        }
        let responses = try records.search(
            type: "QuestionnaireResponse",
            parameters: [("subject", patient.description), ("_sort", "-authored"), ("_count", "\(count)")])
        let answered = try responses.entries.compactMap { entry -> Answered? in
            let root = try JSONDocument(parsing: entry.version.json()).root
            let canonical = root["questionnaire"]?.string ?? ""
            let url = canonical.split(separator: "|").first.map(String.init) ?? canonical
            return Answered(
                id: entry.version.key.id, title: titles[url] ?? FormText(canonical),
                status: root["status"]?.string ?? "", authored: root["authored"]?.string ?? "",
                author: root["author"]?["display"]?.string ?? "")
        }
        return FormsList(offers: offers, answered: answered)
    }
}

/// The list of a person's forms as the template reads it.
struct FormsView {
    struct Offer {
        let href: String
        let title: String
        let purpose: String?
    }

    struct Row {
        let href: String
        let title: String
        let status: String
        let tone: String
        let when: String
        let by: String?
    }

    let answer: String
    let backHref: String
    let offers: [Offer]
    let hasOffers: Bool
    let rows: [Row]
    let hasRows: Bool

    init(_ list: FormsList, person: Person, isOwn: Bool, words: Words) {
        let name = person.name.isEmpty ? words["nameUnknown"] : person.name
        let drafts = list.answered.count { $0.status == "in-progress" }
        answer =
            drafts == 0
            ? words.text("formsAnswer", ["name": name, "n": words.number(list.answered.count)])
            : words.text("formsAnswerDrafts", ["name": name, "n": words.number(drafts)])
        backHref = Address.resident(person.id)
        offers = list.offers.map { offer in
            Offer(
                href: Address.make("/forms/\(offer.id)", [("patient", person.id)]), title: words.form(offer.title),
                purpose: offer.purpose.map(words.form))
        }
        hasOffers = !offers.isEmpty
        rows = list.answered.map { Row($0, words) }
        hasRows = !rows.isEmpty
    }
}

extension FormsView.Row {
    init(_ answered: FormsList.Answered, _ words: Words) {
        self.init(
            href: "/forms/responses/\(answered.id)", title: words.form(answered.title),
            status: words.formStatus(answered.status), tone: answered.status == "in-progress" ? "watch" : "good",
            when: words.formTime(answered.authored), by: answered.author.isEmpty ? nil : answered.author)
    }
}

extension Words {
    /// A questionnaire's text in the reader's language.
    func form(_ text: FormText) -> String { language == .en ? text.en : text.zh }

    /// How far a response is.
    func formStatus(_ status: String) -> String {
        switch status {
        case "in-progress": self["formDraft"]
        case "completed": self["formSigned"]
        case "amended": self["formAmended"]
        case "entered-in-error": self["formVoid"]
        default: status
        }
    }

    /// When a response was written.
    func formTime(_ text: String) -> String {
        FHIRDateTime(text).map { dateTime(milliseconds: $0.lowMilliseconds) } ?? text
    }
}
