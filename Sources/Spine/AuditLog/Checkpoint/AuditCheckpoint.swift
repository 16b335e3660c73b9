import Foundation

/// The claim that the log had a size and a root, as a text of <https://c2sp.org/tlog-checkpoint>.
public struct AuditCheckpoint: Sendable, Hashable {
    /// The name of the log.
    public var origin: String
    /// How many entries there were.
    public var size: Int64
    /// The root of the tree over them.
    public var root: MerkleHash
    /// What was said of the checkpoints in the database; nil where nothing was.
    public var keeping: Keeping?

    /// What a checkpoint says of those in the database, so that none can be taken out unnoticed.
    public struct Keeping: Sendable, Hashable {
        /// How many of them speak of no more entries than this one, itself included where it is one of them.
        public var count: Int64
        /// When it was signed, in milliseconds since 1970 UTC.
        public var at: Int64

        /// Says how many, and when.
        public init(count: Int64, at: Int64) {
            self.count = count
            self.at = at
        }
    }

    /// Describes a tree.
    public init(origin: String, size: Int64, root: MerkleHash, keeping: Keeping? = nil) {
        self.origin = origin
        self.size = size
        self.root = root
        self.keeping = keeping
    }

    private static let keepingWord = "kept"

    /// The text that is signed: three lines, and one more of our own: the word `kept`, a count and an instant.
    public var text: String {
        let own = keeping.map { "\(Self.keepingWord) \($0.count) \($0.at)\n" } ?? ""
        return "\(origin)\n\(size)\n\(Data(root.bytes).base64EncodedString())\n" + own
    }

    /// Reads a text; lines behind the third are another's extensions and are passed over.
    public init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, !lines[0].isEmpty, lines.last == "",
            let size = Int64(lines[1]), size >= 0, String(size) == lines[1],
            let bytes = Data(base64Encoded: String(lines[2])), bytes.base64EncodedString() == lines[2],
            let root = MerkleHash(bytes)
        else { return nil }
        let words = lines[3].split(separator: " ", omittingEmptySubsequences: false)
        var keeping: Keeping?
        if words.count == 3, words[0] == Self.keepingWord, let count = Int64(words[1]), let at = Int64(words[2]) {
            keeping = Keeping(count: count, at: at)
        }
        self.init(origin: String(lines[0]), size: size, root: root, keeping: keeping)
    }
}

/// A text and signatures under it: <https://c2sp.org/signed-note>.
public struct SignedNote: Sendable, Hashable {
    /// A line below the text.
    public struct Signature: Sendable, Hashable {
        /// The name of the key.
        public var name: String
        /// The first four bytes of the key's hash, and the signature.
        public var bytes: [UInt8]
    }

    /// The text, its last line feed included.
    public var text: String
    /// The signatures.
    public var signatures: [Signature]

    /// A text with signatures.
    public init(text: String, signatures: [Signature]) {
        self.text = text
        self.signatures = signatures
    }

    /// Reads a signed text; nil when it is none.
    public init?(_ note: String) {
        guard let gap = note.range(of: "\n\n", options: .backwards) else { return nil }
        text = String(note[..<gap.lowerBound]) + "\n"
        signatures = []
        let lines = note[gap.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.last == "", lines.count > 1, lines.count <= 17 else { return nil }
        for line in lines.dropLast() {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 3, words[0] == "\u{2014}", !words[1].isEmpty,
                let bytes = Data(base64Encoded: String(words[2])), bytes.count > 4
            else { return nil }
            signatures.append(Signature(name: String(words[1]), bytes: [UInt8](bytes)))
        }
    }

    /// The whole text.
    public var description: String {
        signatures.reduce(text + "\n") { $0 + "\u{2014} \($1.name) \(Data($1.bytes).base64EncodedString())\n" }
    }

    /// The checkpoint that a key has signed; nil when the text is none, is of another log or has no good signature by it.
    public func checkpoint(signedBy key: AuditPublicKey) -> AuditCheckpoint? {
        guard let checkpoint = AuditCheckpoint(text: text), checkpoint.origin == key.name else { return nil }
        return signatures.contains { key.verifies($0, of: text) } ? checkpoint : nil
    }
}
