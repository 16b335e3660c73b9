/// A version as it stands in the feed, apart from any database: what copies and backups carry.
public struct FeedVersion: Sendable, Equatable {
    /// The place in the feed, from 1 on, without gaps.
    public var sequence: Int64
    /// Whose version it is.
    public var key: ResourceKey
    /// `meta.versionId`.
    public var versionID: Int
    /// What made it.
    public var verb: Verb
    /// `meta.lastUpdated`, in milliseconds since 1970 UTC.
    public var lastUpdated: Int64
    /// The compact JSON text without `meta.versionId` and `meta.lastUpdated`; empty for a delete.
    public var body: [UInt8]

    /// Appends the form in which versions are digested and archived: a line of sequence, key, version, verb, instant and
    /// the body's length in bytes; the body; a line feed.
    func append(to bytes: inout [UInt8]) {
        bytes += "\(sequence) \(key) \(versionID) \(verb.rawValue) \(lastUpdated) \(body.count)\n".utf8
        bytes += body
        bytes.append(0x0A)
    }

    /// Reads what ``append(to:)`` has written, from `place` on, and moves `place` behind it; nil when it is not that.
    init?(_ bytes: UnsafeBufferPointer<UInt8>, _ place: inout Int) {
        guard let end = bytes[place...].firstIndex(of: 0x0A) else { return nil }
        let words = String(decoding: bytes[place..<end], as: UTF8.self).split(separator: " ")
        guard words.count == 6, let sequence = Int64(words[0]), let key = ResourceKey(reference: String(words[1])),
            let versionID = Int(words[2]), let verb = Int(words[3]).flatMap(Verb.init(rawValue:)),
            let lastUpdated = Int64(words[4]), let length = Int(words[5]), length >= 0,
            length < bytes.count - end - 1, bytes[end + 1 + length] == 0x0A
        else { return nil }
        self.init(
            sequence: sequence, key: key, versionID: versionID, verb: verb, lastUpdated: lastUpdated,
            body: Array(bytes[(end + 1)..<(end + 1 + length)]))
        place = end + length + 2
    }

    init(sequence: Int64, key: ResourceKey, versionID: Int, verb: Verb, lastUpdated: Int64, body: [UInt8]) {
        self.sequence = sequence
        self.key = key
        self.versionID = versionID
        self.verb = verb
        self.lastUpdated = lastUpdated
        self.body = body
    }
}
