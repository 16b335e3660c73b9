import FHIR
public import JSON

/// When, and for whom, a document happened. A pure function of the document.
public struct TimelineMoment: Sendable, Equatable {
    /// The reference of the resident, such as `Patient/123`.
    public let resident: String
    /// Seconds since 1970 UTC at which it began; 0 when the document tells no time.
    public let seconds: Int64

    /// The moment of a document; nil when it names no resident.
    /// - Parameters:
    ///   - document: a resource of a type that ``TimelineKind`` knows.
    ///   - kind: its kind.
    public init?(_ document: JSONDocument, kind: TimelineKind) {
        let root = document.root
        let subject = root[kind == .vaccine || kind == .allergy ? Self.patient : Self.subject]
        guard let reference = subject?[Self.reference]?.string else { return nil }
        resident = reference
        seconds = Self.seconds(root, kind: kind)
    }

    /// An element that may tell the time: a member of the resource, or a member of that member.
    private struct Place: Sendable {
        let outer: JSONKey
        let inner: JSONKey?

        init(_ outer: JSONKey, _ inner: JSONKey? = nil) {
            self.outer = outer
            self.inner = inner
        }

        func node(_ root: JSONNode) -> JSONNode? {
            guard let inner else { return root[outer] }
            return root[outer]?[inner]
        }
    }

    // Keys are hashed once: this runs for every clinical resource that is ever written.
    private static let patient: JSONKey = "patient"
    private static let subject: JSONKey = "subject"
    private static let reference: JSONKey = "reference"
    private static let observed = [
        Place("effectiveDateTime"), Place("effectivePeriod", "start"), Place("effectiveInstant"), Place("issued"),
    ]
    private static let visited = [Place("period", "start"), Place("period", "end")]
    private static let diagnosed = [Place("recordedDate"), Place("onsetDateTime"), Place("onsetPeriod", "start")]
    private static let medicated = [
        Place("authoredOn"), Place("effectiveDateTime"), Place("effectivePeriod", "start"), Place("whenHandedOver"),
        Place("whenPrepared"), Place("dateAsserted"),
    ]
    private static let vaccinated = [Place("occurrenceDateTime"), Place("recorded")]
    private static let performed = [Place("performedDateTime"), Place("performedPeriod", "start")]
    private static let allergic = [Place("recordedDate"), Place("onsetDateTime"), Place("lastOccurrence")]

    private static func places(_ kind: TimelineKind) -> [Place] {
        switch kind {
        case .observation, .report: observed
        case .visit: visited
        case .diagnosis: diagnosed
        case .medicine: medicated
        case .vaccine: vaccinated
        case .procedure: performed
        case .allergy: allergic
        }
    }

    /// The first element that is a date, in seconds. A partial date counts from its first instant.
    private static func seconds(_ root: JSONNode, kind: TimelineKind) -> Int64 {
        for place in places(kind) {
            guard let node = place.node(root) else { continue }
            let date: FHIRDateTime?? = node.withUTF8 { FHIRDateTime(utf8: $0) }
            if let date, let date {
                let milliseconds = date.lowMilliseconds
                return milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
            }
        }
        return 0
    }
}
