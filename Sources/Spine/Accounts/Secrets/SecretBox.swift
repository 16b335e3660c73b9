import CCrypto

/// Secrets at rest: AES-256-GCM (NIST SP 800-38D), bound to what they belong to.
///
/// A box is one byte for its form (1), 12 bytes of nonce, the ciphertext, and 16 bytes of tag.
package struct SecretBox: Sendable {
    private static let form: UInt8 = 1
    private static let nonceBytes = 12
    private static let tagBytes = 16

    let key: [UInt8]

    package init(key: [UInt8]) { self.key = key }

    /// Encrypts; only a box that is opened for the same owner opens.
    package func seal(_ secret: [UInt8], owner: String, nonce: [UInt8]) -> [UInt8] {
        precondition(key.count == 32 && nonce.count == Self.nonceBytes, "AES-256-GCM takes 32 and 12 bytes")
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var size: Int32 = 0
        var sealed = [UInt8](repeating: 0, count: secret.count)
        var tag = [UInt8](repeating: 0, count: Self.tagBytes)
        let additional = Array(owner.utf8)
        let done =
            EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_EncryptUpdate(context, nil, &size, additional, Int32(additional.count)) == 1
            && EVP_EncryptUpdate(context, &sealed, &size, secret, Int32(secret.count)) == 1
            && EVP_EncryptFinal_ex(context, nil, &size) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagBytes), &tag) == 1
        precondition(done, "OpenSSL has no AES-256-GCM")
        return [Self.form] + nonce + sealed + tag
    }

    /// Decrypts; nil when the box was altered, is another owner's, or was sealed with another key.
    package func open(_ box: [UInt8], owner: String) -> [UInt8]? {
        let overhead = 1 + Self.nonceBytes + Self.tagBytes
        guard box.count >= overhead, box[0] == Self.form else { return nil }
        let nonce = Array(box[1...Self.nonceBytes])
        let sealed = Array(box[(1 + Self.nonceBytes)..<(box.count - Self.tagBytes)])
        var tag = Array(box.suffix(Self.tagBytes))
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var size: Int32 = 0
        var secret = [UInt8](repeating: 0, count: sealed.count)
        let additional = Array(owner.utf8)
        let done =
            EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_DecryptUpdate(context, nil, &size, additional, Int32(additional.count)) == 1
            && EVP_DecryptUpdate(context, &secret, &size, sealed, Int32(sealed.count)) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagBytes), &tag) == 1
            && EVP_DecryptFinal_ex(context, nil, &size) == 1
        return done ? secret : nil
    }
}
