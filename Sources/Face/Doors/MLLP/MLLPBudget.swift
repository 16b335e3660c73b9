import Edge
import NIOCore
import Synchronization

/// What all connections of a door share: how many there are, and what their unfinished frames hold.
final class MLLPBudget: Sendable {
    private let limits: MLLPLimits
    private let counters: MLLPCounters
    private let pending = Atomic<Int>(0)
    private let state = Mutex((channels: [ObjectIdentifier: any Channel](), byAddress: [NetworkAddress: Int]()))

    init(_ limits: MLLPLimits, _ counters: MLLPCounters) {
        self.limits = limits
        self.counters = counters
    }

    /// Counts bytes of unfinished frames.
    func add(_ bytes: Int) { pending.add(bytes, ordering: .relaxed) }

    /// Whether the unfinished frames stay within their bound.
    var isKept: Bool { pending.load(ordering: .relaxed) <= limits.pendingBytesMax }

    /// Counts a connection until it is closed.
    /// - Returns: whether it may stay.
    func admit(_ channel: any Channel, _ peer: NetworkAddress?) -> Bool {
        let network = peer?.network
        let isAdmitted = state.withLock { state in
            let ofAddress = network.map { state.byAddress[$0, default: 0] } ?? 0
            guard state.channels.count < limits.connectionsMax, ofAddress < limits.connectionsPerAddressMax else {
                return false
            }
            state.channels[ObjectIdentifier(channel)] = channel
            if let network { state.byAddress[network] = ofAddress + 1 }
            return true
        }
        guard isAdmitted else {
            counters.count(.connections)
            return false
        }
        counters.opened()
        let id = ObjectIdentifier(channel)
        channel.closeFuture.whenComplete { _ in self.leave(id, network) }
        return true
    }

    private func leave(_ id: ObjectIdentifier, _ network: NetworkAddress?) {
        counters.closed()
        state.withLock { state in
            state.channels[id] = nil
            guard let network, let count = state.byAddress[network] else { return }
            state.byAddress[network] = count > 1 ? count - 1 : nil
        }
    }

    /// Connections that are open.
    var channels: [any Channel] { state.withLock { Array($0.channels.values) } }

    /// Closes all connections at once.
    func closeAll() {
        for channel in channels { channel.close(promise: nil) }
    }
}
