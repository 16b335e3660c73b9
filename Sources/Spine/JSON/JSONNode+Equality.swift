extension JSONNode {
    /// Whether two values are the same to a reader: members in the same order with the same keys, strings with the same
    /// characters however escaped, numbers with the same digits as written.
    public func hasSameValue(as other: JSONNode) -> Bool {
        var pairs = [(self, other)]
        while let (one, other) = pairs.popLast() {
            guard one.kind == other.kind, one.count == other.count else { return false }
            switch one.kind {
            case .null, .true, .false:
                continue
            case .string, .number:
                guard one.hasSameCharacters(as: other) else { return false }
            case .array:
                pairs.append(contentsOf: zip(one.elements, other.elements))
            case .object:
                for (member, twin) in zip(one.members, other.members) {
                    guard member.key.hasSameCharacters(as: twin.key) else { return false }
                    pairs.append((member.value, twin.value))
                }
            }
        }
        return true
    }

    private func hasSameCharacters(as other: JSONNode) -> Bool {
        withUTF8 { one in other.withUTF8 { one.elementsEqual($0) } ?? false } ?? false
    }
}
