import ArgumentParser
import Doors
import Edge
import Foundation

/// Where a server may send notifications, as an operator says it.
struct OutChoice: ParsableArguments {
    @Option(
        name: .customLong("out-to"),
        help: ArgumentHelp(
            "Addresses or ranges beside the public internet that subscriptions may be sent to, with commas between. With "
                + "--access open this machine is among them.",
            valueName: "addresses"))
    var ranges: String?

    @Option(
        name: .customLong("out-secrets"),
        help: ArgumentHelp(
            "A file, mode 0600, with a line NAME=VALUE for each {NAME} in the headers of Subscriptions.",
            valueName: "file"))
    var secrets: String?

    @Option(
        name: .customLong("out-authority"),
        help: ArgumentHelp(
            "A file of certificates in PEM that receivers' certificates are signed by, in place of the system's.",
            valueName: "file"))
    var authority: String?

    @Option(
        name: .customLong("out-attempts"),
        help: "After so many failures one after the other a subscription waits for the operator.")
    var attempts: Int64 = 300

    func validate() throws {
        guard attempts > 0 else { throw ValidationError("--out-attempts is 1 or more.") }
    }

    /// The door that it comes to.
    /// - Throws: ``Misuse`` saying what is missing or wrong.
    func door(isOpen: Bool) throws -> OutboundDoor {
        var allowed: [AddressRange] = []
        do throws(AddressRange.Malformed) {
            let wanted = (ranges ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            for text in wanted + (isOpen ? ["127.0.0.0/8", "::1"] : []) { allowed.append(try AddressRange(text)) }
        } catch { throw Misuse("--out-to: \(error)") }
        let rules = OutboundRules(allowed: allowed, secrets: try secrets.map(Self.read) ?? [:])
        do { return try OutboundDoor(rules: rules, authority: authority) } catch {
            throw Misuse("--out-authority: \(error)")
        }
    }

    private static func read(_ path: String) throws -> [String: String] {
        var status = stat()
        guard stat(path, &status) == 0, let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Misuse("--out-secrets: \(path) can't be read.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw Misuse("--out-secrets: others may read \(path); say chmod 600 \(path).")
        }
        var found: [String: String] = [:]
        for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.trimmingCharacters(in: .whitespacesAndNewlines)
            if line.isEmpty || line.hasPrefix("#") { continue }
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, !parts[0].isEmpty, parts[1].utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw Misuse("--out-secrets: line \(place + 1) of \(path) is not NAME=VALUE, in printable ASCII.")
            }
            found[parts[0]] = parts[1]
        }
        return found
    }
}
