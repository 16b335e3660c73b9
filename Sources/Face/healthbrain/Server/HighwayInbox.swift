import Doors
import HL7v2
import Highway
import Records

/// The inbox of the highway, as the doors know it.
struct HighwayInbox: InboxDoor {
    let highway: Highway

    func accept(_ arrivals: [DoorArrival]) async -> [DoorRefusal?] {
        let now = WallClock.milliseconds()
        let results = await highway.accept(
            arrivals.map { arrival in
                .init(
                    sender: arrival.sender, door: .mllp, format: arrival.refusal.map { .refused($0) } ?? .hl7v2,
                    bytes: arrival.bytes, receivedAt: now)
            })
        return results.map { result in
            guard case .failure(let error) = result else { return nil }
            return switch error {
            case .busy(let seconds): .busy(reason: error.message, retrySeconds: seconds)
            case .unavailable: .busy(reason: error.message, retrySeconds: 5)
            case .refused, .notFound: .refused(reason: error.message)
            }
        }
    }

    func faults(of message: Message, _ header: MessageHeader) -> [Fault] { highway.faults(before: message, header) }
}
