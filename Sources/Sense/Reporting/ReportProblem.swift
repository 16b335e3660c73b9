public import Calendar
import FHIR
import Syndromes

/// What is wrong with a field of a card.
public struct ReportProblem: Error, Sendable, Hashable {
    /// What is wrong.
    public enum Kind: String, Sendable, CaseIterable {
        case missing
        /// It is none of the choices.
        case option
        /// It is no day, or no time.
        case time
        /// It lies in the future.
        case future
        /// Later than the diagnosis.
        case afterDiagnosis
        /// Earlier than the onset.
        case beforeOnset
        /// Born later than that.
        case beforeBirth
        /// Neonatal tetanus of somebody who is no newborn.
        case noNewborn
        /// Acute or chronic isn't told of this disease.
        case noCourse
    }

    /// The field's id.
    public let field: String
    /// What is wrong.
    public let kind: Kind

    /// A problem of a field.
    public init(field: String, kind: Kind) {
        self.field = field
        self.kind = kind
    }
}

extension ReportCard {
    /// Everything that is wrong with the card, in its order; nothing when it can be reported.
    public func problems(_ form: ReportForm, now: Int64) -> [ReportProblem] {
        var found: [ReportProblem] = []
        func day(_ field: String) -> CivilDay? { values[field].flatMap { CivilDay($0.prefix(10)) } }
        let today = CivilDay(milliseconds: now)
        for field in form.fields {
            func tell(_ kind: ReportProblem.Kind) { found.append(ReportProblem(field: field.id, kind: kind)) }
            guard let value = values[field.id], !value.isEmpty else {
                if needs(field, form, now: now) { tell(.missing) }
                continue
            }
            switch field.kind {
            case .choice: if !field.options.contains(where: { $0.code == value }) { tell(.option) }
            case .subtype:
                if !form.subtypes(of: disease).contains(where: { $0.code == value }) { tell(.option) }
            case .date:
                CivilDay(value) == nil ? tell(.time) : day(field.id).map { $0 > today } == true ? tell(.future) : ()
            case .dateTime:
                guard let time = FHIRDateTime(value)?.lowMilliseconds, value.utf8.count > 10 else {
                    tell(.time)
                    continue
                }
                if time > now { tell(.future) }
            case .name, .id, .text, .phone, .address: break
            }
        }
        func tell(_ field: String, _ kind: ReportProblem.Kind, when isSo: Bool) {
            if isSo, !found.contains(where: { $0.field == field }) {
                found.append(ReportProblem(field: field, kind: kind))
            }
        }
        let diagnosed = values["diagnosed"].flatMap { FHIRDateTime($0)?.lowMilliseconds }.map {
            CivilDay(milliseconds: $0)
        }
        if let onset = day("onset") {
            tell("onset", .afterDiagnosis, when: diagnosed.map { $0 < onset } ?? false)
            tell("onset", .beforeBirth, when: day("birthDate").map { $0 > onset } ?? false)
            tell("died", .beforeOnset, when: day("died").map { $0 < onset } ?? false)
            if disease.id == form.newborn.disease, let born = day("birthDate") {
                tell("birthDate", .noNewborn, when: onset.number - born.number > form.newborn.days)
            }
        }
        tell(
            "course", .noCourse,
            when: values["course"] == "2" && !form.hasCourse(disease, subtype: values["subtype"]))
        return found
    }

    /// Whether a field must be filled on this card.
    public func needs(_ field: ReportForm.Field, _ form: ReportForm, now: Int64) -> Bool {
        switch field.need {
        case .always: true
        case .never: false
        case .child: age(on: CivilDay(milliseconds: now)).map { $0 <= form.childYears } ?? false
        case .pupil: values["population"].map(form.pupils.contains) ?? false
        case .course: form.hasCourse(disease, subtype: values["subtype"])
        case .subtype: form.subtypeRequired.contains(disease.id)
        }
    }

    /// The patient's age in completed years (实足年龄); nil when the birth date isn't known.
    public func age(on day: CivilDay) -> Int? {
        guard let born = values["birthDate"].flatMap({ CivilDay($0) }), born <= day else { return nil }
        let (from, to) = (born.components, day.components)
        return to.year - from.year - ((to.month, to.day) < (from.month, from.day) ? 1 : 0)
    }
}
