import CCrypto

/// Ids that follow from what they name: the same person, pathway, action and moment always give the same one.
enum FactID {
    /// The first 32 hexadecimal digits of the SHA-256 of some names.
    static func of(_ names: String...) -> String {
        let text = Array(names.joined(separator: "\u{1F}").utf8)
        var hash = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 32
        let done = EVP_Digest(text, text.count, &hash, &count, EVP_sha256(), nil)
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
