import Calendar
public import JSON
public import Series

extension Pathway {
    /// What each record of a dose is worth to each series that it is for, as ImmunizationEvaluations. Records that say that nothing was
    /// given aren't evaluated.
    public static func evaluations(_ forecast: DoseForecast, of person: String) -> [JSONDocument] {
        forecast.series.flatMap { series in
            series.judged.filter { $0.verdict != .notDone }.compactMap { evaluation($0, series, forecast, person) }
        }
    }

    private static func evaluation(
        _ dose: DoseForecast.Judged, _ series: DoseForecast.Series, _ forecast: DoseForecast, _ person: String
    ) -> JSONDocument? {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "ImmunizationEvaluation")
        writer.member("status", string: "completed")
        writer.reference("patient", "Patient/\(person)")
        writer.member("date", string: forecast.day.isoText)
        writer.key("targetDisease")
        writer.text(Words(zh: series.disease.zh, en: series.disease.en))
        writer.reference("immunizationEvent", dose.reference)
        let isValid = dose.verdict == .valid
        writer.key("doseStatus")
        writer.concept(
            "http://terminology.hl7.org/CodeSystem/immunization-evaluation-dose-status", isValid ? "valid" : "notvalid",
            isValid ? Words(zh: "有效", en: "valid") : Words(zh: "不计入程序", en: "doesn't count"))
        if !isValid {
            let why = dose.why.map { Words(zh: $0.zh, en: $0.en) } ?? dose.verdict.reason
            writer.key("doseStatusReason")
            writer.beginArray()
            writer.text(why)
            writer.endArray()
        }
        writer.member("series", string: series.title.zh)
        if let number = series.given.first(where: { $0.given == dose.reference })?.number {
            writer.member("doseNumberPositiveInt", integer: number)
        }
        writer.endObject()
        return try? JSONDocument(parsing: writer.bytes)
    }
}

extension DoseForecast.Judged.Verdict {
    /// Why a dose doesn't count where nothing more is said.
    fileprivate var reason: Words {
        switch self {
        case .extra: Words(zh: "不需要的剂次", en: "it wasn't needed")
        case .unknown: Words(zh: "接种日期不详", en: "when it was given isn't known")
        default: Words(zh: "不符合程序", en: "it doesn't fit the series")
        }
    }
}
