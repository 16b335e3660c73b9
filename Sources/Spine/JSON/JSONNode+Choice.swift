extension JSONNode {
    /// The first member whose key is one of these, in the order of the text, and the key's position among them; nil when
    /// there is none or the value is no object. Walks the members once.
    @inlinable
    public func firstMember(among keys: [JSONKey]) -> (value: JSONNode, position: Int)? {
        let tape = document.tape
        guard tape[index].kind == .object else { return nil }
        let end = Int(tape[index].next)
        var member = index &+ 1
        while member < end {
            let hash = tape[member].next
            for position in keys.indices where keys[position].hash == hash && hasKey(keys[position], at: member) {
                return (JSONNode(document: document, index: member &+ 1), position)
            }
            member = Int(tape[member &+ 1].next)
        }
        return nil
    }
}
