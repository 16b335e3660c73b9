extension JSONPlace {
    /// How many members or elements the value has; 0 for scalars.
    @inlinable
    public var count: Int {
        let count = tape[Int(index)].count
        return count == TapeEntry.countMany ? node.count : Int(count)
    }

    /// The member with this key; nil when there is none or the value is no object. Takes time in proportion to the
    /// members before it.
    @inlinable
    public subscript(_ key: JSONFixedKey) -> JSONPlace? {
        var members = members
        while let member = members.next() {
            if member.keyHash == key.hash, member.withKey({ key.equals($0) }) { return member.value }
        }
        return nil
    }

    /// The member with this key; nil when there is none or the value is no object.
    public subscript(_ key: JSONKey) -> JSONPlace? {
        for member in members where member.keyHash == key.hash {
            if member.withKey({ key.equals($0) }) { return member.value }
        }
        return nil
    }

    /// The member with the key of another member, also of another document; nil when there is none.
    public func member(like other: Member) -> JSONPlace? {
        for member in members where member.keyHash == other.keyHash {
            if member.key.hasSameCharacters(as: other.key) { return member.value }
        }
        return nil
    }

    /// The element at this position, counted from zero; nil when there is none or the value is no array. Takes time in
    /// proportion to the position.
    @inlinable
    public subscript(_ position: Int) -> JSONPlace? {
        var elements = elements
        for _ in 0..<max(position, 0) {
            guard elements.next() != nil else { return nil }
        }
        return position < 0 ? nil : elements.next()
    }

    /// The members of an object in the order of the text; of any other value none.
    @inlinable
    public var members: Members {
        Members(owner: owner, tape: tape, holder: Int(index))
    }

    /// The elements of an array in order; of any other value none.
    @inlinable
    public var elements: Elements {
        Elements(owner: owner, tape: tape, holder: Int(index))
    }

    /// A member of an object.
    public struct Member {
        /// The value.
        public let value: JSONPlace
        /// The hash of the key, by `keyHash(_:)` over its unescaped UTF-8.
        public let keyHash: UInt32

        @inlinable
        @inline(__always)
        init(_ value: JSONPlace, _ keyHash: UInt32) {
            self.value = value
            self.keyHash = keyHash
        }

        /// The key, which is a string.
        @inlinable
        public var key: JSONPlace {
            JSONPlace(value.owner, Int(value.index) &- 1)
        }

        /// Calls `body` with the key's UTF-8, unescaped.
        @inlinable
        public func withKey<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
            key.withCharacters(body)
        }
    }

    /// Walks the members of an object.
    public struct Members: IteratorProtocol, Sequence {
        @usableFromInline let owner: Unmanaged<JSONDocument>
        @usableFromInline let tape: UnsafePointer<TapeEntry>
        @usableFromInline var position: Int
        @usableFromInline let end: Int

        @inlinable
        @inline(__always)
        init(owner: Unmanaged<JSONDocument>, tape: UnsafePointer<TapeEntry>, holder: Int) {
            self.owner = owner
            self.tape = tape
            position = holder &+ 1
            end = tape[holder].kind == .object ? Int(tape[holder].next) : position
        }

        /// The next member, or nil after the last.
        @inlinable
        @inline(__always)
        public mutating func next() -> Member? {
            guard position < end else { return nil }
            let key = position
            position = Int(tape[key &+ 1].next)
            return Member(JSONPlace(owner, key &+ 1), tape[key].next)
        }
    }

    /// Walks the elements of an array.
    public struct Elements: IteratorProtocol, Sequence {
        @usableFromInline let owner: Unmanaged<JSONDocument>
        @usableFromInline let tape: UnsafePointer<TapeEntry>
        @usableFromInline var position: Int
        @usableFromInline let end: Int

        @inlinable
        @inline(__always)
        init(owner: Unmanaged<JSONDocument>, tape: UnsafePointer<TapeEntry>, holder: Int) {
            self.owner = owner
            self.tape = tape
            position = holder &+ 1
            end = tape[holder].kind == .array ? Int(tape[holder].next) : position
        }

        /// The next element, or nil after the last.
        @inlinable
        @inline(__always)
        public mutating func next() -> JSONPlace? {
            guard position < end else { return nil }
            let element = position
            position = Int(tape[element].next)
            return JSONPlace(owner, element)
        }
    }
}
