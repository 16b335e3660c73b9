import Foundation

/// A client that sends bytes over a socket and keeps all that comes back until the server closes, or is silent for long.
struct RawClient: Sendable {
    let port: Int
    /// Pieces are sent one after another with a pause between them.
    var pause: Duration = .zero
    /// How long to wait for more, in seconds.
    var patienceSeconds = 10

    /// What came back.
    struct Answer: Sendable {
        var bytes: [UInt8] = []
        var isClosed = false

        var text: String { String(decoding: bytes, as: UTF8.self) }
        /// The status of each answer, in order.
        var statuses: [Int] {
            text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
        }
    }

    func send(_ pieces: String...) async -> Answer {
        await send(pieces.map { Array($0.utf8) })
    }

    func send(_ pieces: [[UInt8]]) async -> Answer {
        await withCheckedContinuation { answered in
            DispatchQueue.global().async { answered.resume(returning: sendNow(pieces)) }
        }
    }

    private func sendNow(_ pieces: [[UInt8]]) -> Answer {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return Answer() }
        var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        for piece in pieces {
            // MSG_NOSIGNAL: a server that has closed already is an answer, not the end of the tests.
            if Foundation.send(socket, piece, piece.count, Int32(MSG_NOSIGNAL)) != piece.count { break }
            if pause > .zero { usleep(UInt32(pause / .microseconds(1))) }
        }
        var answer = Answer()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count > 0 {
                answer.bytes += buffer[..<count]
                continue
            }
            answer.isClosed = count == 0 || errno == ECONNRESET
            return answer
        }
    }
}
