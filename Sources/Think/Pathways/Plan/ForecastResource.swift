import Calendar
public import JSON
public import Series

/// A forecast of doses as FHIR's ImmunizationRecommendation.
enum ForecastResource {
    private static let base = "https://healthbrain.dev/fhir"
    private static let loinc = "http://loinc.org"
    private static let published = "http://terminology.hl7.org/CodeSystem/immunization-recommendation-status"

    /// One dose, for expressions: its date is the first day on which it may be given, the extension `dose-window` tells how
    /// many days after that it is due.
    static func slot(_ slot: DoseForecast.Slot, of series: DoseForecast.Series, _ person: String) -> JSONDocument? {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "ImmunizationRecommendation")
        writer.member("id", string: slot.key)
        if let due = slot.due {
            writer.array("extension", [max(0, due.number - slot.earliest.number)]) { writer, days in
                writer.member("url", string: "\(base)/StructureDefinition/dose-window")
                writer.key("valueDuration")
                writer.beginObject()
                writer.member("value", integer: days)
                writer.member("unit", string: "d")
                writer.member("system", string: "http://unitsofmeasure.org")
                writer.member("code", string: "d")
                writer.endObject()
            }
        }
        writer.reference("patient", "Patient/\(person)")
        writer.member("date", string: slot.earliest.isoText)
        // The status doesn't depend on the day, so that nothing changes between two looks.
        let status: DoseForecast.Status = slot.given != nil ? .complete : slot.isHeld ? .deferred : .due
        writer.array("recommendation", [slot]) { writer, slot in
            recommendation(slot, series, status, [slot.given].compactMap { $0 }, &writer)
        }
        writer.endObject()
        return try? JSONDocument(parsing: writer.bytes)
    }

    /// All series, for outsiders.
    static func whole(_ forecast: DoseForecast, _ person: String) -> JSONDocument? {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "ImmunizationRecommendation")
        writer.reference("patient", "Patient/\(person)")
        writer.member("date", string: forecast.day.isoText)
        writer.array("recommendation", forecast.series.filter { $0.status != .notEligible }) { writer, series in
            recommendation(series.next, series, series.status, series.given.compactMap(\.given), &writer)
        }
        writer.endObject()
        return try? JSONDocument(parsing: writer.bytes)
    }

    /// A dose for people: what, and the rules for its day; nil where the resource is no recommendation.
    static func words(_ root: JSONNode) -> Words? {
        guard let one = root["recommendation"]?[0] else { return nil }
        let product = one["vaccineCode"]?[0]?.words("text") ?? Words(zh: "")
        let number = one["doseNumberPositiveInt"]?.integer
        let reasons = one.list("forecastReason").compactMap { $0.words("text") }
        return Words(
            zh: ([product.zh + (number.map { "第\($0)剂" } ?? "")] + reasons.map(\.zh)).joined(separator: "；"),
            en: ([product.en + (number.map { ", dose \($0)" } ?? "")] + reasons.map(\.en)).joined(separator: "; "))
    }

    private static func recommendation(
        _ slot: DoseForecast.Slot?, _ series: DoseForecast.Series, _ status: DoseForecast.Status,
        _ given: [String], _ writer: inout JSONWriter
    ) {
        if let slot {
            writer.array("vaccineCode", [slot.product]) { writer, product in
                // The first code of each system says which it is; the others are other makers' names.
                let codes = product.codes.enumerated().filter { place, code in
                    !product.codes.prefix(place).contains { $0.system == code.system }
                }
                writer.array("coding", codes.map(\.element)) { writer, code in
                    writer.member("system", string: code.system)
                    writer.member("code", string: code.code)
                }
                writer.words("text", Words(zh: product.title.zh, en: product.title.en))
            }
        }
        writer.key("targetDisease")
        writer.beginObject()
        writer.words("text", Words(zh: series.disease.zh, en: series.disease.en))
        writer.endObject()
        let words = Words(zh: status.words.zh, en: status.words.en)
        writer.key("forecastStatus")
        writer.beginObject()
        // The house's code says it exactly; FHIR's own system has four of them.
        let systems = ["\(base)/CodeSystem/dose-status"] + (status.isPublished ? [published] : [])
        writer.array("coding", systems) { writer, system in
            writer.member("system", string: system)
            writer.member("code", string: status.rawValue)
            if system != published { writer.words("display", words) }
        }
        writer.words("text", words)
        writer.endObject()
        let reasons = slot?.reasons ?? series.reasons
        writer.array("forecastReason", reasons) { writer, reason in
            writer.words("text", Words(zh: reason.words.zh, en: reason.words.en))
        }
        if let slot {
            let days: [(code: String, day: CivilDay?)] = [
                ("30981-5", slot.earliest), ("30980-7", slot.recommended), ("59778-1", slot.finish?.advanced(by: 1)),
                ("59777-3", slot.latest?.advanced(by: -1)),
            ]
            writer.array("dateCriterion", days.filter { $0.day != nil }) { writer, one in
                writer.key("code")
                writer.concept(loinc, one.code, nil)
                writer.member("value", string: one.day?.isoText ?? "")
            }
        }
        writer.member("series", string: series.title.zh)
        if let number = slot?.number { writer.member("doseNumberPositiveInt", integer: number) }
        if !given.isEmpty { writer.references("supportingImmunization", given) }
    }
}

extension DoseForecast.Status {
    /// Whether FHIR's own code system has it.
    fileprivate var isPublished: Bool { [.due, .overdue, .complete, .contraindicated].contains(self) }
}

extension DoseForecast.Slot {
    /// The last day on which it is in time: its finish, else the last day on which it may be given.
    var due: CivilDay? { finish ?? latest?.advanced(by: -1) }
}

extension Pathway {
    /// What the programme's series of doses say of a person on the day of an instant; nil where the programme has none, or the
    /// person's birth date isn't known.
    public func forecast(_ record: PersonRecord, now: Int64) -> DoseForecast? {
        Evaluation(self, record, now: now, nil).forecast
    }

    /// The forecast as an ImmunizationRecommendation.
    public static func recommendation(_ forecast: DoseForecast, of person: String) -> JSONDocument? {
        ForecastResource.whole(forecast, person)
    }
}
