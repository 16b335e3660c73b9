extension JSONPlace {
    /// Calls `body` with the UTF-8 of a string, unescaped and without quotes; of any other value with its text as
    /// written.
    ///
    /// - Parameter body: must not keep the buffer.
    @inlinable
    @inline(__always)
    public func withCharacters<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        let entry = tape[Int(index)]
        guard entry.kind == .string else {
            return body(
                UnsafeBufferPointer(start: text + Int(entry.start), count: Int(entry.end &- entry.start)))
        }
        let characters = UnsafeBufferPointer(
            start: text + Int(entry.start) + 1, count: Int(entry.end &- entry.start) &- 2)
        guard entry.flags & TapeEntry.hasEscapes == 0 else { return resolved(characters).withUnsafeBufferPointer(body) }
        return body(characters)
    }

    @usableFromInline
    @inline(never)
    func resolved(_ characters: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        unescaped(characters)
    }

    /// The text of a string, unescaped; nil for any other value.
    @inlinable
    public var string: String? {
        guard isString else { return nil }
        return withCharacters { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the value is a string with exactly this text.
    @inlinable
    public func equals(_ text: String) -> Bool {
        guard isString else { return false }
        return withCharacters { characters in
            let utf8 = text.utf8
            guard utf8.count == characters.count else { return false }
            let same = utf8.withContiguousStorageIfAvailable { other -> Bool in
                for index in 0..<characters.count where other[index] != characters[index] { return false }
                return true
            }
            return same ?? utf8.elementsEqual(characters)
        }
    }

    /// Whether both are strings of the same characters, or numbers of the same digits, however they are escaped.
    @inlinable
    public func hasSameCharacters(as other: JSONPlace) -> Bool {
        withCharacters { one in
            other.withCharacters { two in
                guard one.count == two.count else { return false }
                for index in 0..<one.count where one[index] != two[index] { return false }
                return true
            }
        }
    }

    /// A number that is written as an integer and fits; nil for any other value.
    @inlinable
    public var integer: Int? {
        let entry = tape[Int(index)]
        // Nineteen digits and more don't fit surely.
        guard entry.kind == .number, entry.flags & TapeEntry.isInteger != 0 else { return nil }
        guard entry.end &- entry.start < 19 else { return node.integer }
        return withCharacters { digits in
            var value = 0
            for digit in digits where digit != UInt8(ascii: "-") {
                value = value &* 10 &+ Int(digit &- UInt8(ascii: "0"))
            }
            return digits[0] == UInt8(ascii: "-") ? -value : value
        }
    }
}
