import CArgon2
import Foundation

/// What argon2id is computed with (RFC 9106).
public struct Argon2Parameters: Sendable, Hashable {
    /// Memory, in KiB.
    public var memoryKiB: UInt32
    /// Passes over the memory.
    public var passes: UInt32
    /// Lanes; one thread computes them all.
    public var lanes: UInt32

    /// Names parameters.
    public init(memoryKiB: UInt32, passes: UInt32, lanes: UInt32) {
        self.memoryKiB = memoryKiB
        self.passes = passes
        self.lanes = lanes
    }

    /// 64 MiB, three passes, four lanes: the second recommendation of RFC 9106 §4, above the minimum of OWASP ASVS 5
    /// appendix C (three passes and 12 MiB).
    public static let recommended = Argon2Parameters(memoryKiB: 65_536, passes: 3, lanes: 4)

    /// What is taken from a stored hash: more would let whoever writes to the database take the machine's memory.
    var isWithinBounds: Bool {
        (1...16).contains(lanes) && (8 * lanes...1 << 20).contains(memoryKiB) && (1...16).contains(passes)
    }
}

/// A password as it is stored: argon2id in the PHC string form, `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`.
package struct PasswordHash: Sendable, Hashable {
    static let saltBytes = 16
    static let hashBytes = 32

    package let parameters: Argon2Parameters
    let salt: [UInt8]
    let hash: [UInt8]

    /// Hashes a password. Takes its time and memory on the calling thread.
    ///
    /// - Throws: ``AccountsError/busy(retryAfterSeconds:)`` when there is no memory.
    package init(_ password: NormalizedPassword, salt: [UInt8], _ parameters: Argon2Parameters) throws(AccountsError) {
        self.parameters = parameters
        self.salt = salt
        hash = try Self.compute(password, salt, parameters, Self.hashBytes)
    }

    /// A hash that no password has, to be compared with where there is no account.
    init(unmatchable parameters: Argon2Parameters) {
        self.parameters = parameters
        salt = randomBytes(Self.saltBytes)
        hash = randomBytes(Self.hashBytes)
    }

    /// Reads the PHC string form; nil when it is not argon2id of version 19 within bounds.
    package init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].isEmpty, parts[1] == "argon2id", parts[2] == "v=19",
            let parameters = Self.parameters(parts[3]), parameters.isWithinBounds,
            let salt = Self.bytes(parts[4]), (8...64).contains(salt.count),
            let hash = Self.bytes(parts[5]), (16...64).contains(hash.count)
        else { return nil }
        self.parameters = parameters
        self.salt = salt
        self.hash = hash
    }

    /// The PHC string form.
    package var text: String {
        let numbers = "m=\(parameters.memoryKiB),t=\(parameters.passes),p=\(parameters.lanes)"
        return "$argon2id$v=19$\(numbers)$\(Self.text(salt))$\(Self.text(hash))"
    }

    /// Whether it is a password's hash. Takes its time and memory on the calling thread.
    ///
    /// - Throws: ``AccountsError/busy(retryAfterSeconds:)`` when there is no memory.
    package func matches(_ password: NormalizedPassword) throws(AccountsError) -> Bool {
        isEqualInConstantTime(try Self.compute(password, salt, parameters, hash.count), hash)
    }

    private static func compute(
        _ password: NormalizedPassword, _ salt: [UInt8], _ parameters: Argon2Parameters, _ bytes: Int
    ) throws(AccountsError) -> [UInt8] {
        var password = password.bytes
        var salt = salt
        var hash = [UInt8](repeating: 0, count: bytes)
        let code = password.withUnsafeMutableBufferPointer { password in
            salt.withUnsafeMutableBufferPointer { salt in
                hash.withUnsafeMutableBufferPointer { hash in
                    var context = Argon2_Context()
                    context.out = hash.baseAddress
                    context.outlen = UInt32(hash.count)
                    context.pwd = password.baseAddress
                    context.pwdlen = UInt32(password.count)
                    context.salt = salt.baseAddress
                    context.saltlen = UInt32(salt.count)
                    context.m_cost = parameters.memoryKiB
                    context.t_cost = parameters.passes
                    context.lanes = parameters.lanes
                    context.threads = 1
                    context.version = ARGON2_VERSION_13.rawValue
                    context.flags = 1  // ARGON2_FLAG_CLEAR_PASSWORD: the copy of the password is wiped
                    return argon2id_ctx(&context)
                }
            }
        }
        if code == ARGON2_MEMORY_ALLOCATION_ERROR.rawValue { throw .busy(retryAfterSeconds: 5) }
        precondition(code == ARGON2_OK.rawValue, "argon2id: \(String(cString: argon2_error_message(code)))")
        return hash
    }

    private static func parameters(_ text: Substring) -> Argon2Parameters? {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false)
        guard numbers.count == 3 else { return nil }
        var values: [UInt32] = []
        for (number, name) in zip(numbers, ["m=", "t=", "p="]) {
            guard number.hasPrefix(name), let value = UInt32(number.dropFirst(2)),
                "\(value)" == number.dropFirst(2)
            else { return nil }
            values.append(value)
        }
        return Argon2Parameters(memoryKiB: values[0], passes: values[1], lanes: values[2])
    }

    private static func text(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("=", with: "")
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: String(text) + padding) else { return nil }
        let bytes = Array(data)
        return Self.text(bytes) == text ? bytes : nil
    }
}
