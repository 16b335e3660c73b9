import CCrypto

/// Ids that follow from what they name: the same person, pathway, action and moment always give the same one.
enum FactID {
    // Looked up once: the library looks it up at each use else.
    private nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)

    /// The first 32 hexadecimal digits of the SHA-256 of some names.
    static func of(_ names: String...) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(names.reduce(names.count) { $0 + $1.utf8.count })
        for (place, name) in names.enumerated() {
            if place > 0 { text.append(0x1F) }
            text.append(contentsOf: name.utf8)
        }
        var hash = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 32
        let done = EVP_Digest(text, text.count, &hash, &count, sha256, nil)
        precondition(done == 1, "libcrypto has SHA-256")
        return String(unsafeUninitializedCapacity: 32) { out in
            func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
            for place in 0..<16 {
                (out[2 * place], out[2 * place + 1]) = (digit(hash[place] >> 4), digit(hash[place] & 15))
            }
            return 32
        }
    }
}
