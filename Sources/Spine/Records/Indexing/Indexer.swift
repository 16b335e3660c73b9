import FHIR
import JSON
import SQL

/// Finds the index rows of a resource: every R4 search parameter of its type, and those that SearchParameter resources
/// have added. It never changes: another catalogue makes another one.
final class Indexer: Sendable {
    let terms: TermTable
    /// Tells whose a resource is.
    let persons: PersonParameters
    private let plans: [String: IndexPlan]
    private let byCode: [String: [String: IndexedParameter]]
    private let definitions: Definitions
    private let narratives: [Int64: Int64]
    /// The parameters of FHIR R4, by type.
    private let standard: [String: [IndexedParameter]]
    /// What SearchParameter resources have added.
    let catalogue: ParameterCatalogue

    /// Numbers every parameter of every type, in the store's own table so that the numbers stay.
    init(_ db: SQLConnection, definitions: Definitions, terms: TermTable) throws {
        var numbers: [String: Int64] = [:]
        var next: Int64 = 1
        try db.rows("SELECT id, type, code FROM parameter") { row in
            numbers["\(row.text(1)).\(row.text(2))"] = row.int(0)
            next = max(next, row.int(0) + 1)
        }
        var types: [String: [IndexedParameter]] = [:]
        for type in definitions.resourceTypes {
            guard let resource = definitions.structure(type) else { continue }
            for parameter in definitions.searchParameters(of: type) {
                let name = "\(type).\(parameter.code)"
                let number = numbers[name] ?? next
                guard
                    let indexed = IndexedParameter(
                        id: number, parameter, resource: resource, definitions: definitions)
                else { continue }
                if numbers[name] == nil {
                    try db.execute(
                        "INSERT INTO parameter (id, type, code) VALUES (?, ?, ?)", .integer(number), .text(type),
                        .text(parameter.code))
                    numbers[name] = number
                    next = number + 1
                }
                types[type, default: []].append(indexed)
            }
        }
        types = types.mapValues { DerivedParameters.resolved($0, always: $0.count) }
        self.terms = terms
        self.definitions = definitions
        standard = types
        catalogue = ParameterCatalogue()
        plans = types.mapValues { IndexPlan($0) }
        let byCode = types.mapValues { parameters in
            Dictionary(parameters.map { ($0.definition.code, $0) }, uniquingKeysWith: { first, _ in first })
        }
        self.byCode = byCode
        persons = PersonParameters(definitions) { code, type in byCode[type]?[code]?.id }
        narratives = byCode.values.reduce(into: [:]) { narratives, codes in
            if let content = codes["_content"], let text = codes["_text"] { narratives[content.id] = text.id }
        }
    }

    /// The same parameters of FHIR R4 with other ones beside them. Types for which nothing changes keep their plans.
    init(_ other: Indexer, with catalogue: ParameterCatalogue) {
        terms = other.terms
        persons = other.persons
        definitions = other.definitions
        narratives = other.narratives
        standard = other.standard
        self.catalogue = catalogue
        var (plans, byCode) = (other.plans, other.byCode)
        let old = Dictionary(grouping: other.catalogue.entries, by: \.definition.resource)
        let new = Dictionary(grouping: catalogue.entries, by: \.definition.resource)
        for type in Set(old.keys).union(new.keys) where old[type] != new[type] {
            let entries = (new[type] ?? []).filter { $0.state != .leaving }
            let own = other.standard[type] ?? []
            let custom = Self.indexed(entries, other.definitions)
            plans[type] = IndexPlan(own + custom.map(\.parameter))
            let ready = custom.filter { $0.entry.state == .ready }.map(\.parameter)
            byCode[type] = Dictionary(
                (own + ready).map { ($0.definition.code, $0) }, uniquingKeysWith: { first, _ in first })
        }
        self.plans = plans
        self.byCode = byCode
    }

    private static func indexed(
        _ entries: [ParameterEntry], _ definitions: Definitions
    ) -> [(entry: ParameterEntry, parameter: IndexedParameter)] {
        entries.compactMap { entry in
            guard let resource = definitions.structure(entry.definition.resource) else { return nil }
            return IndexedParameter(
                custom: entry.definition, number: entry.number, resource: resource, definitions: definitions
            ).map { (entry, $0) }
        }
    }

    /// The plan of some added parameters of one type alone.
    func plan(of entries: [ParameterEntry]) -> IndexPlan {
        IndexPlan(Self.indexed(entries, definitions).map(\.parameter))
    }

    /// An added parameter that can't be searched by yet; nil when there is none of that name.
    func unfinished(_ code: String, of type: String) -> ParameterEntry? {
        catalogue.entry(code, of: type).flatMap { $0.state == .indexing ? $0 : nil }
    }

    /// A parameter by its code; nil when the type has none of that name that this store can search by.
    func parameter(_ code: String, of type: String) -> IndexedParameter? { byCode[type]?[code] }

    /// The number of a type's `_text`, by that of its `_content`; nil for any other parameter.
    func narrative(ofContent id: Int64) -> Int64? { narratives[id] }

    /// The codes of every parameter of a type, sorted.
    func codes(of type: String) -> [String] { (byCode[type] ?? [:]).keys.sorted() }

    /// The index rows of a resource.
    func rows(of document: JSONDocument, type: String) -> IndexRows {
        guard let plan = plans[type] else { return IndexRows() }
        var rows = self.rows(of: document, by: plan)
        appendTexts(of: document, type: type, to: &rows)
        return rows
    }

    /// The index rows of a resource, without its texts.
    func rows(of document: JSONDocument, by plan: IndexPlan) -> IndexRows {
        var rows = IndexRows()
        var exists = [Bool](repeating: false, count: plan.existences.count)
        plan.walk(document) { emission, node in
            if let place = emission.existence {
                if node.bool != false { exists[place] = true }
            } else {
                emission.shape.append(node, param: emission.param, terms: terms, to: &rows)
            }
        }
        for (param, exists) in zip(plan.existences, exists) {
            rows.tokens.append(.init(param: param, code: terms.number(exists ? "true" : "false"), system: 0))
        }
        for parameter in plan.evaluated { parameter.appendEvaluated(document.root, terms: terms, to: &rows) }
        rows.unique()
        return rows
    }

    /// What `_content` and `_text` find. The narrative is part of the content: a search for that looks at both.
    private func appendTexts(of document: JSONDocument, type: String, to rows: inout IndexRows) {
        guard let content = parameter("_content", of: type) else { return }
        var walk = TextWalk(definitions: definitions)
        walk.resource(document.root)
        rows.texts = walk.texts.map { .init(param: content.id, text: $0) }
        if let narrative = parameter("_text", of: type) {
            rows.texts += walk.narrative.map { .init(param: narrative.id, text: $0) }
        }
    }

    /// The literal references that a parameter finds in a resource, for includes.
    func references(_ parameter: IndexedParameter, in resource: JSONNode) -> [ResourceKey] {
        var rows = IndexRows()
        parameter.each(in: resource) { node, type in
            if type == "Reference" { ValueShape.reference.append(node, param: 0, terms: terms, to: &rows) }
        }
        rows.unique()
        return rows.references.map(\.target)
    }
}
