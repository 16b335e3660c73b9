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
    static func equal(_ one: Item, _ other: Item) -> Bool? {
        if let same = equalTexts(one, other) { return same }
        if case .node(let left) = one, case .node(let right) = other, !left.isPrimitive || !right.isPrimitive {
            return equal(left.place, right.place)
        }
        if case .node(let left) = one, left.isSiblingAlone {
            guard case .node(let right) = other, right.isSiblingAlone else { return false }
            return equal(left.place, right.place)
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
    static func number(_ value: Item) -> FHIRPathDecimal? {
        switch value {
        case .integer(let integer): FHIRPathDecimal(Int128(integer))
        case .decimal(let decimal): decimal
        default: nil
        }
    }

    /// Whether two strings are the same, where both are strings surely; nil of other items.
    private static func equalTexts(_ one: Item, _ other: Item) -> Bool? {
        switch (one, other) {
        case (.node(let left), .node(let right)) where left.isText && right.isText:
            left.place.hasSameCharacters(as: right.place)
        case (.node(let node), .string(let text)) where node.isText,
            (.string(let text), .node(let node)) where node.isText:
            node.place.equals(text)
        default: nil
        }
    }

    /// Whether two numbers as they are written are equal; nil where one has too many digits.
    private static func numbers(
        _ one: JSONPlace, _ other: JSONPlace, _ compare: (FHIRPathDecimal, FHIRPathDecimal) -> Bool
    ) -> Bool {
        guard let left = one.withCharacters({ FHIRPathDecimal($0) }),
            let right = other.withCharacters({ FHIRPathDecimal($0) })
        else { return one.hasSameCharacters(as: other) }
        return compare(left, right)
    }

    /// Whether two elements hold the same, whatever the order of members.
    private static func equal(_ one: JSONPlace, _ other: JSONPlace) -> Bool {
        guard one.kind == other.kind else { return false }
        switch one.kind {
        case .null, .true, .false: return true
        case .number: return numbers(one, other) { $0.compared(to: $1) == 0 }
        case .string: return one.hasSameCharacters(as: other)
        case .array:
            return one.count == other.count && zip(one.elements, other.elements).allSatisfy { equal($0, $1) }
        case .object:
            guard one.count == other.count else { return false }
            if one.isBeside(other), one.identity == other.identity { return true }
            return zip(one.members, other.members).allSatisfy { member, twin in
                let isSame = member.keyHash == twin.keyHash && member.key.hasSameCharacters(as: twin.key)
                return (isSame ? twin.value : other.member(like: member)).map { equal(member.value, $0) } ?? false
            }
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
    static func equivalent(_ one: Item, _ other: Item) -> Bool {
        if case .node(let left) = one, case .node(let right) = other, !left.isPrimitive || !right.isPrimitive {
            return equivalent(left.place, right.place)
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

    private static func equivalent(_ one: JSONPlace, _ other: JSONPlace) -> Bool {
        guard one.kind == other.kind else { return false }
        switch one.kind {
        case .null, .true, .false: return true
        case .number: return numbers(one, other) { $0.isEquivalent(to: $1) }
        case .string:
            return one.hasSameCharacters(as: other) || folded(one.string ?? "") == folded(other.string ?? "")
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
            return left.allSatisfy { member in
                other.member(like: member).map { equivalent(member.value, $0) } ?? false
            }
        }
    }
}
