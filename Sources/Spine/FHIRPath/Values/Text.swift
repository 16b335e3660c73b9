import JSON

/// A text within an evaluation, read where it stands as long as nothing more is wanted.
enum Text {
    case place(JSONPlace)
    case string(String)

    /// Calls `body` with the UTF-8.
    @inline(__always)
    func withUTF8<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        switch self {
        case .place(let place): return place.withCharacters(body)
        case .string(var string): return string.withUTF8(body)
        }
    }

    /// The text as a string.
    var string: String {
        switch self {
        case .place(let place): place.string ?? ""
        case .string(let string): string
        }
    }

    /// How many characters there are.
    var count: Int {
        let few = withUTF8 { bytes in
            // In ASCII only a carriage return can join with what follows.
            bytes.isASCII && !bytes.contains(13) ? bytes.count : nil
        }
        return few ?? string.count
    }

    /// Each letter of ASCII changed by a bit, or nil where the text has more than ASCII.
    ///
    /// - Parameter first: the first of the 26 letters that change.
    func changed(from first: UInt8) -> String? {
        withUTF8 { bytes in
            guard bytes.isASCII else { return nil }
            return String(unsafeUninitializedCapacity: bytes.count) { room in
                for index in 0..<bytes.count {
                    room[index] = bytes[index] ^ (bytes[index] &- first < 26 ? 0x20 : 0)
                }
                return bytes.count
            }
        }
    }

    /// Whether another text stands in this one.
    func contains(_ part: Text) -> Bool {
        withUTF8 { text in
            part.withUTF8 { part in
                guard let first = part.first else { return true }
                guard part.count <= text.count else { return false }
                for start in 0...text.count - part.count where text[start] == first {
                    if text[start..<start + part.count].elementsEqual(part) { return true }
                }
                return false
            }
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether no byte is above 127.
    var isASCII: Bool {
        // Looks at all, so that the compiler can take many at once.
        var bits: UInt8 = 0
        for byte in self { bits |= byte }
        return bits < 128
    }
}
