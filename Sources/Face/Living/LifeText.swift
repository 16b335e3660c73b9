import Calendar
import JSON
import Series

/// Resources that a visit leaves behind, as text.
struct LifeText: Sendable {
    let person: Inhabitant
    let at: Int64
    let chart: Chart

    /// An instant in Shanghai's zone, to the second.
    static func instant(_ milliseconds: Int64) -> String {
        let day = CivilDay(milliseconds: milliseconds)
        let rest = Int((milliseconds - day.startMilliseconds) / 1000)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(day.isoText)T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))+08:00"
    }

    private var day: CivilDay { CivilDay(milliseconds: at) }
    private var instant: String { Self.instant(at) }
    private var subject: String { #""subject":{"reference":"\#(person.reference)"}"# }

    private static let categories = "http://terminology.hl7.org/CodeSystem/observation-category"

    func encounter(_ id: String, _ code: String, hours: Int = 1, type: String? = nil) -> String {
        let kind = type.map {
            #""type":[{"coding":[{"system":"https://healthbrain.dev/fhir/CodeSystem/visit","code":"\#($0)"}]}],"#
        }
        return """
            {"resourceType":"Encounter","id":"\(id)","status":"finished","class":{"system":\
            "http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"\(code)"},\(kind ?? "")\(subject),\
            "participant":[{"individual":{"reference":"\(person.doctorReference)"}}],\
            "serviceProvider":{"reference":"\(person.centre)"},\
            "period":{"start":"\(instant)","end":"\(Self.instant(at + Int64(hours) * 3_600_000))"}}
            """
    }

    func pressure(_ id: String) -> String? {
        guard let systolic = chart.value("systolic", person, day), let diastolic = chart.value("diastolic", person, day)
        else { return nil }
        func part(_ code: String, _ value: String) -> String {
            """
            {"code":{"coding":[{"system":"http://loinc.org","code":"\(code)"}]},"valueQuantity":{"value":\(value),\
            "unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}
            """
        }
        return """
            {"resourceType":"Observation","id":"\(id)","status":"final","category":[{"coding":[{"system":"\(Self.categories)",\
            "code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}],"text":"血压"},\(subject),\
            "effectiveDateTime":"\(instant)","performer":[{"reference":"\(person.doctorReference)"}],\
            "component":[\(part("8480-6", systolic)),\(part("8462-4", diastolic))]}
            """
    }

    func observation(_ id: String, _ code: String, _ name: String, _ unit: String) -> String? {
        guard let value = chart.value(name, person, day) else { return nil }
        return """
            {"resourceType":"Observation","id":"\(id)","status":"final","code":{"coding":[{"system":"http://loinc.org",\
            "code":"\(code)"}]},\(subject),"effectiveDateTime":"\(instant)","performer":[{"reference":"\(person.doctorReference)"}],\
            "valueQuantity":{"value":\(value),"unit":"\(unit)","system":"http://unitsofmeasure.org","code":"\(unit)"}}
            """
    }

    func condition(_ id: String, _ code: String, _ text: String) -> String {
        let base = "http://terminology.hl7.org/CodeSystem/condition-"
        return """
            {"resourceType":"Condition","id":"\(id)","clinicalStatus":{"coding":[{"system":"\(base)clinical","code":"active"}]},\
            "verificationStatus":{"coding":[{"system":"\(base)ver-status","code":"confirmed"}]},"code":{"coding":[{"system":\
            "http://hl7.org/fhir/sid/icd-10","code":"\(code)"}],"text":"\(text)"},\(subject),"recordedDate":"\(instant)"}
            """
    }

    func referral(_ id: String, _ hospital: String?) -> String {
        let performer = hospital.map { #","performer":[{"reference":"\#($0)"}]"# } ?? ""
        return """
            {"resourceType":"ServiceRequest","id":"\(id)","status":"active","intent":"order","category":[{"coding":[{"system":\
            "http://snomed.info/sct","code":"3457005"}]}],"code":{"text":"转诊"},\(subject),"authoredOn":"\(instant)",\
            "requester":{"reference":"\(person.doctorReference)"}\(performer)}
            """
    }

    func appointment(_ id: String) -> String {
        """
        {"resourceType":"Appointment","id":"\(id)","status":"booked","start":"\(Self.instant(at + 3 * 86_400_000))","end":\
        "\(Self.instant(at + 3 * 86_400_000 + 1_800_000))","participant":[{"actor":{"reference":"\(person.reference)"},"status":"accepted"}]}
        """
    }

    func vaccination(_ id: String, _ code: DoseBook.Code, _ title: String, elsewhere: Bool) -> String {
        """
        {"resourceType":"Immunization","id":"\(id)","status":"completed","vaccineCode":{"coding":[{"system":"\(code.system)",\
        "code":"\(code.code)"}],"text":"\(title)"},"patient":{"reference":"\(person.reference)"},"occurrenceDateTime":"\(instant)","primarySource":\(!elsewhere)\
        \(elsewhere ? #","reportOrigin":{"text":"外地接种，凭证补录"}"# : "")}
        """
    }
}
