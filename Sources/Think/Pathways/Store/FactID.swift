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
        return hash.prefix(16).map { byte in
            let digits = Array("0123456789abcdef")
            return "\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }
}
