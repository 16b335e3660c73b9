import Calendar

/// The list of residents as its template reads it.
struct ResidentsView {
    struct Row {
        let href: String
        let name: String
        let sexAndAge: String
        let idNumber: String?
        let phone: String?
    }

    struct Nothing {
        let why: String
        let next: String
    }

    let query: String
    let problem: String?
    let answer: String
    let nothing: Nothing?
    let hasRows: Bool
    let rows: [Row]
    let hasPager: Bool
    let firstHref: String?
    let nextHref: String?
    /// Where emergency access is asked for; nil where there is none.
    var emergencyHref: String?

    /// - Parameters:
    ///   - today: the day on which ages are told.
    ///   - problem: why the search could not be done as typed, in words.
    ///   - isOwnInstitution: whether the list is of those in care of the reader's institution.
    init(
        _ model: ResidentsModel, words: Words, today: CivilDay, problem: String? = nil, isOwnInstitution: Bool = false
    ) {
        query = model.choice.text
        self.problem = problem
        let total = model.total ?? model.people.count
        if model.choice.text.isEmpty {
            answer =
                isOwnInstitution
                ? words.counted(total == 0 ? "residentsNoneInCare" : "residentsInCare", total)
                : words.counted(total == 0 ? "residentsNone" : "residentsAll", total)
        } else {
            answer = words.counted(total == 0 ? "residentsNotFound" : "residentsFound", total, ["q": model.choice.text])
        }
        if model.isStoreEmpty {
            nothing = Nothing(why: words["emptyWhy"], next: words["emptyNext"])
        } else if model.people.isEmpty {
            nothing = Nothing(
                why: words[isOwnInstitution ? "notInCareWhy" : "notFoundWhy"], next: words["notFoundNext"])
        } else {
            nothing = nil
        }
        rows = model.people.map { person in
            Row(
                href: Address.resident(person.id), name: person.name.isEmpty ? words["nameUnknown"] : person.name,
                sexAndAge: words.sexAndAge(person, on: today), idNumber: person.idNumber.map(Masking.idNumber),
                phone: person.phone.map(Masking.phone))
        }
        hasRows = !rows.isEmpty
        let typed = model.choice.text.isEmpty ? nil : model.choice.text
        firstHref = model.choice.cursor == nil ? nil : Address.make("/residents", [("q", typed)])
        nextHref = model.next.map { Address.make("/residents", [("q", typed), ("after", $0)]) }
        hasPager = firstHref != nil || nextHref != nil
    }
}
