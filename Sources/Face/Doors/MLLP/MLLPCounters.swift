import Synchronization

/// What the MLLP door has done, for the metrics.
public final class MLLPCounters: Sendable {
    /// Why something was turned away.
    public enum Reason: String, Sendable, CaseIterable {
        /// A connection from an address that may not call.
        case address
        /// A connection too many.
        case connections
        /// A connection whose TLS could not be agreed, for one because its certificate is none of ours.
        case tls
        /// A sender too slow in sending a frame or taking its replies.
        case slow
        /// A frame too long, or more unfinished frames than there is memory for.
        case long
        /// Too much outside of frames, or too many frames without an end.
        case noise
        /// What can't be read as HL7.
        case unreadable
        /// A message of another sender than the connection's.
        case sender
        /// The inbox can't keep it now.
        case busy
        /// The inbox won't ever keep it.
        case inbox
    }

    /// All numbers at one moment.
    public struct Snapshot: Sendable {
        /// Connections that are open.
        public var open = 0
        /// Connections that were opened.
        public var connections = 0
        /// Frames that came.
        public var frames = 0
        /// Bytes that came and that went.
        public var bytesIn = 0, bytesOut = 0
        /// Replies by their code (HL7 table 0008).
        public var replies: [String: Int] = [:]
        /// What was turned away.
        public var refused: [Reason: Int] = [:]
    }

    private let state = Mutex(Snapshot())

    /// Begins at nothing.
    public init() {}

    /// The numbers now.
    public var snapshot: Snapshot { state.withLock { $0 } }

    func count(_ reason: Reason) { state.withLock { $0.refused[reason, default: 0] += 1 } }
    func replied(_ code: String) { state.withLock { $0.replies[code, default: 0] += 1 } }
    func received(bytes: Int) { state.withLock { $0.bytesIn += bytes } }
    func sent(bytes: Int) { state.withLock { $0.bytesOut += bytes } }
    func framed() { state.withLock { $0.frames += 1 } }
    func closed() { state.withLock { $0.open -= 1 } }
    func opened() {
        state.withLock { state in
            state.open += 1
            state.connections += 1
        }
    }

    /// The numbers as Prometheus collects them.
    public var prometheusText: String {
        let now = snapshot
        var text = ""
        func family(_ name: String, _ kind: String, _ help: String, _ samples: [(String, Int)]) {
            text += "# HELP healthbrain_mllp_\(name) \(help)\n# TYPE healthbrain_mllp_\(name) \(kind)\n"
            for (label, value) in samples { text += "healthbrain_mllp_\(name)\(label) \(value)\n" }
        }
        family("connections", "gauge", "Connections that are open.", [("", now.open)])
        family("connections_total", "counter", "Connections that were opened.", [("", now.connections)])
        family("frames_total", "counter", "Frames that came.", [("", now.frames)])
        family(
            "bytes_total", "counter", "Bytes, by direction.",
            [("{direction=\"in\"}", now.bytesIn), ("{direction=\"out\"}", now.bytesOut)])
        family(
            "replies_total", "counter", "Replies, by code.",
            ["AA", "AE", "AR", "CA", "CE", "CR"].map { ("{code=\"\($0)\"}", now.replies[$0] ?? 0) })
        family(
            "refused_total", "counter", "What was turned away, by reason.",
            Reason.allCases.map { ("{reason=\"\($0.rawValue)\"}", now.refused[$0] ?? 0) })
        return text
    }
}
