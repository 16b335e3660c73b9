import JSON

/// Items without those that are equal to another, found by a hash first.
struct ItemSet {
    private var buckets: [UInt64: [Item]] = [:]
    private var few: [Item] = []
    /// How many items were compared.
    private(set) var work = 0

    /// Below so many items hashing costs more than comparing.
    static let fewMax = 8

    init() {}

    init(_ items: Items) {
        for item in items { insert(item) }
    }

    /// - Returns: whether no equal item was there.
    @discardableResult
    mutating func insert(_ item: Item) -> Bool {
        if buckets.isEmpty {
            work += few.count
            for other in few where Equality.equal(other, item) == true { return false }
            few.append(item)
            if few.count > Self.fewMax {
                for item in few { buckets[Self.hash(item), default: []].append(item) }
            }
            return true
        }
        let hash = Self.hash(item)
        for other in buckets[hash] ?? [] {
            work += 1
            if Equality.equal(other, item) == true { return false }
        }
        buckets[hash, default: []].append(item)
        return true
    }

    func contains(_ item: Item) -> Bool {
        if buckets.isEmpty { return few.contains { Equality.equal($0, item) == true } }
        return buckets[Self.hash(item)]?.contains { Equality.equal($0, item) == true } ?? false
    }

    private static let linkId: JSONFixedKey = "linkId"
    private static let code: JSONFixedKey = "code"
    private static let id: JSONFixedKey = "id"

    /// Equal items have equal hashes.
    private static func hash(_ value: Item) -> UInt64 {
        var hasher = Hasher()
        switch value.system {
        case .string(let string):
            hasher.combine(1)
            hasher.combine(string)
        case .boolean(let truth): hasher.combine(truth)
        case .integer(let integer):
            hasher.combine(2)
            hasher.combine(Int128(integer))
            hasher.combine(0)
        case .decimal(let decimal):
            let trimmed = decimal.trimmed
            hasher.combine(2)
            hasher.combine(trimmed.coefficient)
            hasher.combine(trimmed.scale)
        case .date(let moment), .dateTime(let moment):
            hasher.combine(3)
            // What is known less or more exactly, or in another zone, may be equal in more than one way.
            if moment.precision == .day {
                hasher.combine(moment.year)
                hasher.combine(moment.month)
                hasher.combine(moment.day)
            }
        case .time: hasher.combine(6)
        case .quantity: hasher.combine(4)
        case .type, .node, nil:
            hasher.combine(5)
            if case .node(let node) = value, node.place.isObject {
                hasher.combine(node.place.count)
                for key in [Self.linkId, Self.code, Self.id] {
                    if let member = node.place[key], member.isString { hasher.combine(member.string) }
                }
            }
        }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
