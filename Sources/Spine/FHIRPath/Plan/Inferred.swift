/// What is known of a collection before evaluation.
struct Inferred {
    enum Kind: Hashable {
        case fhir(Int32)
        case system(SystemType)
    }

    /// The types that the items can have; nil: any.
    var kinds: [Kind]?
    /// Whether there is surely at most one item.
    var isSingle = false
    /// How many items there surely are at least.
    var least = 0
    /// Whether the items have an order.
    var isOrdered = true

    static let unknown = Inferred(kinds: nil)

    static func system(_ type: SystemType, isSingle: Bool = true) -> Inferred {
        Inferred(kinds: [.system(type)], isSingle: isSingle)
    }

    static func fhir(_ type: Int32, isSingle: Bool = false) -> Inferred {
        Inferred(kinds: type > 0 ? [.fhir(type)] : nil, isSingle: isSingle)
    }

    /// The only FHIR type; -1: there is no such.
    var onlyType: Int32 {
        guard let kinds, kinds.count == 1, case .fhir(let type) = kinds[0] else { return -1 }
        return type
    }

    /// The items of both.
    func joined(_ other: Inferred) -> Inferred {
        guard let kinds, let others = other.kinds else { return .unknown }
        return Inferred(kinds: kinds + others.filter { !kinds.contains($0) })
    }

    /// The System types that the items stand for; nil where one of them isn't known, or is no primitive.
    func systemTypes(_ model: TypeModel) -> Set<SystemType>? {
        guard let kinds else { return nil }
        var result: Set<SystemType> = []
        for kind in kinds {
            switch kind {
            case .system(let type): result.insert(type)
            case .fhir(let type):
                if let primitive = model.primitive(type) {
                    result.insert(SystemType(primitive))
                } else if model.isType(type, model.quantity) {
                    result.insert(.quantity)
                } else {
                    return nil
                }
            }
        }
        return result
    }
}
