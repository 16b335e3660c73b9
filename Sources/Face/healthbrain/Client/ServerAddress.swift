import ArgumentParser
import Foundation

/// The address of a server's FHIR door, from what a person types: `http://127.0.0.1:8080` means its `/fhir`.
struct ServerAddress: ExpressibleByArgument, Sendable, CustomStringConvertible {
    /// The address without a slash at the end, such as `http://127.0.0.1:8080/fhir`.
    let base: String

    var description: String { base }

    init?(argument: String) {
        var text = argument
        while text.hasSuffix("/") { text.removeLast() }
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            parts.scheme == "http" || parts.scheme == "https"
        else { return nil }
        base = parts.path.isEmpty ? text + "/fhir" : text
    }

    /// The server without the FHIR path, for its other doors.
    var root: String {
        base.hasSuffix("/fhir") ? String(base.dropLast(5)) : base
    }

    static let standard: ServerAddress = ServerAddress(loopbackPort: 8080)

    /// A server on this machine.
    init(loopbackPort port: Int, scheme: String = "http") {
        base = "\(scheme)://127.0.0.1:\(port)/fhir"
    }
}
