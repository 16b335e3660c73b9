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
        let subject = kind == .vaccine || kind == .allergy ? root["patient"] : root["subject"]
        guard let reference = subject?["reference"]?.string else { return nil }
        resident = reference
        seconds = Self.seconds(root, kind: kind)
    }

    private static func seconds(_ root: JSONNode, kind: TimelineKind) -> Int64 {
        switch kind {
        case .observation, .report:
            return first(
                root["effectiveDateTime"], root["effectivePeriod"]?["start"], root["effectiveInstant"], root["issued"])
        case .visit:
            return first(root["period"]?["start"], root["period"]?["end"])
        case .diagnosis:
            return first(root["recordedDate"], root["onsetDateTime"], root["onsetPeriod"]?["start"])
        case .medicine:
            return first(
                root["authoredOn"], root["effectiveDateTime"], root["effectivePeriod"]?["start"],
                root["whenHandedOver"], root["whenPrepared"], root["dateAsserted"])
        case .vaccine:
            return first(root["occurrenceDateTime"], root["recorded"])
        case .procedure:
            return first(root["performedDateTime"], root["performedPeriod"]?["start"])
        case .allergy:
            return first(root["recordedDate"], root["onsetDateTime"], root["lastOccurrence"])
        }
    }

    /// The first candidate that is a date, in seconds. A partial date counts from its first instant.
    private static func first(_ candidates: JSONNode?...) -> Int64 {
        for case .some(let node) in candidates {
            let date: FHIRDateTime?? = node.withUTF8 { FHIRDateTime(utf8: $0) }
            if let date, let date {
                let milliseconds = date.lowMilliseconds
                return milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
            }
        }
        return 0
    }
}
