/// Which messages come next: deficit round robin over the senders by bytes, each sender's in order of arrival. A sender that
/// floods waits for its own messages alone. (Shreedhar and Varghese, Efficient fair queuing using deficit round robin, 1996.)
struct FairQueue {
    /// A message that waits.
    struct Waiting: Hashable {
        var id: Int64
        var bytes: Int
    }

    /// What a sender may send each round, in bytes.
    static let quantumBytes = 32 << 10
    private var deficits: [String: Int] = [:]
    private var last = ""

    /// Chooses the next messages.
    ///
    /// - Parameter queues: the first messages of each sender that has any.
    mutating func next(_ queues: [String: [Waiting]], countMax: Int, bytesMax: Int) -> [(sender: String, id: Int64)] {
        deficits = deficits.filter { queues[$0.key]?.isEmpty == false }
        var senders = queues.filter { !$0.value.isEmpty }.keys.sorted()
        guard !senders.isEmpty else { return [] }
        // Whoever came last begins the next batch's end.
        let cut = senders.firstIndex { $0 > last } ?? 0
        senders = Array(senders[cut...] + senders[..<cut])
        var places: [String: Int] = [:]
        var chosen: [(sender: String, id: Int64)] = []
        var bytes = 0
        while true {
            var isAnyLeft = false
            for sender in senders {
                let queue = queues[sender] ?? []
                var place = places[sender, default: 0]
                guard place < queue.count else { continue }
                isAnyLeft = true
                deficits[sender, default: 0] += Self.quantumBytes
                while place < queue.count, queue[place].bytes <= deficits[sender, default: 0] {
                    guard chosen.isEmpty || (chosen.count < countMax && bytes + queue[place].bytes <= bytesMax) else {
                        return chosen
                    }
                    deficits[sender, default: 0] -= queue[place].bytes
                    bytes += queue[place].bytes
                    chosen.append((sender, queue[place].id))
                    last = sender
                    place += 1
                }
                places[sender] = place
                if place == queue.count { deficits[sender] = nil }
            }
            if !isAnyLeft { return chosen }
        }
    }
}
