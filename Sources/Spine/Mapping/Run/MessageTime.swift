import HL7v2

/// When something happened, as a message tells it.
public struct MessageTime: Sendable, Hashable, Comparable {
    /// An `instant` of FHIR, in the zone of the message or of its sender: `2026-11-22T08:30:00+08:00`.
    public let instant: String
    /// Milliseconds since 1970, UTC.
    public let milliseconds: Int64

    /// The first of the fields that holds a time: EVN-6, EVN-2, MSH-7.
    init?(_ message: Message, zone: [UInt8]) {
        for (segment, field) in [("EVN", 6), ("EVN", 2), ("MSH", 7)] as [(SegmentName, Int)] {
            guard let text = message.text(segment, field), let moment = Moment(Array(text.utf8)) else { continue }
            instant = String(decoding: moment.full(zone: zone), as: UTF8.self)
            milliseconds = moment.milliseconds(zone: zone)
            return
        }
        return nil
    }

    /// Earlier first, wherever it was told.
    public static func < (one: MessageTime, other: MessageTime) -> Bool { one.milliseconds < other.milliseconds }
}
