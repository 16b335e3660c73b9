/// A collection of an evaluation. Most hold no item or one, which needs no memory of its own.
struct Items: Sequence, Sendable {
    /// The first item.
    var first: Item?
    /// All but the first.
    var rest: [Item] = []

    init() {}

    init(_ item: Item) {
        first = item
    }

    init(_ item: Item?) {
        first = item
    }

    init(_ items: some Sequence<Item>) {
        for item in items { append(item) }
    }

    /// - Parameter values: must outlive the items.
    init(values: [FHIRPathValue]) {
        for value in values { append(Item(value)) }
    }

    static func boolean(_ value: Bool) -> Items {
        Items(.boolean(value))
    }

    static func boolean(_ value: Bool?) -> Items {
        value.map { Items(.boolean($0)) } ?? Items()
    }

    static func string(_ value: String) -> Items {
        Items(.string(value))
    }

    var isEmpty: Bool {
        first == nil
    }

    var count: Int {
        first == nil ? 0 : rest.count + 1
    }

    var last: Item? {
        rest.last ?? first
    }

    /// The items as callers get them.
    var values: [FHIRPathValue] {
        guard let first else { return [] }
        if rest.isEmpty { return [FHIRPathValue(first)] }
        var result: [FHIRPathValue] = []
        result.reserveCapacity(rest.count + 1)
        result.append(FHIRPathValue(first))
        for item in rest { result.append(FHIRPathValue(item)) }
        return result
    }

    var array: [Item] {
        guard let first else { return [] }
        return rest.isEmpty ? [first] : [first] + rest
    }

    /// The item at a position that must be there.
    subscript(_ position: Int) -> Item? {
        if position == 0 { return first }
        return position > 0 && position <= rest.count ? rest[position - 1] : nil
    }

    mutating func append(_ item: Item) {
        if first == nil {
            first = item
        } else {
            rest.append(item)
        }
    }

    mutating func append(contentsOf items: Items) {
        guard first != nil else {
            self = items
            return
        }
        guard let head = items.first else { return }
        rest.append(head)
        if !items.rest.isEmpty { rest.append(contentsOf: items.rest) }
    }

    func makeIterator() -> Iterator {
        Iterator(items: self)
    }

    struct Iterator: IteratorProtocol {
        let items: Items
        var position = 0

        mutating func next() -> Item? {
            defer { position += 1 }
            return items[position]
        }
    }
}
