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

    /// The day on which the doses asked for change by time alone, where anything has asked for them.
    var dosesChange: CivilDay?
    let pathway: Pathway
    let record: PersonRecord
    let today: CivilDay
    private(set) var faults: [String] = []
    /// What of the record was gone through: numbers of the pathway's reading.
    private(set) var read: [Bool]
    /// The variables that are worked out; those of ``settled`` stay.
    private var environment: FHIRPathEnvironment
    /// By the number of a need.
    private var settled: [Bool]
    /// What parts of expressions yield that are the same for every moment.
    private let memory: FHIRPathMemory
    /// What expressions yield that are the same for every moment.
    private var results: [ObjectIdentifier: [FHIRPathValue]] = [:]
    private var found: [ObjectIdentifier: [Found]] = [:]
    /// Of triggers alone, each moment once and in order.
    private var inOrder: [ObjectIdentifier: [Found]] = [:]
    private var instants: [Int64: [FHIRPathValue]] = [:]
    /// What the programme's series of doses ask for; worked out when it is asked for first.
    private(set) lazy var forecast = workOutForecast()

    init(_ pathway: Pathway, _ record: PersonRecord, now: Int64, _ memberOf: ValueSetMembership?) {
        self.pathway = pathway
        self.record = record
        today = CivilDay(milliseconds: now)
        memory = FHIRPathMemory(pathway.variation)
        settled = Array(repeating: false, count: pathway.needs.count)
        read = Array(repeating: false, count: pathway.reading.all.count)
        environment = FHIRPathEnvironment(resource: record.patient)
        environment.memberOf = memberOf
        environment.resolve = { record.entry($0)?.root }
    }

    /// Notes that the record was gone through.
    func note(_ numbers: [Int]) { for number in numbers { read[number] = true } }

    /// What an expression yields; nothing where it can't be worked out, which is noted.
    func values(_ expression: PathwayExpression, _ scope: Scope, _ place: String) -> [FHIRPathValue] {
        let isFixed = pathway.fixed.contains(expression.id)
        if isFixed, let known = results[expression.id] { return known }
        let values: [FHIRPathValue]
        note(pathway.reading.numbers(expression))
        prepare(expression, scope)
        do { values = try expression.compiled.evaluate(on: record.patient, environment, keeping: memory) } catch {
            let fault = "\(place): \(error)"
            if !faults.contains(fault) { faults.append(fault) }
            values = []
        }
        if isFixed { results[expression.id] = values }
        return values
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
        // Several actions often have the same trigger.
        if part.triggers.count == 1, let known = inOrder[part.triggers[0].id] { return known }
        var found: [String: Found] = [:]
        for trigger in part.triggers {
            for one in all(trigger, scope, part) { found[one.key] = found[one.key] ?? one }
        }
        let moments = found.values.sorted { ($0.moment.milliseconds, $0.key) < ($1.moment.milliseconds, $1.key) }
        if part.triggers.count == 1, pathway.fixed.contains(part.triggers[0].id) {
            inOrder[part.triggers[0].id] = moments
        }
        return moments
    }

    private func all(_ trigger: PathwayExpression, _ scope: Scope, _ part: PathwayPart) -> [Found] {
        if let known = found[trigger.id] { return known }
        var all: [Found] = []
        for value in values(trigger, scope, part.id) {
            if let one = self.found(value) {
                all.append(one)
            } else {
                faults.append("\(part.id): a trigger yields dates, dateTimes or resources with a date")
            }
        }
        if pathway.fixed.contains(trigger.id) { found[trigger.id] = all }
        return all
    }

    private func found(_ value: FHIRPathValue) -> Found? {
        if let place = record.place(value) {
            let entry = record.entries[place]
            return entry.moment.map {
                Found(key: entry.reference, moment: $0, basis: value, reference: entry.reference)
            }
        }
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

    /// Sets the variables that an expression uses.
    private func prepare(_ expression: PathwayExpression, _ scope: Scope) {
        for need in pathway.needs.of(expression) where !settled[need.number] {
            environment.variables[need.name] = values(of: need, scope)
            if need.isSettled { settled[need.number] = true }
        }
    }

    private func values(of need: VariableNeed, _ scope: Scope) -> [FHIRPathValue] {
        switch need.source {
        case .doses(let series): forecast.map { Self.values($0, series, record.id) } ?? []
        case .variable(let variable, let isMomentary):
            values(variable, isMomentary ? scope : Scope(), "%\(need.name)")
        case .moment: instant(scope.moment?.milliseconds)
        case .entered: instant(scope.entered?.milliseconds)
        case .opens: instant(scope.opens)
        case .due: instant(scope.due)
        case .basis: scope.basis.map { [$0] } ?? []
        case .record: record.entries.map(\.value)
        case .selection(let selection): record.values(selection)
        case .parameter(let parameter, _):
            parameter.value(on: scope.moment?.day ?? today, city: record.city)?.value ?? []
        }
    }

    /// The value of a parameter that holds today.
    func parameterValue(_ name: String) -> [FHIRPathValue] {
        pathway.setting.parameters[name]?.value(on: today, city: record.city)?.value ?? []
    }

    /// An instant as a dateTime.
    private func instant(_ milliseconds: Int64?) -> [FHIRPathValue] {
        guard let milliseconds else { return [] }
        if let known = instants[milliseconds] { return known }
        let text = Moment(milliseconds: milliseconds).instantText
        guard let document = try? JSONDocument(parsing: jsonQuoted(text)) else { return [] }
        let value: [FHIRPathValue] = [.node(FHIRPathNode(document.root, typeName: "dateTime"))]
        instants[milliseconds] = value
        return value
    }
}
