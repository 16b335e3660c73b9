import HL7v2

/// When something happened, as a message tells it.
public struct MessageTime: Sendable, Hashable, Comparable {
    /// An `instant` of FHIR, in the zone of the message or of its sender: `2026-11-22T08:30:00+08:00`.
    public let instant: String
    /// Milliseconds since 1970, UTC.
    public let milliseconds: Int64

    /// The first of the fields that holds a time: EVN-6, EVN-2, MSH-7.
    init?(_ message: Message, zone: CompiledMapping.Zone) {
        for (segment, field) in [("EVN", 6), ("EVN", 2), ("MSH", 7)] as [(SegmentName, Int)] {
            guard var text = message.text(segment, field) else { continue }
            let known = text.withUTF8 { MessageTime($0, zone: zone) }
            guard let known else { continue }
            self = known
            return
        }
        return nil
    }

    private init?(_ text: Bytes, zone: CompiledMapping.Zone) {
        guard let moment = Moment(text) else { return nil }
        var arena = Arena()
        defer { arena.free() }
        var zoneText = zone.text
        arena.begin()
        zoneText.withUTF8 { moment.putFull(zone: $0, to: &arena) }
        instant = String(decoding: arena.end(), as: UTF8.self)
        milliseconds = moment.milliseconds(zone: zone.minutes)
    }

    /// Earlier first, wherever it was told.
    public static func < (one: MessageTime, other: MessageTime) -> Bool { one.milliseconds < other.milliseconds }
}
