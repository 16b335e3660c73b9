import JSON

/// FHIRPath's `=` and `~`.
enum Equality {
    /// `=` between two collections; nil where that can't be said.
    static func equal(_ one: Items, _ other: Items) -> Bool? {
        guard !one.isEmpty, !other.isEmpty else { return nil }
        guard one.count == other.count else { return false }
        var isKnown = true
        for (left, right) in zip(one, other) {
            switch equal(left, right) {
            case false: return false
            case nil: isKnown = false
            default: break
            }
        }
        return isKnown ? true : nil
    }

    /// `=` between two items; nil where that can't be said.
    static func equal(_ one: FHIRPathValue, _ other: FHIRPathValue) -> Bool? {
        if case .node(let left) = one, case .node(let right) = other, !left.isPrimitive || !right.isPrimitive {
            return equal(left.node, right.node)
        }
        if case .node(let left) = one, left.isSiblingAlone {
            guard case .node(let right) = other, right.isSiblingAlone else { return false }
            return equal(left.node, right.node)
        }
        guard let left = one.system, let right = other.system else { return false }
        switch (left, right) {
        case (.boolean(let left), .boolean(let right)): return left == right
        case (.integer(let left), .integer(let right)): return left == right
        case (.string(let left), .string(let right)): return left.utf8.elementsEqual(right.utf8)
        case (.date(let left), .date(let right)), (.date(let left), .dateTime(let right)),
            (.dateTime(let left), .date(let right)), (.dateTime(let left), .dateTime(let right)),
            (.time(let left), .time(let right)):
            switch left.compared(to: right) {
            case .equal: return true
            case .unknown: return nil
            case .less, .greater: return false
            }
        case (.type(let left), .type(let right)): return left == right
        case (.quantity(let left), .quantity(let right)):
            return quantities(left, right)
        case (.quantity(let left), _):
            return number(right).flatMap { left.compared(to: FHIRPathQuantity($0, "1")).map { $0 == 0 } } ?? false
        case (_, .quantity(let right)):
            return number(left).flatMap { right.compared(to: FHIRPathQuantity($0, "1")).map { $0 == 0 } } ?? false
        default:
            guard let left = number(left), let right = number(right) else { return false }
            return left.compared(to: right) == 0
        }
    }

    private static func quantities(_ left: FHIRPathQuantity, _ right: FHIRPathQuantity) -> Bool? {
        if let order = left.compared(to: right) { return order == 0 }
        return nil
    }

    /// An Integer or Decimal as a Decimal.
    static func number(_ value: FHIRPathValue) -> FHIRPathDecimal? {
        switch value {
        case .integer(let integer): FHIRPathDecimal(Int128(integer))
        case .decimal(let decimal): decimal
        default: nil
        }
    }

    /// Whether two elements hold the same, whatever the order of members.
    private static func equal(_ one: JSONNode, _ other: JSONNode) -> Bool {
        guard one.kind == other.kind else { return false }
        switch one.kind {
        case .null, .true, .false: return true
        case .number:
            guard let left = one.withUTF8({ FHIRPathDecimal($0) }).flatMap({ $0 }),
                let right = other.withUTF8({ FHIRPathDecimal($0) }).flatMap({ $0 })
            else { return one.hasSameValue(as: other) }
            return left.compared(to: right) == 0
        case .string: return one.hasSameValue(as: other)
        case .array:
            guard one.count == other.count else { return false }
            return zip(one.elements, other.elements).allSatisfy { equal($0, $1) }
        case .object:
            guard one.count == other.count else { return false }
            if one.document === other.document, one.identity == other.identity { return true }
            for ((key, value), (twin, twinValue)) in zip(one.members, other.members) {
                if key.hasSameValue(as: twin) {
                    guard equal(value, twinValue) else { return false }
                } else {
                    guard let name = key.string, let found = other[JSONKey(name)], equal(value, found) else {
                        return false
                    }
                }
            }
            return true
        }
    }

    // MARK: Equivalence

    /// `~` between two collections: order doesn't matter.
    static func equivalent(_ one: Items, _ other: Items) -> Bool {
        guard one.count == other.count else { return false }
        if one.count == 1, let left = one.first, let right = other.first { return equivalent(left, right) }
        var rest = other.array
        for left in one {
            guard let place = rest.firstIndex(where: { equivalent(left, $0) }) else { return false }
            rest.remove(at: place)
        }
        return true
    }

    /// `~` between two items.
    static func equivalent(_ one: FHIRPathValue, _ other: FHIRPathValue) -> Bool {
        if case .node(let left) = one, case .node(let right) = other, !left.isPrimitive || !right.isPrimitive {
            return equivalent(left.node, right.node)
        }
        guard let left = one.system, let right = other.system else { return false }
        switch (left, right) {
        case (.string(let left), .string(let right)): return folded(left) == folded(right)
        case (.quantity(let left), .quantity(let right)): return left.isEquivalent(to: right)
        case (.quantity(let left), _):
            return number(right).map { left.isEquivalent(to: FHIRPathQuantity($0, "1")) } ?? false
        case (_, .quantity(let right)):
            return number(left).map { right.isEquivalent(to: FHIRPathQuantity($0, "1")) } ?? false
        case (.integer, .decimal), (.decimal, .integer), (.decimal, .decimal):
            guard let left = number(left), let right = number(right) else { return false }
            return left.isEquivalent(to: right)
        default: return equal(left, right) ?? false
        }
    }

    /// Case and runs of whitespace don't count.
    private static func folded(_ text: String) -> String {
        text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func equivalent(_ one: JSONNode, _ other: JSONNode) -> Bool {
        guard one.kind == other.kind else { return false }
        switch one.kind {
        case .null, .true, .false: return true
        case .number:
            guard let left = one.withUTF8({ FHIRPathDecimal($0) }).flatMap({ $0 }),
                let right = other.withUTF8({ FHIRPathDecimal($0) }).flatMap({ $0 })
            else { return one.hasSameValue(as: other) }
            return left.isEquivalent(to: right)
        case .string: return one.hasSameValue(as: other) || folded(one.string ?? "") == folded(other.string ?? "")
        case .array:
            guard one.count == other.count else { return false }
            var rest = Array(other.elements)
            for left in one.elements {
                guard let place = rest.firstIndex(where: { equivalent(left, $0) }) else { return false }
                rest.remove(at: place)
            }
            return true
        case .object:
            // An id belongs to the place, not to the value.
            let left = one.members.filter { !$0.key.equals("id") }
            guard left.count == other.members.filter({ !$0.key.equals("id") }).count else { return false }
            return left.allSatisfy { key, value in
                guard let name = key.string, let found = other[JSONKey(name)] else { return false }
                return equivalent(value, found)
            }
        }
    }
}
