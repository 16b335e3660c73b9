public import JSON

/// What `$translate` is asked for (<https://hl7.org/fhir/R4/conceptmap-operation-translate.html>).
public struct TranslationRequest: Sendable {
    /// The codes to translate: one, or those of a CodeableConcept.
    public var codings: [CodingReference]
    /// The canonical URL of the map; nil for every map that fits.
    public var url: String?
    /// The version of the map.
    public var version: String?
    /// A map that came along, or that was read by its id.
    public var resource: JSONNode?
    /// The value set that the codes are from; only maps from it are used.
    public var source: String?
    /// The value set to translate to; only maps to it are used.
    public var target: String?
    /// The code system to translate to.
    public var targetSystem: String?
    /// Facts that mappings may depend on: the property and codes for it.
    public var dependencies: [(property: String, values: [CodingReference])] = []
    /// Whether to go from the targets of the maps to their sources.
    public var isReverse = false

    /// - Parameter codings: the codes to translate.
    public init(_ codings: [CodingReference]) { self.codings = codings }
}

/// The answer of `$translate`.
public struct Translation: Sendable {
    /// One counterpart.
    public struct Match: Sendable {
        /// How the counterpart relates to the code, seen from the code: `equivalent`, `wider`, `narrower`…
        public let equivalence: String
        /// The counterpart; nil where the map says that there is none.
        public let concept: CodingReference?
        /// What the counterpart says beyond the code.
        public let products: [(element: String, concept: CodingReference)]
        /// The canonical URL of the map.
        public let source: String?
    }

    /// Every counterpart, best first as the maps have them.
    public let matches: [Match]
    /// What the person should know; nil when there is nothing to say.
    public let message: String?

    /// Whether there is a counterpart that is usable.
    public var result: Bool {
        matches.contains { $0.concept != nil && $0.equivalence != "unmatched" && $0.equivalence != "disjoint" }
    }

    /// The answer as a `Parameters` resource.
    public func parameters() -> [UInt8] {
        var out = ParametersWriter()
        out.add("result", bool: result)
        out.add("message", string: message)
        for match in matches {
            out.add("match") { parts in
                parts.add("equivalence", code: match.equivalence)
                if let concept = match.concept { parts.add("concept", coding: concept) }
                for product in match.products {
                    parts.add("product") { parts in
                        parts.add("element", uri: product.element)
                        parts.add("concept", coding: product.concept)
                    }
                }
                parts.add("source", uri: match.source)
            }
        }
        return out.finished()
    }
}

extension TerminologyService {
    /// Translates codes.
    ///
    /// - Throws: ``TerminologyError`` of kind `notFound` when the map is not known here, `invalid` without a code.
    public func translate(_ request: TranslationRequest) throws(TerminologyError) -> Translation {
        guard !request.codings.isEmpty else {
            throw TerminologyError(.invalid, "There is no code to translate: give code, coding or codeableConcept.")
        }
        var run = TranslationRun(service: self, request: request)
        for map in try maps(for: request) {
            for coding in request.codings { try run.translate(coding, map) }
        }
        return run.translation
    }

    private func maps(for request: TranslationRequest) throws(TerminologyError) -> [ConceptMapTable] {
        if let resource = request.resource { return [try ConceptMapTable(resource)] }
        if let url = request.url { return [try conceptMap(Canonical(url, version: request.version))] }
        let (from, to) = request.isReverse ? (request.target, request.source) : (request.source, request.target)
        return try conceptMaps().filter { map in
            (from == nil || Self.isSame(map.source, from)) && (to == nil || Self.isSame(map.target, to))
        }
    }

    private static func isSame(_ one: String?, _ other: String?) -> Bool {
        guard let one, let other else { return false }
        let (left, right) = (Canonical(one), Canonical(other))
        return left.url == right.url && (left.version == nil || right.version == nil || left.version == right.version)
    }
}

/// Gathers the counterparts of codes from one map after another.
private struct TranslationRun {
    let service: TerminologyService
    let request: TranslationRequest
    private var matches: [Translation.Match] = []
    private var notes: [String] = []
    private var systemsMet = false
    private var mapsOnTheWay: [String] = []

    init(service: TerminologyService, request: TranslationRequest) {
        self.service = service
        self.request = request
    }

    var translation: Translation {
        var notes = notes
        if matches.isEmpty, notes.isEmpty {
            let codes = request.codings.map(\.text).joined(separator: ", ")
            notes.append(
                systemsMet ? "There is no mapping for \(codes)." : "No map known here goes from the system of \(codes)."
            )
        }
        return Translation(matches: matches, message: notes.isEmpty ? nil : notes.joined(separator: " "))
    }

