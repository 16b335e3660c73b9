import Calendar
public import FHIR
import FHIRPath
import JSON
public import Programmes

extension ProgrammeSetting {
    /// Days off, as a parameter: days, commas between them.
    static let holidays = "holidays"
    /// Saturdays and Sundays that are worked, as a parameter: days, commas between them.
    static let workedWeekends = "workedWeekends"

    /// What pathways take from a programme.
    public init(_ programme: Programme) {
        let roles = programme.roles.map { role in
            Role(
                id: role.id, title: Words(role.title),
                reach: Role.Reach(rawValue: role.reach.rawValue) ?? .managingOrganization)
        }
        let parameters = programme.parameters.map { ($0.name, Parameter($0)) }
        let steps = programme.escalation.map { step in
            EscalationRule(
                after: Span(step.after), kind: EscalationRule.Kind(rawValue: step.kind.rawValue) ?? .reminder,
                role: step.role)
        }
        func days(_ name: String) -> Set<CivilDay> {
            guard let parameter = programme.parameter(name) else { return [] }
            let texts = [parameter.base.text] + parameter.values.map(\.value.text)
            return Set(
                texts.flatMap { $0.split(whereSeparator: { $0 == "," || $0 == " " }) }.compactMap { CivilDay($0) })
        }
        self.init(
            id: programme.id, version: programme.version, title: Words(programme.title),
            roles: Dictionary(roles.map { ($0.id, $0) }) { one, _ in one },
            parameters: Dictionary(parameters) { one, _ in one }, escalation: steps,
            workdays: WorkingDays(holidays: days(Self.holidays), workedWeekends: days(Self.workedWeekends)))
        doses = programme.doses
        sources = Dictionary(programme.sources.map { ($0.id, $0.title) }) { one, _ in one }
    }
}

extension ProgrammeSetting.Parameter {
    init(_ parameter: ProgrammeParameter) {
        func value(_ value: ProgrammeValue, from: String?, city: String?) -> Value {
            let isNumber = parameter.type == .decimal || parameter.type == .integer
            let unit = isNumber && parameter.unit != "1" ? parameter.unit.map { " \($0)" } ?? "" : ""
            return Value(
                from: from.flatMap { CivilDay($0) }, city: city ?? "", value: [value.fhirPath],
                text: value.words(.zh) + unit, english: value.words(.en) + unit)
        }
        self.init(
            title: Words(parameter.title),
            values: [value(parameter.base, from: nil, city: nil)]
                + parameter.values.map { value($0.value, from: $0.from, city: $0.area) })
    }
}

extension Words {
    init(_ text: ProgrammeText) { self.init(zh: text.zh, en: text.en.isEmpty ? nil : text.en) }
}

extension Span {
    init(_ duration: ProgrammeDuration) {
        self.init(duration.amount, Unit(rawValue: duration.unit.rawValue) ?? .day)
    }
}

extension Pathway {
    /// The pathways of a programme, compiled.
    ///
    /// - Throws: ``Faults`` with everything that keeps one from being followed.
    public static func all(_ programme: Programme, _ definitions: Definitions) throws(Faults) -> [Pathway] {
        let setting = ProgrammeSetting(programme)
        var found: [(path: String, text: String)] = []
        var pathways: [Pathway] = []
        for file in programme.files(.pathways) {
            do throws(Faults) {
                pathways.append(try Pathway(file.document.root, setting, definitions))
            } catch {
                found += error.found.map { ("\(programme.id)/\(file.path) \($0.path)", $0.text) }
            }
        }
        guard found.isEmpty else { throw Faults(found: found) }
        return pathways
    }
}
