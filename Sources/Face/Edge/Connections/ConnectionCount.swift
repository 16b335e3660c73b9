import NIOCore
import Synchronization

/// Counts the connections that are open, of each address and of all.
final class ConnectionCount: Sendable {
    private let limits: ConnectionLimits
    private let exempt: [AddressRange]
    private let counters: EdgeCounters
    private let state = Mutex((all: 0, byAddress: [NetworkAddress: Int]()))

    /// - Parameter exempt: addresses of proxies, behind which there are many clients.
    init(_ limits: ConnectionLimits, exempt: [AddressRange], _ counters: EdgeCounters) {
        self.limits = limits
        self.exempt = exempt
        self.counters = counters
    }

    /// Counts a connection until it is closed.
    /// - Returns: whether it may stay.
    func admit(_ channel: any Channel) -> Bool {
        let peer = NetworkAddress(channel.remoteAddress)
        let network = peer.flatMap { exempt.contain($0) ? nil : $0.network }
        let isAdmitted = state.withLock { state in
            if state.all >= limits.connectionsMax { return false }
            if let network {
                if state.byAddress[network, default: 0] >= limits.connectionsPerAddressMax { return false }
                state.byAddress[network, default: 0] += 1
            }
            state.all += 1
            return true
        }
        guard isAdmitted else {
            counters.count(.connections)
            return false
        }
        counters.opened()
        channel.closeFuture.whenComplete { _ in self.leave(network) }
        return true
    }

    private func leave(_ network: NetworkAddress?) {
        counters.closed()
        state.withLock { state in
            state.all -= 1
            guard let network, let count = state.byAddress[network] else { return }
            state.byAddress[network] = count > 1 ? count - 1 : nil
        }
    }
}