    mutating func translate(_ coding: CodingReference, _ map: ConceptMapTable) throws(TerminologyError) {
        for group in map.groups {
            let (from, to) = request.isReverse ? (group.target, group.source) : (group.source, group.target)
            if let system = coding.system, let from, Canonical(from).url != system { continue }
            if let wanted = request.targetSystem, let to, Canonical(to).url != wanted { continue }
            systemsMet = true
            if request.isReverse {
                reverse(coding, group, map)
            } else {
                try forward(coding, group, map)
            }
        }
    }

    private mutating func forward(
        _ coding: CodingReference, _ group: ConceptMapTable.Group, _ map: ConceptMapTable
    ) throws(TerminologyError) {
        guard let places = group.bySource[coding.code] else { return try unmapped(coding, group, map) }
        for place in places {
            for target in group.elements[place].targets {
                guard holds(target.dependsOn, coding) else { continue }
                let concept = target.code.map { code in
                    CodingReference(
                        system: group.target, version: group.targetVersion, code: code,
                        display: target.display ?? name(code, group.target))
                }
                add(
                    Translation.Match(
                        equivalence: target.equivalence, concept: concept,
                        products: target.products.map { product in
                            (
                                product.property,
                                CodingReference(system: product.system, code: product.value, display: product.display)
                            )
                        }, source: map.url))
            }
        }
    }

    private mutating func reverse(
        _ coding: CodingReference, _ group: ConceptMapTable.Group, _ map: ConceptMapTable
    ) {
        for (place, position) in group.byTarget[coding.code] ?? [] {
            let element = group.elements[place]
            let target = element.targets[position]
            guard target.equivalence != "unmatched" else { continue }
            let concept = CodingReference(
                system: group.source, version: group.sourceVersion, code: element.code,
                display: element.display ?? name(element.code, group.source))
            add(
                Translation.Match(
                    equivalence: Self.inverse(target.equivalence), concept: concept, products: [], source: map.url))
        }
    }

    /// What the relation is when it is read from the other end.
    private static func inverse(_ equivalence: String) -> String {
        switch equivalence {
        case "wider": "narrower"
        case "narrower": "wider"
        case "subsumes": "specializes"
        case "specializes": "subsumes"
        default: equivalence
        }
    }

    private mutating func unmapped(
        _ coding: CodingReference, _ group: ConceptMapTable.Group, _ map: ConceptMapTable
    ) throws(TerminologyError) {
        guard let rule = group.unmapped, let mode = rule["mode"]?.string else { return }
        switch mode {
        case "provided":
            let concept = CodingReference(
                system: group.target, version: group.targetVersion, code: coding.code,
                display: name(coding.code, group.target))
            add(Translation.Match(equivalence: "equal", concept: concept, products: [], source: map.url))
        case "fixed":
            guard let code = rule["code"]?.string else { return }
            let concept = CodingReference(
                system: group.target, version: group.targetVersion, code: code,
                display: rule["display"]?.string ?? name(code, group.target))
            add(Translation.Match(equivalence: "inexact", concept: concept, products: [], source: map.url))
        case "other-map":
            guard let url = rule["url"]?.string else { return }
            guard !mapsOnTheWay.contains(url) else {
                let chain = (mapsOnTheWay + [url]).joined(separator: " → ")
                throw TerminologyError(.unprocessable, "A concept map refers to itself: \(chain).")
            }
            mapsOnTheWay.append(url)
            try translate(coding, service.conceptMap(Canonical(url)))
            mapsOnTheWay.removeLast()
        default: return
        }
    }

    /// Whether every fact that a mapping depends on was given.
    private mutating func holds(_ dependencies: [ConceptMapTable.Dependency], _ coding: CodingReference) -> Bool {
        for needed in dependencies {
            let isGiven = request.dependencies.contains { given in
                given.property == needed.property
                    && given.values.contains { value in
                        value.code == needed.value
                            && (needed.system == nil || value.system == nil || needed.system == value.system)
                    }
            }
            guard isGiven else {
                notes.append("A mapping of \(coding.text) holds only where \(needed.property) is “\(needed.value)”.")
                return false
            }
        }
        return true
    }

    private mutating func add(_ match: Translation.Match) {
        let isKnown = matches.contains { known in
            known.concept == match.concept && known.equivalence == match.equivalence && known.source == match.source
        }
        if !isKnown { matches.append(match) }
    }

    private func name(_ code: String, _ system: String?) -> String? {
        guard let system, let table = try? service.codeSystem(system) else { return nil }
        return table.concept(code)?.display
    }
}
