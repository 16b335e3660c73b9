/// The resources of a visit: Encounter, Condition, MedicationRequest.
extension LifeCourse {
    mutating func visit(
        _ setting: Visit.Setting, _ kind: Visit.Kind, on day: CivilDay, minute: Int, lasting minutes: Int,
        at institution: Int, department: Int, reason: [UInt8], condition: ResourceID? = nil,
        discharge: Visit.Discharge? = nil, to bundle: inout BundleWriter
    ) -> Visit {
        bundle.makeRoom(for: 24)
        let place = model.network.institutions[institution]
        let from = Moment(day: day, minute: minute)
        let until = from.adding(minutes: minutes)
        let isOver = until < Moment(day: model.end, minute: 1_440)
        let department = place.isHospital || place.staff[department] != nil ? department : model.marks.general
        let visit = Visit(
            encounter: nextID(), institution: institution, from: from,
            practitioner: model.network.practitioner(
                at: institution, department: department, general: model.marks.general, &random))
        bundle.add("Encounter", visit.encounter) { text in
            text.put(isOver ? #","status":"finished""# : #","status":"in-progress""#)
            text.put(setting.text)
            text.put(kind.text)
            text.put(
                place.isHospital
                    ? model.departments[department].hospitalService : model.departments[department].communityService)
            put(subjectTo: &text)
            if !visit.practitioner.isEmpty {
                text.put(#","participant":[{"individual":"#)
                text.put(visit.practitioner)
                text.put("}]")
            }
            text.put(#","period":{"start":""#)
            text.put(from)
            if isOver {
                text.put(#"","end":""#)
                text.put(until)
            }
            text.put(#""},"reasonCode":["#)
            text.put(reason)
            text.put("]")
            if let condition {
                text.put(#","diagnosis":[{"condition":{"reference":"Condition/"#)
                text.put(condition)
                text.put(#""}}]"#)
            }
            if isOver, let discharge { text.put(discharge.text) }
            text.put(#","serviceProvider":"#)
            text.put(place.reference)
        }
        return visit
    }

    func put(subjectTo text: inout ByteText) {
        text.put(#","subject":{"reference":"Patient/"#)
        text.put(person.id)
        text.put(#""}"#)
    }

    func put(encounter visit: Visit?, to text: inout ByteText) {
        guard let visit else { return }
        text.put(#","encounter":{"reference":"Encounter/"#)
        text.put(visit.encounter)
        text.put(#""}"#)
    }

    /// A diagnosis. One that lasts belongs to the problem list; one that passes belongs to its encounter.
    ///
    /// - Parameter ended: the day it was over; a day after the end of the simulation counts as not yet over.
    mutating func condition(
        _ id: ResourceID, _ concept: [UInt8], onset: CivilDay, recorded: CivilDay, ended: CivilDay? = nil,
        isLasting: Bool, visit: Visit?, to bundle: inout BundleWriter
    ) {
        let over = ended.map { $0 <= model.end } ?? false
        bundle.add("Condition", id) { text in
            text.put(#","clinicalStatus":{"coding":[{"system":"#)
            text.put(#""http://terminology.hl7.org/CodeSystem/condition-clinical","code":""#)
            text.put(over ? "resolved" : "active")
            text.put(#""}]},"verificationStatus":{"coding":[{"system":"#)
            text.put(#""http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]},"category":"#)
            text.put(#"[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":""#)
            text.put(isLasting ? "problem-list-item" : "encounter-diagnosis")
            text.put(#""}]}],"code":"#)
            text.put(concept)
            put(subjectTo: &text)
            put(encounter: visit, to: &text)
            text.put(#","onsetDateTime":""#)
            text.put(onset)
            if over, let ended {
                text.put(#"","abatementDateTime":""#)
                text.put(ended)
            }
            text.put(#"","recordedDate":""#)
            text.put(recorded)
            text.put("\"")
        }
    }

    /// A prescription line; nothing for an age that the medicine is not given at.
    mutating func prescribe(
        _ index: Int, visit: Visit, for condition: ResourceID?, to bundle: inout BundleWriter
    ) {
        let medicine = model.medicines[index]
        let years = person.age(on: visit.from.day)
        guard years >= medicine.fromYears, years < medicine.belowYears else { return }
        let isOver = visit.from.day.adding(days: medicine.days) <= model.end
        bundle.add("MedicationRequest", nextID()) { text in
            text.put(isOver ? #","status":"completed""# : #","status":"active""#)
            text.put(#","intent":"order""#)
            text.put(medicine.concept)
            put(subjectTo: &text)
            put(encounter: visit, to: &text)
            text.put(#","authoredOn":""#)
            text.put(visit.from.adding(minutes: 6))
            text.put("\"")
            if !visit.practitioner.isEmpty {
                text.put(#","requester":"#)
                text.put(visit.practitioner)
            }
            if let condition {
                text.put(#","reasonReference":[{"reference":"Condition/"#)
                text.put(condition)
                text.put(#""}]"#)
            }
            text.put(medicine.dosage)
        }
    }
}
