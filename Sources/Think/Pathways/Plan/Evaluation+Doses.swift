import Calendar
import FHIR
import FHIRPath
import JSON
import Series

// Series of doses: what the record tells of them, and what they ask for as resources that expressions can go through.
extension Evaluation {
    /// The forecast of the programme's series on this day; nil where it has none, or the day of birth isn't known.
    func workOutForecast() -> DoseForecast? {
        guard let book = pathway.setting.doses, let birth = Self.birth(record.patient) else { return nil }
        let setting = book.hasParameters ? book.with { self.span(of: $0) } : book
        var history = DoseHistory(birth: birth, sex: record.patient["gender"]?.string)
        note(pathway.reading.numbers(type: "Immunization"))
        history.doses = record.roots("Immunization").map(Self.dose)
        for state in book.states {
            guard let expression = pathway.variables[DoseVariables.state(state.id)] else { continue }
            for value in values(expression, Scope(), "state \(state.id)") {
                if let fact = fact(state.id, value) { history.facts.append(fact) }
            }
        }
        let forecast = setting.forecast(history, on: today)
        dosesChange = forecast.changes
        return forecast
    }

    /// Of a birth date that is coarse, the last day that it may be: nothing is so given too early.
    private static func birth(_ patient: JSONNode) -> CivilDay? {
        guard let text = patient["birthDate"]?.string, let date = FHIRDateTime(text) else { return nil }
        return CivilDay(milliseconds: date.highMilliseconds)
    }

    private func span(of parameter: String) -> DoseSpan? {
        guard case .quantity(let quantity)? = parameterValue(parameter).first?.system,
            let unit = Span.Unit(code: quantity.unit).flatMap({ DoseSpan.Unit(rawValue: $0.rawValue) }),
            let count = Double(quantity.value.text), count.rounded() == count, count >= 0, count < 100_000
        else { return nil }
        return DoseSpan(Int(count), unit)
    }

    /// A record of a dose, as the series read it.
    static func dose(_ root: JSONNode) -> DoseHistory.Dose {
        let date = root["occurrenceDateTime"]?.string.flatMap { FHIRDateTime($0) }
        let concept = root["vaccineCode"]
        return DoseHistory.Dose(
            reference: "Immunization/\(root["id"]?.string ?? "")", codes: codes(concept),
            names: names(concept), isPotent: root["isSubpotent"]?.kind != .true,
            first: date.map { CivilDay(milliseconds: $0.lowMilliseconds) },
            last: date.map { CivilDay(milliseconds: $0.highMilliseconds) },
            outcome: root["status"]?.equals("not-done") == true ? .notDone : .given)
    }

    private static func names(_ concept: JSONNode?) -> [String] {
        ([concept?["text"]?.string] + (concept?.list("coding").map { $0["display"]?.string } ?? [])).compactMap { $0 }
    }

    private static func codes(_ concept: JSONNode?) -> [DoseBook.Code] {
        concept?.list("coding").compactMap { coding in
            guard let system = coding["system"]?.string, let code = coding["code"]?.string else { return nil }
            return DoseBook.Code(system: system, code: code)
        } ?? []
    }

    /// What an expression says of a state: that it holds, since when, or by what.
    private func fact(_ state: String, _ value: FHIRPathValue) -> DoseHistory.Fact? {
        if let node = value.node, node.isObject {
            let moment =
                node["resourceType"]?.string.flatMap { type in
                    node["id"]?.string.flatMap { record.entry("\(type)/\($0)")?.moment }
                } ?? ClinicalDate.of(node) ?? ClinicalDate.moment(node)
            // A Period holds until its end.
            let end = node["resourceType"] == nil ? node["end"]?.string.flatMap { Moment($0)?.day } : nil
            let concept = node["vaccineCode"] ?? node["code"]
            return .init(
                state: state, since: moment?.day, until: end, codes: Self.codes(concept), names: Self.names(concept))
        }
        switch value.system {
        case .boolean(let truth)?: return truth ? .init(state: state) : nil
        case .date(let day)?, .dateTime(let day)?: return Moment(day.text).map { .init(state: state, since: $0.day) }
        default: return nil
        }
    }

    /// The doses of series, given and to be given, or those that wait for something that has no day, as ImmunizationRecommendations whose date is the first day of the dose.
    static func values(_ forecast: DoseForecast, _ series: [String], _ person: String) -> [FHIRPathValue] {
        forecast.series.flatMap { one in
            let next = [one.next].compactMap { $0 }
            let all =
                (series.contains(one.id) ? one.given + next.filter { !$0.isHeld } : [])
                + (series.contains(one.id + DoseVariables.held) ? next.filter(\.isHeld) : [])
            return all.compactMap { slot -> FHIRPathValue? in
                guard let document = ForecastResource.slot(slot, of: one, person) else { return nil }
                return .node(FHIRPathNode(document.root))
            }
        }
    }
}

extension Evaluation.Found {
    /// What a dose is, with the rules for its day; nil of other moments.
    var words: Words? { reference == nil ? basis?.node.flatMap { ForecastResource.words($0) } : nil }
}
