import FHIR
import JSON

/// How a value becomes index rows, by the kind of parameter and the R4 type of the value: FHIR R4, search.html, the
/// tables of each parameter type.
enum ValueShape: Sendable {
    case codeableConcept, coding, code, boolean
    case identifier, plainIdentifier
    case humanName, address, conceptText, text
    case moment, period, timing
    case reference, referenceIdentifier, uri
    case quantity, range, sampledData, money
    case number
    case position

    /// Nil when a parameter of the kind has no use for the type.
    init?(_ parameter: SearchParameterType, of type: String) {
        switch (parameter, type) {
        case (.token, "CodeableConcept"): self = .codeableConcept
        case (.token, "Coding"): self = .coding
        case (.token, "code"): self = .code
        case (.token, "boolean"): self = .boolean
        case (.token, "Identifier"), (.token, "ContactPoint"): self = .identifier
        case (.token, _): self = .plainIdentifier
        case (.string, "HumanName"): self = .humanName
        case (.string, "Address"): self = .address
        case (.string, "CodeableConcept"): self = .conceptText
        case (.string, _): self = .text
        case (.date, "Period"): self = .period
        case (.date, "Timing"): self = .timing
        case (.date, _): self = .moment
        case (.reference, "Reference"): self = .reference
        case (.reference, _), (.uri, _): self = .uri
        case (.quantity, "Range"): self = .range
        case (.quantity, "SampledData"): self = .sampledData
        case (.quantity, "Money"): self = .money
        case (.quantity, _): self = .quantity
        case (.number, _): self = .number
        case (.special, "BackboneElement"): self = .position
        case (.composite, _), (.special, _): return nil
        }
    }

    /// The tables that the rows stand in. Codes are few and shared; identifiers are many and each its own.
    var tables: [IndexTable] {
        switch self {
        case .codeableConcept, .coding, .code, .boolean: [.token]
        case .identifier, .plainIdentifier: [.identifier]
        case .humanName, .address, .conceptText, .text: [.string]
        case .moment, .period, .timing: [.date]
        case .reference: [.reference, .uri, .identifier]
        case .referenceIdentifier: [.identifier]
        case .uri: [.uri]
        case .quantity, .range, .sampledData, .money, .position: [.quantity]
        case .number: [.number]
        }
    }

    /// Adds the rows of one value.
    func append(_ node: JSONNode, param: Int64, terms: TermTable, to rows: inout IndexRows) {
        switch self {
        case .codeableConcept:
            if let codings = node[Keys.coding] {
                for coding in codings.elements { Self.coding(coding, param, terms, &rows) }
            } else if node[Keys.text] != nil {
                // A concept in words alone: the parameter is not missing.
                rows.tokens.append(.init(param: param, code: 0, system: 0))
            }
        case .coding: Self.coding(node, param, terms, &rows)
        case .code:
            guard let code = terms.number(node) else { return }
            rows.tokens.append(.init(param: param, code: code, system: 0))
        case .boolean:
            guard let value = node.bool else { return }
            rows.tokens.append(.init(param: param, code: terms.number(value ? "true" : "false"), system: 0))
        case .identifier: Self.identifier(node, param, terms, &rows)
        case .plainIdentifier:
            guard let value = node.string ?? node.numberText else { return }
            rows.identifiers.append(.init(param: param, value: value, system: 0))
        case .humanName, .address, .conceptText, .text: SearchStrings.append(node, self, param, &rows)
        case .moment, .period, .timing: SearchDates.append(node, self, param, &rows)
        case .reference: Self.reference(node, param, terms, &rows)
        case .referenceIdentifier:
            if let identifier = node[Keys.identifier] { Self.identifier(identifier, param, terms, &rows) }
        case .uri: if let value = node.string { rows.uris.append(.init(param: param, value: value)) }
        case .quantity: Self.quantity(node, param, terms, &rows)
        case .range:
            if let low = node[Keys.low] { Self.quantity(low, param, terms, &rows) }
            if let high = node[Keys.high] { Self.quantity(high, param, terms, &rows) }
        case .sampledData: if let origin = node[Keys.origin] { Self.quantity(origin, param, terms, &rows) }
        case .money:
            guard let value = node[Keys.value]?.double else { return }
            let currency = node[Keys.currency].flatMap { terms.number($0) } ?? 0
            rows.quantities.append(
                .init(
                    param: param, value: value, system: terms.number("urn:iso:std:iso:4217"), code: currency, unit: 0))
        case .position:
            guard let latitude = node["latitude"]?.double, let longitude = node["longitude"]?.double else { return }
            rows.quantities.append(Near.row(param, latitude: latitude, longitude: longitude))
        case .number: if let value = node.double { rows.numbers.append(.init(param: param, value: value)) }
        }
    }

    private static func coding(_ node: JSONNode, _ param: Int64, _ terms: TermTable, _ rows: inout IndexRows) {
        guard let code = node[Keys.code].flatMap({ terms.number($0) }) else { return }
        let system = node[Keys.system].flatMap { terms.number($0) } ?? 0
        rows.tokens.append(.init(param: param, code: code, system: system))
    }

    private static func identifier(_ node: JSONNode, _ param: Int64, _ terms: TermTable, _ rows: inout IndexRows) {
        guard let value = node[Keys.value]?.string else { return }
        let system = node[Keys.system].flatMap { terms.number($0) } ?? 0
        rows.identifiers.append(.init(param: param, value: value, system: system))
    }

    private static func reference(_ node: JSONNode, _ param: Int64, _ terms: TermTable, _ rows: inout IndexRows) {
        if let text = node[Keys.reference] {
            let key = text.withUTF8 { ResourceKey(reference: $0) } ?? nil
            if let key {
                rows.references.append(.init(param: param, target: key))
            } else if let text = text.string, !text.hasPrefix("#") {
                rows.uris.append(.init(param: param, value: text))
            }
        }
        if let identifier = node[Keys.identifier] { self.identifier(identifier, param, terms, &rows) }
    }

    private static func quantity(_ node: JSONNode, _ param: Int64, _ terms: TermTable, _ rows: inout IndexRows) {
        guard let value = node[Keys.value]?.double else { return }
        func term(_ key: JSONKey) -> Int64 { node[key].flatMap { terms.number($0) } ?? 0 }
        rows.quantities.append(
            .init(
                param: param, value: value, system: term(Keys.system), code: term(Keys.code), unit: term(Keys.unit)))
    }
}
