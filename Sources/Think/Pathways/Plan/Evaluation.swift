import Calendar
import FHIR
import FHIRPath
import JSON

/// What a pathway's expressions are asked with, for one person at one time. Variables are worked out once, and only those that
/// are asked for.
final class Evaluation {
    /// What an action is asked with.
    struct Scope {
        var moment: Moment?
        var basis: FHIRPathValue?
        var entered: Moment?
        var opens: Int64?
        var due: Int64?

        init(moment: Moment? = nil, basis: FHIRPathValue? = nil, entered: Moment? = nil) {
            self.moment = moment
            self.basis = basis
            self.entered = entered
        }
    }

    /// A moment that an expression has yielded.
    struct Found {
        let key: String
        let moment: Moment
        let basis: FHIRPathValue?
        let reference: String?
    }

    let pathway: Pathway
    let record: PersonRecord
    let today: CivilDay
    private(set) var faults: [String] = []
    private var known: [String: [FHIRPathValue]] = [:]
    private var working: Set<String> = []
    private let memberOf: (@Sendable (String?, String, String) -> Bool?)?
    /// What the programme's series of doses ask for; worked out when it is asked for first.
    private(set) lazy var forecast = workOutForecast()
    private lazy var whole: [FHIRPathValue] = record.entries.map(\.value)

    init(
        _ pathway: Pathway, _ record: PersonRecord, now: Int64,
        _ memberOf: (@Sendable (String?, String, String) -> Bool?)?
    ) {
        self.pathway = pathway
        self.record = record
        self.memberOf = memberOf
        today = CivilDay(milliseconds: now)
    }

    /// What an expression yields; nothing where it can't be worked out, which is noted.
    func values(_ expression: PathwayExpression, _ scope: Scope, _ place: String) -> [FHIRPathValue] {
        var environment = FHIRPathEnvironment(resource: record.patient)
        environment.memberOf = memberOf
        let (record) = record
        environment.resolve = { record.entry($0)?.root }
        for name in expression.names {
            if let value = value(name, scope) { environment.variables[name] = value }
        }
        do { return try expression.compiled.evaluate(on: record.patient, type: "Patient", environment) } catch {
            let fault = "\(place): \(error)"
            if !faults.contains(fault) { faults.append(fault) }
            return []
        }
    }

    /// Whether an expression holds: it is true, or yields anything but truth values.
    func holds(_ expression: PathwayExpression, _ scope: Scope, _ place: String) -> Bool {
        values(expression, scope, place).contains { value in
            if case .boolean(let truth)? = value.system { return truth }
            return true
        }
    }

    func holds(_ expressions: [PathwayExpression], _ scope: Scope, _ place: String) -> Bool {
        expressions.allSatisfy { holds($0, scope, place) }
    }

    /// The moments of an action, the earliest first, each once.
    func moments(_ part: PathwayPart, _ scope: Scope) -> [Found] {
        var found: [String: Found] = [:]
        for trigger in part.triggers {
            for value in values(trigger, scope, part.id) {
                guard let one = self.found(value) else {
                    faults.append("\(part.id): a trigger yields dates, dateTimes or resources with a date")
                    continue
                }
                found[one.key] = found[one.key] ?? one
            }
        }
        return found.values.sorted { ($0.moment.milliseconds, $0.key) < ($1.moment.milliseconds, $1.key) }
    }

    private func found(_ value: FHIRPathValue) -> Found? {
        if let node = value.node, node.isObject {
            if let type = node["resourceType"]?.string, let id = node["id"]?.string {
                let reference = "\(type)/\(id)"
                let entry = record.entry(reference)
                guard let moment = entry?.moment ?? ClinicalDate.of(node) else { return nil }
                // What an expression has made itself can't be referred to.
                return Found(
                    key: reference, moment: moment, basis: value, reference: entry == nil ? nil : reference)
            }
            return ClinicalDate.moment(node).map { Found(key: $0.text, moment: $0, basis: nil, reference: nil) }
        }
        let text: String? =
            switch value.system {
            case .date(let day)?, .dateTime(let day)?: day.text
            case .string(let text)?: text
            default: nil
            }
        return text.flatMap { Moment($0) }.map { Found(key: $0.text, moment: $0, basis: nil, reference: nil) }
    }

    /// A length of time; nil where it can't be worked out.
    func span(_ length: PathwayPart.Length?, _ scope: Scope, _ place: String) -> Span? {
        switch length {
        case nil: return nil
        case .fixed(let span): return span
        case .computed(let expression):
            guard let value = values(expression, scope, place).first else { return nil }
            if let node = value.node, node.isObject, let span = Span(node) { return span }
            if case .quantity(let quantity)? = value.system, let unit = Span.Unit(code: quantity.unit),
                let count = Double(quantity.value.text), count.rounded() == count
            {
                return Span(Int(count), unit)
            }
            faults.append("\(place): a length of time is a whole number of a known unit")
            return nil
        }
    }

    // MARK: - Variables

    private func value(_ name: String, _ scope: Scope) -> [FHIRPathValue]? {
        if name.hasPrefix(PathwayExpression.recordPrefix) {
            return record.byType[String(name.dropFirst(PathwayExpression.recordPrefix.count))] ?? []
        }
        switch name {
        case "record": return whole
        case "moment": return Self.dateTime(scope.moment)
        case "entered": return Self.dateTime(scope.entered)
        case "opens": return Self.dateTime(scope.opens.map { Moment(milliseconds: $0) })
        case "due": return Self.dateTime(scope.due.map { Moment(milliseconds: $0) })
        case "basis": return scope.basis.map { [$0] } ?? []
        default: break
        }
        if let series = pathway.doses[name] { return forecast.map { Self.values($0, series, record.id) } ?? [] }
        if let expression = pathway.variables[name] {
            let isMomentary = pathway.momentary.contains(name)
            if !isMomentary, let value = known[name] { return value }
            guard working.insert(name).inserted else { return [] }
            defer { working.remove(name) }
            let value = values(expression, isMomentary ? scope : Scope(), "%\(name)")
            if !isMomentary { known[name] = value }
            return value
        }
        guard let parameter = pathway.setting.parameters[name] else { return nil }
        return parameter.value(on: scope.moment?.day ?? today, city: record.city)?.value ?? []
    }

    /// The value of a parameter that holds today.
    func parameterValue(_ name: String) -> [FHIRPathValue] {
        pathway.setting.parameters[name]?.value(on: today, city: record.city)?.value ?? []
    }

    private static func dateTime(_ moment: Moment?) -> [FHIRPathValue] {
        guard let moment, let document = try? JSONDocument(parsing: jsonQuoted(moment.instantText)) else { return [] }
        return [.node(FHIRPathNode(document.root, typeName: "dateTime"))]
    }
}
