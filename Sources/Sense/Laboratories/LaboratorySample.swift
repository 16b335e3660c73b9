import FHIR
import Foundation
public import JSON
import Records

/// A sample on its way through the network, as a Task keeps it: its owner is who has to act, its restriction the time allowed, its focus the
/// ServiceRequest, its output the results.
public struct LaboratorySample: Sendable, Hashable, Identifiable {
    /// Where it stands.
    public enum State: String, Sendable, CaseIterable {
        /// No laboratory has room: the centre finds one.
        case waiting = "on-hold"
        /// A laboratory has it.
        case routed = "requested"
        /// The result is there.
        case returned = "completed"
        /// It was called off.
        case cancelled
    }

    /// Why it stands so.
    public enum Reason: String, Sendable, CaseIterable {
        /// No laboratory that may do the test has room today.
        case noCapacity = "no-capacity"
        /// The laboratory that had it may not do the test any more.
        case rerouted
    }

    /// The code of the Task, in the system of surveillance: it makes nobody's care relation.
    public static let code = "laboratory-sample"
    static let system = "https://healthbrain.dev/fhir/CodeSystem/surveillance"
    private static let reasonSystem = "https://healthbrain.dev/fhir/CodeSystem/laboratory-network"

    /// The Task's id; empty for one that isn't stored.
    public var id = ""
    /// The version that was read.
    public var version = 0
    /// `ServiceRequest/…`
    public let request: String
    /// `Patient/…`; nil for a sample of nobody.
    public let patient: String?
    /// Who asked: `Organization/…` or a practitioner.
    public let requester: String?
    /// What is asked.
    public let test: LaboratoryTest
    /// GB/T 2260 code of who asks; 0 when unknown.
    public let district: Int
    /// When it was asked, in milliseconds since 1970 UTC.
    public let authored: Int64
    /// Until when the result is to be there.
    public let due: Int64
    /// Where it stands.
    public var state: State
    /// Why, where there is more to say.
    public var reason: Reason?
    /// The id of the laboratory's HealthcareService; nil while it waits.
    public var laboratory: String?
    /// When the laboratory got it.
    public var routedAt: Int64?
    /// Who has to act: `Organization/…`.
    public var owner: String?
    /// `Observation/…` of the results.
    public var results: [String] = []
    /// When the state was reached.
    public var changedAt: Int64

    /// Whether its time is over and no result is there.
    public func isLate(at now: Int64) -> Bool { (state == .routed || state == .waiting) && due < now }

    /// Parameters of the search for samples.
    public static func search(_ states: [State], count: Int) -> [(String, String)] {
        [
            ("code", "\(system)|\(code)"), ("status", states.map(\.rawValue).joined(separator: ",")),
            ("_count", "\(count)"),
        ]
    }

    /// Reads a Task; nil for another one.
    public init?(_ task: JSONNode) {
        func item(_ name: String) -> JSONNode? {
            (task["input"].map { Array($0.elements) } ?? []).first {
                $0["type"]?["coding"]?[0]?["code"]?.equals(name) == true
            }
        }
        guard task["code"]?["coding"]?[0]?["code"]?.equals(Self.code) == true,
            let request = task["focus"]?["reference"]?.string,
            let test = LaboratoryTest(item("test")?["valueCodeableConcept"]),
            let state = task["status"]?.string.flatMap({ State(rawValue: $0) }),
            let due = Self.instant(task["restriction"]?["period"]?["end"])
        else { return nil }
        id = task["id"]?.string ?? ""
        version = task["meta"]?["versionId"]?.string.flatMap { Int($0) } ?? 0
        self.request = request
        self.test = test
        self.state = state
        self.due = due
        patient = task["for"]?["reference"]?.string
        requester = task["requester"]?["reference"]?.string
        district = item("district")?["valueString"]?.string.flatMap { Int($0) } ?? 0
        authored = Self.instant(task["authoredOn"]) ?? 0
        reason = (task["statusReason"]?["coding"]?[0]?["code"]?.string).flatMap { Reason(rawValue: $0) }
        laboratory = (item("laboratory")?["valueReference"]?["reference"]?.string).flatMap {
            ResourceKey(reference: $0)?.id
        }
        routedAt = Self.instant(task["executionPeriod"]?["start"])
        owner = task["owner"]?["reference"]?.string
        results = (task["output"].map { Array($0.elements) } ?? []).compactMap {
            $0["valueReference"]?["reference"]?.string
        }
        changedAt = Self.instant(task["lastModified"]) ?? 0
    }

    /// A sample that nobody has yet.
    init(
        request: String, patient: String?, requester: String?, test: LaboratoryTest, district: Int, authored: Int64,
        due: Int64, now: Int64
    ) {
        (self.request, self.patient, self.requester, self.test) = (request, patient, requester, test)
        (self.district, self.authored, self.due) = (district, authored, due)
        (state, changedAt) = (.waiting, now)
    }

    static func instant(_ node: JSONNode?) -> Int64? { (node?.string).flatMap { FHIRDateTime($0)?.lowMilliseconds } }
    private static func text(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: (Double(milliseconds) / 1000).rounded(.down)).formatted(.iso8601)
    }

    /// The Task.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("resourceType", string: "Task")
        if !id.isEmpty { writer.member("id", string: id) }
        writer.member("status", string: state.rawValue)
        if let reason { writer.concept("statusReason", Self.reasonSystem, reason.rawValue) }
        writer.member("intent", string: "order")
        writer.concept("code", Self.system, Self.code)
        writer.reference("focus", request)
        writer.reference("for", patient)
        if let routedAt {
            writer.key("executionPeriod")
            writer.beginObject()
            writer.member("start", string: Self.text(routedAt))
            writer.endObject()
        }
        writer.member("authoredOn", string: Self.text(authored))
        writer.member("lastModified", string: Self.text(changedAt))
        writer.reference("requester", requester)
        writer.reference("owner", owner)
        writer.key("restriction")
        writer.beginObject()
        writer.key("period")
        writer.beginObject()
        writer.member("end", string: Self.text(due))
        writer.endObject()
        writer.endObject()
        writer.key("input")
        writer.beginArray()
        item("test", &writer) { writer in
            writer.concept("valueCodeableConcept", test.system, test.code, display: test.nameEn, text: test.name)
        }
        item("district", &writer) { $0.member("valueString", string: "\(district)") }
        if let laboratory {
            item("laboratory", &writer) { $0.reference("valueReference", "HealthcareService/\(laboratory)") }
        }
        writer.endArray()
        if !results.isEmpty {
            writer.key("output")
            writer.beginArray()
            for result in results { item("result", &writer) { $0.reference("valueReference", result) } }
            writer.endArray()
        }
        writer.endObject()
    }

    private func item(_ code: String, _ writer: inout JSONWriter, _ value: (inout JSONWriter) -> Void) {
        writer.beginObject()
        writer.concept("type", Self.system, code)
        value(&writer)
        writer.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func concept(
        _ name: String, _ system: String, _ code: String, display: String? = nil, text: String? = nil
    ) {
        key(name)
        beginObject()
        key("coding")
        beginArray()
        beginObject()
        member("system", string: system)
        member("code", string: code)
        if let display { member("display", string: display) }
        endObject()
        endArray()
        if let text { member("text", string: text) }
        endObject()
    }

    fileprivate mutating func reference(_ name: String, _ reference: String?) {
        guard let reference else { return }
        key(name)
        beginObject()
        member("reference", string: reference)
        endObject()
    }
}
