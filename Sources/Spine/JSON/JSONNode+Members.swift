extension JSONNode {
    /// How many members or elements the value has; 0 for scalars.
    public var count: Int {
        let entry = entry
        guard entry.count == TapeEntry.countMany else { return Int(entry.count) }
        return isObject ? members.reduce(0) { count, _ in count + 1 } : elements.reduce(0) { count, _ in count + 1 }
    }

    /// The member with this key; nil when there is none or the value is no object. Takes time in proportion to the
    /// members before it.
    @inlinable
    public subscript(_ key: JSONKey) -> JSONNode? {
        let tape = document.tape
        guard tape[index].kind == .object else { return nil }
        let end = Int(tape[index].next)
        var member = index &+ 1
        while member < end {
            if tape[member].next == key.hash, hasKey(key, at: member) {
                return JSONNode(document: document, index: member &+ 1)
            }
            member = Int(tape[member &+ 1].next)
        }
        return nil
    }

    /// The element at this position, counted from zero; nil when there is none or the value is no array. Takes time in
    /// proportion to the position.
    public subscript(_ position: Int) -> JSONNode? {
        guard isArray, position >= 0 else { return nil }
        var iterator = elements.makeIterator()
        for _ in 0..<position {
            guard iterator.next() != nil else { return nil }
        }
        return iterator.next()
    }

    /// The members of an object in the order of the text; empty for any other value.
    @inlinable
    public var members: Members {
        Members(document: document, start: index &+ 1, end: isObject ? Int(entry.next) : index &+ 1)
    }

    /// The elements of an array in order; empty for any other value.
    @inlinable
    public var elements: Elements {
        Elements(document: document, start: index &+ 1, end: isArray ? Int(entry.next) : index &+ 1)
    }

    @usableFromInline
    func hasKey(_ key: JSONKey, at member: Int) -> Bool {
        JSONNode(document: document, index: member).withUTF8 { key.equals($0) } ?? false
    }

    /// The members of an object, each a key (a string node) and a value.
    public struct Members: Sequence, Sendable {
        @usableFromInline let document: JSONDocument
        @usableFromInline let start: Int
        @usableFromInline let end: Int

        @inlinable
        init(document: JSONDocument, start: Int, end: Int) {
            self.document = document
            self.start = start
            self.end = end
        }

        /// Starts with the first member.
        @inlinable
        public func makeIterator() -> Iterator {
            Iterator(document: document, position: start, end: end)
        }

        /// Walks the members in the order of the text.
        public struct Iterator: IteratorProtocol {
            @usableFromInline let document: JSONDocument
            @usableFromInline var position: Int
            @usableFromInline let end: Int

            @inlinable
            init(document: JSONDocument, position: Int, end: Int) {
                self.document = document
                self.position = position
                self.end = end
            }

            /// The next member, or nil after the last.
            @inlinable
            public mutating func next() -> (key: JSONNode, value: JSONNode)? {
                guard position < end else { return nil }
                let key = position
                position = Int(document.tape[key &+ 1].next)
                return (JSONNode(document: document, index: key), JSONNode(document: document, index: key &+ 1))
            }
        }
    }

    /// The elements of an array.
    public struct Elements: Sequence, Sendable {
        @usableFromInline let document: JSONDocument
        @usableFromInline let start: Int
        @usableFromInline let end: Int

        @inlinable
        init(document: JSONDocument, start: Int, end: Int) {
            self.document = document
            self.start = start
            self.end = end
        }

        /// Starts with the first element.
        @inlinable
        public func makeIterator() -> Iterator {
            Iterator(document: document, position: start, end: end)
        }

        /// Walks the elements in order.
        public struct Iterator: IteratorProtocol {
            @usableFromInline let document: JSONDocument
            @usableFromInline var position: Int
            @usableFromInline let end: Int

            @inlinable
            init(document: JSONDocument, position: Int, end: Int) {
                self.document = document
                self.position = position
                self.end = end
            }

            /// The next element, or nil after the last.
            @inlinable
            public mutating func next() -> JSONNode? {
                guard position < end else { return nil }
                let element = position
                position = Int(document.tape[element].next)
                return JSONNode(document: document, index: element)
            }
        }
    }
}
