/// The inbox behind an agent's own MLLP door: its queue.
struct AgentInbox: InboxDoor {
    let queue: AgentQueue
    let source: String

    func accept(_ arrivals: [DoorArrival]) async -> [DoorRefusal?] {
        if let fullness = queue.fullness {
            await queue.trouble(source, fullness)
            return arrivals.map { _ in .busy(reason: fullness, retrySeconds: 60) }
        }
        func item(_ arrival: DoorArrival) -> AgentQueue.Item {
            AgentQueue.Item(
                source: source, sender: arrival.sender, content: .hl7v2, origin: arrival.peer, body: arrival.bytes)
        }
        do {
            let refused = arrivals.compactMap { arrival in arrival.refusal.map { (item(arrival), $0) } }
            if !refused.isEmpty { try await queue.shelve(refused.map { (item: $0.0, refusal: $0.1) }) }
            let taken = arrivals.filter { $0.refusal == nil }.map(item)
            if !taken.isEmpty { try await queue.put(taken) }
            return arrivals.map { _ in nil }
        } catch {
            await queue.trouble(source, "the queue can't be written: \(error)")
            return arrivals.map { _ in .busy(reason: "the queue of this agent can't be written", retrySeconds: 30) }
        }
    }
}
