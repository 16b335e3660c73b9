import Foundation

/// A client that sends a piece of text over a socket and then only listens.
enum SlowClient {
    /// Sends the text and returns the first piece of the answer; empty when there is none.
    static func send(_ text: String, port: Int) async -> String {
        await withCheckedContinuation { answered in
            DispatchQueue.global().async { answered.resume(returning: sendNow(text, port)) }
        }
    }

    private static func sendNow(_ text: String, _ port: Int) -> String {
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
        guard isConnected else { return "" }
        var patience = timeval(tv_sec: 600, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let bytes = Array(text.utf8)
        guard Foundation.send(socket, bytes, bytes.count, 0) == bytes.count else { return "" }
        var answer = [UInt8](repeating: 0, count: 4096)
        let count = recv(socket, &answer, answer.count, 0)
        return String(decoding: answer.prefix(max(count, 0)), as: UTF8.self)
    }
}
