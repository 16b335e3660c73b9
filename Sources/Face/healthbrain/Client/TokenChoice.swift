import ArgumentParser
import Foundation

/// How a program signs in at a server that asks who is there.
struct TokenChoice: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file with a bearer token that nobody else can read, such as house.token in the server's data folder; "
                + "else the one that HEALTHBRAIN_TOKEN_FILE names.",
            valueName: "file"))
    var tokenFile: String?

    /// The token; nil where none was chosen.
    /// - Throws: ``Misuse`` when the file can't be read, or others can.
    func token() throws -> String? {
        let named = ProcessInfo.processInfo.environment["HEALTHBRAIN_TOKEN_FILE"] ?? ""
        guard let tokenFile = tokenFile ?? (named.isEmpty ? nil : named) else { return nil }
        let file = open(tokenFile, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Misuse("The file \(tokenFile) can't be read.") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 == 0 else {
            throw Misuse("Others may read \(tokenFile): give it the mode 0600, and make a new token.")
        }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = read(file, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Misuse("The file \(tokenFile) holds no token.")
        }
        return text
    }
}
