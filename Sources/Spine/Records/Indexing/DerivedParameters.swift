import FHIR
import JSON

/// Finds the parameters whose index rows others have already, so that no row is stored twice.
///
/// `Observation.combo-code` means what `code` and `component-code` mean together, and `Observation.patient` is `subject`
/// where that is a Patient: a search reads the rows of those. It is told from the expressions alone: a parameter is
/// derived when the values that it selects are, path by path, the values that others of its kind select.
enum DerivedParameters {
    /// The same parameters, each with the rows that answer it.
    ///
    /// - Parameters:
    ///   - parameters: of one resource type, those that the store always had first, then those that came while it served.
    ///   - always: how many it always had. They are never derived from one that came later, nor is any that came later
    ///     from one that came after it: what is added takes no rows away.
    static func resolved(_ parameters: [IndexedParameter], always: Int) -> [IndexedParameter] {
        var result = parameters
        var kept: [Source] = []
        let order = parameters.indices.sorted { a, b in
            let (first, second) = (Source(parameters[a]), Source(parameters[b]))
            return (first?.target == nil ? 0 : 1, first?.values.count ?? 0, a)
                < (second?.target == nil ? 0 : 1, second?.values.count ?? 0, b)
        }
        for index in order {
            guard let own = Source(parameters[index]) else { continue }
            let parts = kept.filter {
                $0.kind == own.kind && $0.place < max(index, always) && $0.values.isSubset(of: own.values)
            }
            let covering = Self.covering(own.values, parts)
            if let covering {
                result[index].rowIDs = covering.map(\.id).sorted()
                result[index].targetFilter = own.target
            } else if own.target == nil {
                kept.append(own.at(index))
            }
        }
        return result
    }

    /// Few of the parts that have all the values between them; nil when they don't.
    private static func covering(_ values: Set<String>, _ parts: [Source]) -> [Source]? {
        var open = values
        var chosen: [Source] = []
        for part in parts.sorted(by: { $0.values.count > $1.values.count }) where !part.values.isDisjoint(with: open) {
            open.subtract(part.values)
            chosen.append(part)
        }
        return open.isEmpty && !chosen.isEmpty ? chosen : nil
    }

    /// What a parameter selects.
    private struct Source {
        var id: Int64
        var kind: SearchParameterType
        /// One text for each path and the shape of its values.
        var values: Set<String>
        /// The resource type that alone counts.
        var target: String?
        var place = 0

        /// Nil for parameters that have rows of another make: dates, whose order is followed by one number, what only
        /// exists or not, composites and special ones.
        init?(_ parameter: IndexedParameter) {
            switch parameter.definition.type {
            case .token, .string, .reference, .quantity, .number, .uri: break
            case .date, .composite, .special: return nil
            }
            guard parameter.isIndexed, !parameter.isExistence, !parameter.paths.isEmpty else { return nil }
            id = parameter.id
            kind = parameter.definition.type
            let targets = Set(parameter.paths.map(\.resolvedType))
            guard targets.count == 1, let target = targets.first else { return nil }
            self.target = target
            values = Set(
                parameter.paths.compactMap { path in
                    ValueShape(parameter.definition.type, of: path.type).map { "\(path.unfilteredText) \($0)" }
                })
        }

        func at(_ place: Int) -> Source {
            var copy = self
            copy.place = place
            return copy
        }
    }
}

extension SearchPath {
    /// The type that the last step must resolve to.
    fileprivate var resolvedType: String? {
        if case .resolves(let type)? = steps.last?.filter { type } else { nil }
    }

    /// The path in one text, but for what its last step must resolve to.
    fileprivate var unfilteredText: String {
        steps.enumerated().map { index, step in
            var text = step.key.string
            if let element = step.element { text += "[\(element)]" }
            if let filter = step.filter, index < steps.count - 1 || resolvedType == nil { text += "{\(filter)}" }
            return text
        }.joined(separator: ".")
    }
}
