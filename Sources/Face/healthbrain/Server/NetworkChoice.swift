import ArgumentParser
import Edge
import Foundation
import NIOCore

/// How a server meets the network, as an operator says it.
struct NetworkChoice: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file of the certificate in PEM, the server's own first; read again at SIGHUP.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The file of its private key in PEM, mode 0600.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp("A name by which clients call the server; may be given several times.", valueName: "name"))
    var publicName: [String] = []

    @Option(
        help: ArgumentHelp(
            "The address or range of a proxy whose X-Forwarded-For and -Proto are taken; may be given several times.",
            valueName: "address"))
    var behindProxy: [String] = []

    @Option(
        help: ArgumentHelp(
            "An address or range that may read /metrics beside this machine; may be given several times.",
            valueName: "address"))
    var metricsFrom: [String] = []

    @Option(
        help: ArgumentHelp(
            "How often an address and an account may ask: KIND=PER_SECOND:BURST/PER_SECOND:BURST or KIND=off; may be given several times.",
            valueName: "limit"))
    var rateLimit: [String] = []

    @Option(help: ArgumentHelp("Connections at once.", valueName: "n"))
    var connections = ConnectionLimits().connectionsMax

    /// The options of the edge.
    /// - Parameters:
    ///   - isAccessEnforced: whether every request is decided by who asks. Without, nothing is limited that is not
    ///     asked for, and the server stays on this machine.
    ///   - beside: how many connections other doors may have.
    /// - Throws: ``Misuse`` saying what is missing or wrong.
    func options(host: String, port: Int, isAccessEnforced: Bool, beside: Int = 0) throws -> EdgeOptions {
        do {
            guard (tlsCertificate == nil) == (tlsKey == nil) else {
                throw Misuse("--tls-certificate and --tls-key belong together: give both files.")
            }
            guard (16...1_000_000).contains(connections) else { throw Misuse("--connections must be 16 to 1000000.") }
            let names = try OwnNames(publicName)
            let proxies = try behindProxy.map { try AddressRange($0) }
            let address = try ListenAddress(
                host,
                ListenAddress.Protection(
                    isAccessEnforced: isAccessEnforced, hasTLS: tlsKey != nil, hasProxy: !proxies.isEmpty,
                    hasName: !names.names.isEmpty))
            var limits = ConnectionLimits()
            limits.connectionsMax = Self.descriptors(for: connections, beside: beside)
            limits.connectionsPerAddressMax = max(limits.connectionsMax / 2, 1)
            let isLimited = isAccessEnforced || !rateLimit.isEmpty
            let rates = try RateLimits.rates(rateLimit)
            return EdgeOptions(
                host: address.host, port: port, isLoopback: address.isLoopback, tls: try identity(), names: names,
                proxies: proxies, connections: limits,
                rates: isLimited ? RateLimits(rates) { Int64(NIODeadline.now().uptimeNanoseconds) } : nil,
                monitors: try metricsFrom.map { try AddressRange($0) })
        } catch let misuse as Misuse {
            throw misuse
        } catch {
            throw Misuse("\(error)")
        }
    }

    private func identity() throws -> TLSIdentity? {
        guard let tlsCertificate, let tlsKey else { return nil }
        return try TLSIdentity(TLSFiles(certificate: tlsCertificate, key: tlsKey))
    }

    /// Lets the process open as many files as so many connections need, and other doors and databases beside them.
    /// - Returns: how many connections there is room for.
    private static func descriptors(for connections: Int, beside: Int) -> Int {
        let others = 512 + beside
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return connections }
        let wanted = rlim_t(connections + others)
        if limit.rlim_cur < wanted {
            limit.rlim_cur = min(wanted, limit.rlim_max)
            guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return connections }
        }
        return limit.rlim_cur >= wanted ? connections : max(Int(limit.rlim_cur) - others, 16)
    }
}
