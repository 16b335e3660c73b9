import JSON

/// When what a resource tells of happened, as far as it says.
enum ClinicalDate {
    /// The elements that tell it, the first that stands counts. A diagnosis counts from the day on which it was recorded: since then
    /// it is known, however long ago it began.
    private static let elements: [String: [JSONKey]] = [
        "Patient": ["birthDate"],
        "Condition": ["recordedDate", "onsetDateTime", "onsetPeriod"],
        "AllergyIntolerance": ["recordedDate", "onsetDateTime"],
        "Task": ["authoredOn", "lastModified"],
        "Specimen": ["collection", "receivedTime"],
    ]

    private static let usual: [JSONKey] = [
        "effectiveDateTime", "effectivePeriod", "effectiveInstant", "performedDateTime", "performedPeriod",
        "occurrenceDateTime", "occurrencePeriod", "authored", "authoredOn", "period", "start", "sent", "dateTime",
        "issued", "whenHandedOver", "recordedDate", "onsetDateTime", "date", "dateAsserted", "startDate", "started",
        "created", "applies", "identifiedDateTime", "collectedDateTime", "recorded",
    ]

    /// The moment of a resource; nil where it tells none.
    static func of(_ root: JSONNode) -> Moment? {
        let own = root["resourceType"]?.string.flatMap { elements[$0] }
        for key in own ?? usual {
            guard let value = root[key], let moment = moment(value) else { continue }
            return moment
        }
        return nil
    }

    /// A date, or the start of a Period.
    static func moment(_ value: JSONNode) -> Moment? {
        if let text = value.string { return Moment(text) }
        for key in ["start", "collectedDateTime", "collectedPeriod", "end"] as [JSONKey] {
            if let moment = value[key].flatMap({ moment($0) }) { return moment }
        }
        return nil
    }
}
