public import FHIR
import JSON

/// What `_summary` and `_elements` ask for, wherever resources are read.
public enum SubsetWish: Sendable, Equatable {
    /// The whole resource.
    case whole
    /// A part of it.
    case part(ResourceSubset)
    /// Only how many there are.
    case count

    /// Reads `_summary` and `_elements`.
    ///
    /// - Parameters:
    ///   - elements: nil when the parameter is not given.
    ///   - type: the resource type; when given, each element must be one of it.
    /// - Throws: ``RecordsError`` of category `invalid`.
    public init(
        summary: String?, elements: String?, type: String? = nil, _ definitions: Definitions
    ) throws(RecordsError) {
        if summary != nil, summary != "false", elements != nil {
            throw RecordsError(.invalid, "_summary and _elements can't be used together.")
        }
        if let elements {
            let names = elements.split(separator: ",").map { $0.trimming }.filter { !$0.isEmpty }
            guard !names.isEmpty else { throw RecordsError(.invalid, "_elements names no element.") }
            if let type, let structure = definitions.structure(type) {
                for name in names where !name.contains(".") && name != "id" && name != "resourceType" {
                    guard structure.member(name) != nil || !structure.members(ofElement: name).isEmpty else {
                        throw RecordsError(.invalid, "\(type) has no element “\(name)” for _elements.")
                    }
                }
            }
            self = .part(.elements(names))
            return
        }
        switch summary {
        case nil, "false": self = .whole
        case "true": self = .part(.summary)
        case "text": self = .part(.text)
        case "data": self = .part(.data)
        case "count": self = .count
        case let other?:
            throw RecordsError(.invalid, "_summary is true, text, data, count or false; found “\(other)”.")
        }
    }

    /// The part of it; nil for the whole.
    public var subset: ResourceSubset? {
        if case .part(let subset) = self { subset } else { nil }
    }
}

extension Substring {
    fileprivate var trimming: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension Version {
    /// The compact JSON text of a part of the resource; of the whole when `subset` is nil.
    public func json(_ subset: ResourceSubset?, _ definitions: Definitions) -> [UInt8] {
        let text = json()
        guard let subset, !text.isEmpty else { return text }
        let limits = JSONLimits(bytesMax: .max, depthMax: 1000)
        // What is stored was parsed when it was written.
        guard let document = try? JSONDocument(parsing: text, limits: limits) else { return text }
        return subset.json(of: document.root, definitions)
    }
}
