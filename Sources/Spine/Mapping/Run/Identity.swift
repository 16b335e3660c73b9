import CCrypto

/// The id of a resource, made from what identifies it: the same message gives the same id, today and tomorrow.
struct Identity: Hashable {
    /// `6f1c0d0e-….`, in lower case.
    let text: [UInt8]

    /// An UUID of version 8 (RFC 9562) from the SHA-256 of what identifies something.
    init(_ material: [UInt8]) {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        EVP_Digest(material, material.count, &digest, nil, EVP_sha256(), nil)
        digest[6] = digest[6] & 0x0F | 0x80
        digest[8] = digest[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for place in 0..<16 {
            if place == 4 || place == 6 || place == 8 || place == 10 { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(digest[place] >> 4)])
            text.append(digits[Int(digest[place] & 15)])
        }
        self.text = text
    }
}
