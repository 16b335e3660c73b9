import Access
import Accounts
import Foundation

/// The token of the house's own programs, such as `healthbrain load` on the machine of the server: made anew at each start,
/// in memory and in a file that only the server's user can read.
public struct HouseToken: Sendable {
    /// How the programs are called in the audit log.
    public static let client = "healthbrain"

    /// The token.
    public let text: String

    /// - Parameter bytes: 32 random bytes.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == 32, "a token of the house has 32 bytes")
        text = Base64URL.encode(bytes)
    }

    /// Writes the token into a file of mode 0600, in place of an earlier one.
    /// - Throws: ``GateError/unavailable(_:)`` when the file can't be written.
    public func write(to path: String) throws(GateError) {
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .unavailable("The file \(path) can't be written.") }
        defer { close(file) }
        let bytes = Array((text + "\n").utf8)
        guard Foundation.write(file, bytes, bytes.count) == bytes.count else {
            throw .unavailable("The file \(path) can't be written.")
        }
    }

    /// Compares in constant time.
    func matches(_ other: String) -> Bool {
        let (own, given) = (Array(text.utf8), Array(other.utf8))
        guard own.count == given.count else { return false }
        var difference: UInt8 = 0
        for place in own.indices { difference |= own[place] ^ given[place] }
        return difference == 0
    }

    /// The programs as the rules know them: they reach every institution, and every category.
    static func subject(_ scopes: Scopes, _ purpose: Purpose?) -> Subject {
        Subject(
            account: client, role: .system, reach: .city, purpose: purpose ?? .operations, scopes: scopes,
            sensitivities: Set(Sensitivity.allCases))
    }
}

extension HouseToken: CustomStringConvertible, CustomReflectable {
    /// What is printed of a token is never the secret.
    public var description: String { Self.client }
    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
