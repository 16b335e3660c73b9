import Calendar
import JSON

extension JSONWriter {
    mutating func identifier(_ system: String, _ value: String) {
        array("identifier", [value]) { writer, value in
            writer.member("system", string: system)
            writer.member("value", string: value)
        }
    }

    /// An array of objects; nothing where it would be empty.
    mutating func array<T>(_ name: String, _ elements: some Collection<T>, _ write: (inout JSONWriter, T) -> Void) {
        guard !elements.isEmpty else { return }
        key(name)
        beginArray()
        for element in elements {
            beginObject()
            write(&self, element)
            endObject()
        }
        endArray()
    }

    mutating func reference(_ name: String, _ reference: String, display: String? = nil) {
        key(name)
        beginObject()
        member("reference", string: reference)
        if let display { member("display", string: display) }
        endObject()
    }

    mutating func references(_ name: String, _ references: [String]) {
        array(name, references) { $0.member("reference", string: $1) }
    }

    mutating func concept(_ system: String, _ code: String, _ title: Words?) {
        beginObject()
        key("coding")
        beginArray()
        beginObject()
        if !system.isEmpty { member("system", string: system) }
        member("code", string: code)
        if let title { words("display", title) }
        endObject()
        endArray()
        if let title { words("text", title) }
        endObject()
    }

    /// A concept that is a text alone.
    mutating func text(_ text: String) { self.text(Words(zh: text)) }

    mutating func text(_ text: Words) {
        beginObject()
        words("text", text)
        endObject()
    }

    /// A text in Chinese with its English translation.
    mutating func words(_ name: String, _ words: Words) {
        member(name, string: words.zh)
        guard words.en != words.zh, !words.en.isEmpty else { return }
        key("_" + name)
        beginObject()
        array("extension", [words.en]) { writer, english in
            writer.member("url", string: "http://hl7.org/fhir/StructureDefinition/translation")
            writer.key("extension")
            writer.beginArray()
            writer.beginObject()
            writer.member("url", string: "lang")
            writer.member("valueCode", string: "en")
            writer.endObject()
            writer.beginObject()
            writer.member("url", string: "content")
            writer.member("valueString", string: english)
            writer.endObject()
            writer.endArray()
        }
        endObject()
    }

    mutating func period(_ name: String, _ start: String, _ end: String?) {
        key(name)
        beginObject()
        member("start", string: start)
        if let end { member("end", string: end) }
        endObject()
    }

    mutating func restriction(_ opens: Int64, _ due: Int64) {
        key("restriction")
        beginObject()
        period(
            "period", Moment(milliseconds: opens).instantText, Moment(milliseconds: max(opens, due)).instantText)
        endObject()
    }

    /// The day of a common visit; other extensions stay.
    mutating func taskExtensions(_ visit: NamedVisit?, keeping standing: JSONNode?) {
        let url = "\(PathwayFacts.base)/StructureDefinition/visit-day"
        let others = standing?.list("extension").filter { $0["url"]?.equals(url) != true } ?? []
        guard visit != nil || !others.isEmpty else { return }
        key("extension")
        beginArray()
        for other in others { node(other) }
        if let visit {
            beginObject()
            member("url", string: url)
            member("valueDate", string: visit.day.isoText)
            endObject()
        }
        endArray()
    }

    /// The form that is to be filled; what others have put in stays.
    mutating func inputs(_ part: PathwayPart, keeping standing: JSONNode?) {
        guard let questionnaire = part.questionnaire else { return }
        let others = standing?.list("input").filter { $0["valueCanonical"] == nil } ?? []
        key("input")
        beginArray()
        beginObject()
        key("type")
        text(Words(zh: "表单", en: "form"))
        member("valueCanonical", string: questionnaire)
        endObject()
        for other in others { node(other) }
        endArray()
    }

    /// The members of a ServiceRequest, Communication, Appointment or Flag for an action.
    mutating func output(
        _ type: String, status: String, _ part: PathwayPart, _ occurrence: Occurrence, person: String, carePlan: String?
    ) {
        let (start, end) = (
            Moment(milliseconds: occurrence.opens).instantText,
            Moment(milliseconds: max(occurrence.opens, occurrence.due)).instantText
        )
        member("status", string: status)
        switch type {
        case "ServiceRequest":
            if let carePlan { references("basedOn", [carePlan]) }
            member("intent", string: "proposal")
            if let priority = part.priority { member("priority", string: priority) }
            key("code")
            text(part.title)
            reference("subject", person)
            period("occurrencePeriod", start, end)
            if let basis = occurrence.basis {
                let reasons: Set = ["Condition", "Observation", "DiagnosticReport", "DocumentReference"]
                let type = basis.split(separator: "/").first.map(String.init) ?? ""
                references(reasons.contains(type) ? "reasonReference" : "supportingInfo", [basis])
            }
        case "Communication":
            if let carePlan { references("basedOn", [carePlan]) }
            reference("subject", person)
            references("recipient", [person])
            array("payload", [part.description ?? part.title]) { $0.words("contentString", $1) }
        case "Appointment":
            words("description", part.title)
            array("requestedPeriod", [0]) { writer, _ in
                writer.member("start", string: start)
                writer.member("end", string: end)
            }
            array("participant", [person]) { writer, person in
                writer.reference("actor", person)
                writer.member("status", string: "needs-action")
            }
        default:
            key("code")
            text(part.title)
            reference("subject", person)
            period("period", start, nil)
        }
    }
}
